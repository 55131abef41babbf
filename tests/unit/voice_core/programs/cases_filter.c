// High-pass and limiter: what they do to sound, against arithmetic in floating point.
#include "check.h"
#include "core/highpass.h"
#include "core/limiter.h"
#include "sounds.h"

#include <complex.h>
#include <math.h>

#define FRAME VOICE_FRAME_SAMPLES
#define N_FRAMES 100u
#define N_SAMPLES (N_FRAMES * FRAME)

static int16_t in[N_SAMPLES];
static int16_t out[N_SAMPLES];

static double decibel(double ratio) {
    return 20.0 * log10(ratio);
}

static void sine(double frequency_hz, double amplitude) {
    for (size_t i = 0; i < N_SAMPLES; i++) {
        in[i] = (int16_t)lrint(amplitude * sin(6.283185307179586 * frequency_hz * (double)i / 16000.0));
    }
}

// --- levels -----------------------------------------------------------------------------------

CASE(levels_are_those_of_the_logarithm) {
    for (double mean_square = 1; mean_square < 4.2e9; mean_square = ceil(mean_square * 1.01)) {
        double level_mb = 1000.0 * log10(mean_square / 1073741824.0);
        CHECK(fabs((double)voice_level_mb((uint32_t)mean_square) - level_mb) <= 4.0);
    }
    CHECK_EQ(voice_level_mb(0), VOICE_LEVEL_NOTHING_MB);
    for (int32_t gain_mb = -4800; gain_mb <= 2400; gain_mb++) {
        double gain = pow(10.0, gain_mb / 2000.0) * VOICE_GAIN_ONE;
        CHECK(fabs(voice_gain_of_mb(gain_mb) - gain) <= 1.0 + 0.004 * gain);
        CHECK(voice_gain_of_mb(gain_mb) >= voice_gain_of_mb(gain_mb - 1));
    }
    CHECK_EQ(voice_gain_of_mb(0), VOICE_GAIN_ONE);
}

// --- high-pass --------------------------------------------------------------------------------

static void filter_all(struct voice_highpass *highpass) {
    for (size_t f = 0; f < N_FRAMES; f++) {
        voice_highpass_tick(highpass, in + f * FRAME, out + f * FRAME);
    }
}

// Of the transfer function: (1 - 1/z)^2 / (1 - (2 - qg - fg) / z + (1 - qg) / z^2) with f = 1/32,
// g = 3/64, q = 9/8.
static double design_db(double frequency_hz) {
    const double f = 1.0 / 32, g = 3.0 / 64, q = 9.0 / 8;
    double complex delay = cexp(-I * 6.283185307179586 * frequency_hz / 16000.0);
    double complex zeros = (1.0 - delay) * (1.0 - delay);
    return decibel(cabs(zeros / (1.0 - (2.0 - q * g - f * g) * delay + (1.0 - q * g) * delay * delay)));
}

CASE(highpass_response) {
    const struct {
        double frequency_hz, least_db, most_db; // what is asked for
    } asked[] = {
        {20, -99, -26}, {50, -13, -11.5}, {96, -3.2, -2.6}, {100, -3.2, -2.4}, {200, -0.4, 0.1},
        {300, -0.1, 0.3}, {1000, 0, 0.3}, {3000, 0, 0.3}, {7900, 0, 0.3},
    };
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        double f = asked[i].frequency_hz;
        struct voice_highpass highpass;
        voice_highpass_init(&highpass);
        sine(f, 16000);
        filter_all(&highpass);
        double got_db = decibel(signal_amplitude_of(out + N_SAMPLES / 2, N_SAMPLES / 2, f) / 16000);
        char label[64];
        snprintf(label, sizeof(label), "highpass_%d_hz_mb", (int)f);
        FIGURE(label, lrint(100.0 * got_db));
        CHECK(fabs(got_db - design_db(f)) < 0.03);
        CHECK(got_db >= asked[i].least_db && got_db <= asked[i].most_db);
    }
}

