// 16 kHz to 8 kHz and back: what the half-band filter lets through, what it keeps out, its delay.
#include <math.h>

#include "check.h"
#include "core/resample.h"

#define N_FRAMES 20u
#define N_HIGH (N_FRAMES * VOICE_RESAMPLE_HIGH_SAMPLES)
#define N_LOW (N_FRAMES * VOICE_RESAMPLE_LOW_SAMPLES)
// The filter has filled after this many samples of either rate. What is measured behind them holds whole
// periods of every multiple of 50 Hz.
#define SETTLED 320u

static int16_t high[N_HIGH], low[N_LOW], again[N_HIGH];

static void sine(int16_t *pcm, size_t n_samples, double cycles_per_sample, double amplitude) {
    for (size_t i = 0; i < n_samples; i++) {
        pcm[i] = (int16_t)lrint(amplitude * sin(2 * M_PI * cycles_per_sample * (double)i));
    }
}

// Level of a frequency in decibels below `amplitude` (negative: above).
static double below_db(const int16_t *pcm, size_t n_samples, double cycles_per_sample,
    double amplitude) {
    double re = 0, im = 0;
    for (size_t i = SETTLED; i < n_samples; i++) {
        re += pcm[i] * cos(2 * M_PI * cycles_per_sample * (double)i);
        im += pcm[i] * sin(2 * M_PI * cycles_per_sample * (double)i);
    }
    double found = 2 * hypot(re, im) / (double)(n_samples - SETTLED);
    return -20 * log10(found / amplitude + 1e-9);
}

static void downsample_all(void) {
    struct voice_downsample state = {{0}};
    for (size_t f = 0; f < N_FRAMES; f++) {
        voice_downsample(&state, high + f * VOICE_RESAMPLE_HIGH_SAMPLES,
            low + f * VOICE_RESAMPLE_LOW_SAMPLES);
    }
}

static void upsample_all(int16_t *out) {
    struct voice_upsample state = {{0}};
    for (size_t f = 0; f < N_FRAMES; f++) {
        voice_upsample(&state, low + f * VOICE_RESAMPLE_LOW_SAMPLES,
            out + f * VOICE_RESAMPLE_HIGH_SAMPLES);
    }
}

CASE(resample_down_is_flat_to_3400_hz) {
    for (unsigned hz = 50; hz <= 3400; hz += 50) {
        sine(high, N_HIGH, hz / 16000.0, 16000);
        downsample_all();
        double loss_db = below_db(low, N_LOW, hz / 8000.0, 16000);
        CHECK(loss_db > -0.5 && loss_db < 0.5);
    }
}

CASE(resample_down_keeps_out_what_would_fold) {
    double worst_db = 100;
    for (unsigned hz = 4400; hz < 8000; hz += 50) {
        sine(high, N_HIGH, hz / 16000.0, 32767);
        downsample_all();
        worst_db = fmin(worst_db, below_db(low, N_LOW, (8000 - hz) / 8000.0, 32767));
    }
    FIGURE("down_stop_db", worst_db);
    CHECK(worst_db >= 60);
}

CASE(resample_up_is_flat_and_without_images) {
    double worst_db = 100;
    for (unsigned hz = 50; hz <= 3600; hz += 50) {
        sine(low, N_LOW, hz / 8000.0, 32000);
        upsample_all(high);
        double loss_db = below_db(high, N_HIGH, hz / 16000.0, 32000);
        CHECK(hz > 3400 || (loss_db > -0.5 && loss_db < 0.5));
        worst_db = fmin(worst_db, below_db(high, N_HIGH, (8000 - hz) / 16000.0, 32000));
    }
    FIGURE("up_image_db", worst_db);
    CHECK(worst_db >= 60);
}

// A linear phase: every sine comes out as it went in, later.
CASE(resample_delays_all_frequencies_alike) {
    static const unsigned hz[] = {200, 1000, 2350, 3300};
    size_t delay = VOICE_DOWNSAMPLE_DELAY_SAMPLES + VOICE_UPSAMPLE_DELAY_SAMPLES;
    for (size_t k = 0; k < sizeof(hz) / sizeof(hz[0]); k++) {
        sine(high, N_HIGH, hz[k] / 16000.0, 20000);
        downsample_all();
        upsample_all(again);
        for (size_t i = SETTLED; i < N_HIGH; i++) {
            CHECK(abs(again[i] - high[i - delay]) < 60);
        }
    }
}

CASE(resample_limits_what_overshoots) {
    // The filter's worst cases: each sum as large as it can be, both signs.
    for (unsigned period = 1; period < 80; period++) {
        for (size_t i = 0; i < N_HIGH; i++) {
            high[i] = (int16_t)(i / period % 2 == 0 ? 32767 : -32768);
        }
        downsample_all();
        memcpy(low, high, sizeof(low));
        upsample_all(again);
    }
    // A step up to full scale stays up there.
    for (size_t i = 0; i < N_HIGH; i++) {
        high[i] = (int16_t)(i < N_HIGH / 2 ? -32768 : 32767);
    }
    downsample_all();
    upsample_all(again);
    for (size_t i = 400; i < N_LOW; i++) {
        CHECK(i + 20 > N_LOW / 2 && i < N_LOW / 2 + 60 ? true : (low[i] < 0) == (i < N_LOW / 2 + 16));
    }
    CHECK_EQ(low[N_LOW - 1], 32767);
    CHECK_EQ(low[N_LOW / 2 - 1], -32768);
}

CASE(resample_frames_join_without_a_seam) {
    // A ramp through all frames has the same slope everywhere.
    for (size_t i = 0; i < N_HIGH; i++) {
        high[i] = (int16_t)((int)(i * 4) - 13000);
    }
    downsample_all();
    upsample_all(again);
    for (size_t i = SETTLED; i < N_LOW; i++) {
        CHECK(abs(low[i] - low[i - 1] - 8) <= 1);
    }
    for (size_t i = 2 * SETTLED; i < N_HIGH; i++) {
        CHECK(abs(again[i] - again[i - 1] - 4) <= 24); // every second one by the filter: its ripple
    }
}
