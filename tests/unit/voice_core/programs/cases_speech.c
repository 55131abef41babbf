// Voice activity and automatic gain on recorded speech, in noise and without.
#include "check.h"
#include "core/agc.h"
#include "core/highpass.h"
#include "sounds.h"

#include <math.h>

#define FRAME VOICE_FRAME_SAMPLES
#define N_FRAMES (RECORDED_SAMPLES / FRAME)
// Root mean square of a level in dBov.
#define RMS(dbov) (32768.0 * pow(10.0, (dbov) / 20.0))

static int16_t noise[RECORDED_SAMPLES];
static int16_t mixed[RECORDED_SAMPLES];
static int16_t put_out[RECORDED_SAMPLES];
static bool speech[N_FRAMES];
static bool strong[N_FRAMES];
static int32_t gains_mb[N_FRAMES];

typedef void make_noise(int16_t *pcm, size_t n_samples, double rms);

static double level_db(const int16_t *pcm, size_t n_samples) {
    return 20.0 * log10(fmax(signal_rms(pcm, n_samples), 0.1) / 32768.0);
}

// The recording, louder by some dB, and noise.
static void mix(double gain_db, make_noise *make, double noise_dbov) {
    const int16_t *recorded = signal_recorded();
    make(noise, RECORDED_SAMPLES, RMS(noise_dbov));
    for (size_t i = 0; i < RECORDED_SAMPLES; i++) {
        double sample = recorded[i] * pow(10.0, gain_db / 20.0) + noise[i];
        mixed[i] = (int16_t)lrint(fmax(-32768.0, fmin(32767.0, sample)));
    }
}

static void process(struct voice_vad *vad, struct voice_agc *agc) {
    struct voice_highpass highpass;
    voice_highpass_init(&highpass);
    for (size_t f = 0; f < N_FRAMES; f++) {
        int16_t *pcm = put_out + f * FRAME;
        voice_highpass_tick(&highpass, mixed + f * FRAME, pcm);
        voice_vad_tick(vad, pcm);
        voice_agc_tick(agc, vad, pcm);
        speech[f] = vad->speech;
        strong[f] = vad->strong;
        gains_mb[f] = agc->gain_mb;
    }
}

static void process_anew(void) {
    struct voice_vad vad;
    struct voice_agc agc;
    voice_vad_init(&vad);
    voice_agc_init(&agc);
    process(&vad, &agc);
}

// What the recording says of a frame: speech is less than 16 dB below the active level of -26 dBov
// (as in ITU-T P.56); a pause is digital silence or nearly, and nothing was said 300 ms ago.
static bool is_spoken(size_t f) {
    return level_db(signal_recorded() + f * FRAME, FRAME) > -42.0;
}

static bool is_pause(size_t f) {
    for (size_t back = 0; back <= 15 && back <= f; back++) {
        if (level_db(signal_recorded() + (f - back) * FRAME, FRAME) > -70.0) {
            return false;
        }
    }
    return true;
}

struct rates {
    int found_permille;       // of the frames with speech
    int false_permille;       // of the frames in pauses
    int false_strong_permille;
};

// From the fourth second on, when the noise is known.
static struct rates judge(const char *label) {
    unsigned n_spoken = 0, n_found = 0, n_pause = 0, n_false = 0, n_false_strong = 0;
    for (size_t f = 200; f < N_FRAMES; f++) {
        bool spoken = is_spoken(f), pause = is_pause(f);
        n_spoken += spoken;
        n_found += spoken && speech[f];
        n_pause += pause;
        n_false += pause && speech[f];
        n_false_strong += pause && strong[f];
    }
    CHECK(n_spoken > 1000 && n_pause > 100);
    struct rates rates = {
        .found_permille = (int)(1000 * n_found / n_spoken),
        .false_permille = (int)(1000 * n_false / n_pause),
        .false_strong_permille = (int)(1000 * n_false_strong / n_pause),
    };
    char name[80];
    snprintf(name, sizeof(name), "vad_%s_found_permille", label);
    FIGURE(name, rates.found_permille);
    snprintf(name, sizeof(name), "vad_%s_false_permille", label);
    FIGURE(name, rates.false_permille);
    snprintf(name, sizeof(name), "vad_%s_false_strong_permille", label);
    FIGURE(name, rates.false_strong_permille);
    return rates;
}

// --- voice activity ---------------------------------------------------------------------------

static void check_vad(make_noise *make, const char *kind, int snr_db, int least_found, int most_false) {
    char label[40];
    snprintf(label, sizeof(label), "%s_snr_%d_db", kind, snr_db);
    mix(0, make, -26.0 - snr_db);
    process_anew();
    struct rates rates = judge(label);
    CHECK(rates.found_permille >= least_found);
    CHECK(rates.false_permille <= most_false);
    CHECK(rates.false_strong_permille <= 5);
}

CASE(vad_in_white_noise) {
    check_vad(signal_white, "white", 40, 990, 50);
    check_vad(signal_white, "white", 20, 980, 50);
    check_vad(signal_white, "white", 10, 950, 50);
    check_vad(signal_white, "white", 5, 900, 50);
}

CASE(vad_in_brown_noise) {
    check_vad(signal_brown, "brown", 20, 980, 50);
    check_vad(signal_brown, "brown", 10, 950, 50);
    check_vad(signal_brown, "brown", 5, 900, 50);
    check_vad(signal_brown, "brown", 0, 900, 50);
}

CASE(print_all) {
    for (int snr = 40; snr >= 0; snr -= 5) {
        for (int k = 0; k < 2; k++) {
            mix(0, k ? signal_brown : signal_white, -26.0 - snr);
            process_anew();
            printf("%s %d: ", k ? "brown" : "white", snr);
            judge("x");
        }
    }
    for (int g = -30; g <= 22; g += 4) {
        mix(g, signal_white, -80.0);
        process_anew();
        double e0 = 0, e1 = 0; int n = 0;
        for (size_t f = 300; f < N_FRAMES; f++) {
            if (is_spoken(f)) { n++;
            e0 += pow(signal_rms(mixed + f * FRAME, FRAME), 2);
            e1 += pow(signal_rms(put_out + f * FRAME, FRAME), 2); }
        }
        printf("gain %d: in %.1f out %.1f;", g, 10*log10(e0/n/32768/32768), 10*log10(e1/n/32768/32768));
        for (size_t f = 25; f < N_FRAMES; f = f * 5 / 4) printf(" %zu:%d", f/50, gains_mb[f]);
        printf("\n");
    }
}