CASE(highpass_has_no_dc) {
    const int16_t offsets[] = {1, -1, 3, -77, 1000, 32767, -32768};
    for (size_t o = 0; o < sizeof(offsets) / sizeof(offsets[0]); o++) {
        struct voice_highpass highpass;
        voice_highpass_init(&highpass);
        for (size_t i = 0; i < N_SAMPLES; i++) {
            in[i] = offsets[o];
        }
        filter_all(&highpass);
        CHECK_EQ(signal_peak(out + 3 * FRAME, N_SAMPLES - 3 * FRAME), 0);
    }
    // Beneath a sound as well.
    struct voice_highpass highpass;
    voice_highpass_init(&highpass);
    signal_white(in, N_SAMPLES, 100);
    for (size_t i = 0; i < N_SAMPLES; i++) {
        in[i] = (int16_t)(in[i] + 5000);
    }
    filter_all(&highpass);
    long sum = 0;
    for (size_t i = N_SAMPLES / 2; i < N_SAMPLES; i++) {
        sum += out[i];
    }
    CHECK(labs(sum) < (long)N_SAMPLES / 2 / 10);
}

CASE(highpass_falls_silent_and_forgets) {
    uint32_t seed = 5;
    unsigned longest = 0;
    for (int round = 0; round < 3000; round++) {
        struct voice_highpass highpass;
        voice_highpass_init(&highpass);
        int16_t frame[FRAME];
        int loudness = 1 << random_next(&seed) % 16;
        for (unsigned f = 0; f < 1 + random_next(&seed) % 4; f++) {
            int32_t offset = (int32_t)(random_next(&seed) % 65536u) - 32768;
            for (size_t i = 0; i < FRAME; i++) {
                int32_t sample = offset + (int32_t)(random_next(&seed) % (unsigned)loudness);
                frame[i] = (int16_t)(sample > 32767 ? 32767 : sample);
            }
            voice_highpass_tick(&highpass, frame, frame);
        }
        unsigned n_samples = 0;
        for (unsigned f = 0; f < 10; f++) {
            memset(frame, 0, sizeof(frame));
            voice_highpass_tick(&highpass, frame, frame);
            for (unsigned i = 0; i < FRAME; i++) {
                n_samples = frame[i] != 0 ? f * FRAME + i + 1 : n_samples;
            }
        }
        longest = n_samples > longest ? n_samples : longest;
        CHECK_EQ(highpass.low, 0);
        CHECK_EQ(highpass.band, 0);
    }
    FIGURE("highpass_falls_silent_within_us", longest * 1000 / 16);
    CHECK(longest <= 3 * FRAME);
}

// The same filter in floating point.
struct reference {
    double low, band;
};

static double reference_step(struct reference *r, double x) {
    r->low += 1.0 / 32 * r->band;
    double high = x - r->low - 9.0 / 8 * r->band;
    r->band += 3.0 / 64 * high;
    return high;
}

static void check_against_reference(void) {
    struct voice_highpass highpass;
    voice_highpass_init(&highpass);
    struct reference reference = {0};
    filter_all(&highpass);
    for (size_t i = 0; i < N_SAMPLES; i++) {
        double expected = reference_step(&reference, in[i]);
        expected = fmax(-32768, fmin(32767, expected));
        CHECK(fabs(out[i] - expected) <= 1.0);
    }
}

CASE(highpass_holds_at_full_scale) {
    // The loudest answer there is: the impulse response, read backwards, each sample as large as can
    // be with its sign. The undefined-behaviour sanitizer sees any sum that does not fit.
    struct reference reference = {0};
    for (size_t i = 0; i < N_SAMPLES; i++) {
        double response = reference_step(&reference, i == 0);
        in[N_SAMPLES - 1 - i] = response > 0 ? 32767 : -32768;
    }
    check_against_reference();
    for (size_t i = 0; i < N_SAMPLES; i++) {
        in[i] = (int16_t)~in[i];
    }
    check_against_reference();
    for (unsigned half = 1; half < 4000; half = half * 3 / 2 + 1) {
        for (size_t i = 0; i < N_SAMPLES; i++) {
            in[i] = i / half % 2 ? 32767 : -32768;
        }
        check_against_reference();
    }
}

// --- limiter ----------------------------------------------------------------------------------

static void limit_all(struct voice_limiter *limiter, int32_t wanted) {
    memcpy(out, in, sizeof(out));
    for (size_t f = 0; f < N_FRAMES; f++) {
        voice_limiter_tick(limiter, out + f * FRAME, wanted, VOICE_CEILING);
    }
}

CASE(limiter_leaves_alone_what_is_below_the_ceiling) {
    struct voice_limiter limiter;
    voice_limiter_init(&limiter, VOICE_GAIN_ONE);
    for (size_t i = 0; i < N_SAMPLES; i++) {
        in[i] = (int16_t)((int)(i * 7919 % (2 * VOICE_CEILING + 1)) - VOICE_CEILING);
    }
    limit_all(&limiter, VOICE_GAIN_ONE);
    CHECK(memcmp(in, out, sizeof(in)) == 0);
}

CASE(limiter_keeps_below_the_ceiling_whatever_comes) {
    uint32_t seed = 9;
    struct voice_limiter limiter;
    voice_limiter_init(&limiter, VOICE_GAIN_ONE);
    for (int round = 0; round < 20000; round++) {
        int16_t frame[FRAME];
        int loudness = 1 << random_next(&seed) % 17;
        for (size_t i = 0; i < FRAME; i++) {
            if (random_next(&seed) % 64 == 0) {
                loudness = 1 << random_next(&seed) % 17;
            }
            frame[i] = (int16_t)((int)(random_next(&seed) % (unsigned)loudness) - loudness / 2);
        }
        int32_t wanted = (int32_t)(random_next(&seed) % (16u * VOICE_GAIN_ONE + 1u));
        int32_t ceiling = random_next(&seed) % 2 ? VOICE_CEILING : VOICE_CEILING - 8192;
        voice_limiter_tick(&limiter, frame, wanted, ceiling);
        CHECK(signal_peak(frame, FRAME) <= ceiling);
        CHECK(limiter.gain >= 0 && limiter.gain <= 16 * VOICE_GAIN_ONE);
    }
}

CASE(limiter_is_down_in_time_and_comes_back) {
    // 24 dB too loud for 100 ms, from a zero of the sine on, at every place in the frame.
    for (size_t at = 10 * FRAME; at < 11 * FRAME; at += 16) {
        sine(500, 16000);
        for (size_t i = 0; i < N_SAMPLES; i++) {
            bool loud = i >= at && i < at + 1600;
            in[i] = (int16_t)(loud ? in[i] * 2 : in[i] / 8);
        }
        struct voice_limiter limiter;
        voice_limiter_init(&limiter, 8 * VOICE_GAIN_ONE);
        limit_all(&limiter, 8 * VOICE_GAIN_ONE);
        CHECK(signal_peak(out, N_SAMPLES) <= VOICE_CEILING);
        // Not quieter than must be.
        CHECK(signal_peak(out + at + 160, 1280) >= VOICE_CEILING - 60);
        // No step that the sine itself at the ceiling does not have.
        CHECK(signal_step_max(out + at - 400, 2400) <= 1.25 * VOICE_CEILING * 6.2832 * 500 / 16000);
        // 400 ms later it is back to within 1 dB.
        CHECK(decibel(signal_peak(out + at + 1600 + 6400, 320) / 16000.0) > -1.0);
    }
}

CASE(limiter_changes_gain_without_a_step) {
    const int32_t gains[] = {VOICE_GAIN_ONE, 4 * VOICE_GAIN_ONE, 0, VOICE_GAIN_ONE / 8, VOICE_GAIN_ONE};
    struct voice_limiter limiter;
    voice_limiter_init(&limiter, VOICE_GAIN_ONE);
    for (size_t g = 0; g < sizeof(gains) / sizeof(gains[0]); g++) {
        sine(200, 5000);
        limit_all(&limiter, gains[g]);
        // Arrives, and exactly.
        CHECK_EQ(limiter.gain, gains[g]);
        int loudest = signal_peak(out, N_SAMPLES);
        CHECK(signal_step_max(out, N_SAMPLES) <= 1 + loudest * 6.2832 * 200 / 16000 * 1.02);
        if (gains[g] == VOICE_GAIN_ONE) {
            CHECK(memcmp(in + N_SAMPLES - FRAME, out + N_SAMPLES - FRAME, sizeof(*in) * FRAME) == 0);
        }
    }
}
