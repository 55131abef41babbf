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

// Digital silence or nearly, and nothing was said 300 ms ago.
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
        bool spoken = signal_recorded_is_spoken(f), pause = is_pause(f);
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

static void check_vad(make_noise *make, const char *kind, int snr_db, int least_found) {
    char label[40];
    snprintf(label, sizeof(label), "%s_snr_%d_db", kind, snr_db);
    mix(0, make, -26.0 - snr_db);
    process_anew();
    struct rates rates = judge(label);
    CHECK(rates.found_permille >= least_found);
    CHECK(rates.false_permille <= 20);
    CHECK(rates.false_strong_permille <= 2);
}

CASE(vad_in_white_noise) {
    check_vad(signal_white, "white", 40, 998);
    check_vad(signal_white, "white", 20, 998);
    check_vad(signal_white, "white", 10, 975);
    check_vad(signal_white, "white", 5, 900);
}

CASE(vad_in_rumble) {
    check_vad(signal_brown, "brown", 40, 998);
    check_vad(signal_brown, "brown", 20, 998);
    check_vad(signal_brown, "brown", 10, 998);
    check_vad(signal_brown, "brown", 5, 990);
    check_vad(signal_brown, "brown", 0, 980);
}

CASE(vad_begins_on_the_side_of_speech) {
    // Switched on in the middle of a sentence: not a frame of it is taken for noise.
    const int16_t *recorded = signal_recorded();
    struct voice_vad vad;
    voice_vad_init(&vad);
    size_t first = 0;
    while (!signal_recorded_is_spoken(first)) {
        first++;
    }
    for (size_t f = first; f < first + 100; f++) {
        voice_vad_tick(&vad, recorded + f * FRAME);
        CHECK(vad.speech || !signal_recorded_is_spoken(f));
    }
}

CASE(vad_hears_silence_at_once_and_gets_used_to_a_fan) {
    struct voice_vad vad;
    voice_vad_init(&vad);
    memset(mixed, 0, sizeof(mixed));
    for (size_t f = 0; f < 100; f++) {
        voice_vad_tick(&vad, mixed);
        CHECK(!vad.speech && !vad.strong);
    }
    signal_white(mixed, RECORDED_SAMPLES, RMS(-35));
    unsigned n_speech = 0;
    for (size_t f = 0; f < 500; f++) {
        voice_vad_tick(&vad, mixed + f * FRAME);
        n_speech += vad.speech;
        CHECK(!vad.strong);
        CHECK(vad.speech == (f + 1 == n_speech)); // and then never again
    }
    FIGURE("vad_fan_believed_to_speak_ms", n_speech * 20);
    CHECK(n_speech <= 140);
}

CASE(vad_holds_at_full_scale) {
    struct voice_vad vad;
    voice_vad_init(&vad);
    for (unsigned half = 1; half <= 400; half = half * 2 + 1) {
        for (size_t i = 0; i < RECORDED_SAMPLES; i++) {
            mixed[i] = i / half % 2 ? 32767 : -32768;
        }
        for (size_t f = 0; f < 20; f++) {
            voice_vad_tick(&vad, mixed + f * FRAME);
            CHECK(vad.mean_square > 1000000000u);
        }
    }
}

// --- automatic gain ---------------------------------------------------------------------------

// Active level of frames [from, to) in dBov.
static double active_dbov(const int16_t *pcm, size_t from, size_t to) {
    double sum = 0;
    unsigned n_frames = 0;
    for (size_t f = from; f < to; f++) {
        if (signal_recorded_is_spoken(f)) {
            sum += pow(signal_rms(pcm + f * FRAME, FRAME), 2);
            n_frames++;
        }
    }
    CHECK(n_frames > 0);
    return 10.0 * log10(sum / n_frames) - 20.0 * log10(32768.0);
}

// Talked at this level after two seconds of silence: when the gain has come to within 2 dB of where
// it stays, and how loud speech is from then on.
static void check_gain(double active_level_dbov, double noise_dbov, double most_s, double least_dbov) {
    mix(active_level_dbov + 26.0, signal_white, noise_dbov);
    process_anew();
    double settled_mb = 0;
    for (size_t f = N_FRAMES / 2; f < N_FRAMES; f++) {
        settled_mb += gains_mb[f] / (double)(N_FRAMES - N_FRAMES / 2);
    }
    size_t first = 0, reached;
    while (!signal_recorded_is_spoken(first)) {
        first++;
    }
    for (reached = first; fabs(gains_mb[reached] - settled_mb) > 200.0; reached++) {
        CHECK(reached < N_FRAMES - 1);
    }
    double heard_dbov = active_dbov(put_out, reached, N_FRAMES);
    char label[64];
    snprintf(label, sizeof(label), "agc_from_%d_dbov_reached_ms", (int)-active_level_dbov);
    FIGURE(label, (reached - first) * 20);
    snprintf(label, sizeof(label), "agc_from_%d_dbov_level_mb", (int)-active_level_dbov);
    FIGURE(label, lrint(100.0 * heard_dbov));
    CHECK((double)(reached - first) / 50.0 <= most_s);
    CHECK(heard_dbov >= least_dbov && heard_dbov <= -20.0);
    CHECK(signal_peak(put_out, RECORDED_SAMPLES) <= VOICE_CEILING);
}

CASE(agc_brings_everyone_to_one_level) {
    check_gain(-46, -75, 4.0, -23.5); // whispered: all 24 dB
    check_gain(-40, -75, 4.0, -23.0);
    check_gain(-32, -75, 3.0, -23.0);
    check_gain(-26, -75, 2.0, -23.0);
    check_gain(-20, -75, 1.0, -23.0);
    check_gain(-12, -60, 0.5, -23.0); // shouted
}

static int32_t most_gain_mb(void) {
    int32_t most_mb = 0;
    for (size_t f = 0; f < N_FRAMES; f++) {
        most_mb = gains_mb[f] > most_mb ? gains_mb[f] : most_mb;
    }
    return most_mb;
}

CASE(agc_leaves_noise_where_it_is) {
    make_noise *const kinds[] = {signal_white, signal_brown, signal_wind};
    const int levels_dbov[] = {-70, -60, -50, -40, -30, -20};
    int32_t sudden_mb = 0;
    for (size_t k = 0; k < 3; k++) {
        for (size_t l = 0; l < 6; l++) {
            kinds[k](mixed, RECORDED_SAMPLES, RMS(levels_dbov[l]));
            process_anew();
            CHECK(most_gain_mb() <= 50);
            // It begins suddenly, after half a minute of silence: believed for a moment at most.
            for (size_t i = 0; i < RECORDED_SAMPLES / 2; i++) {
                mixed[i] = 0;
            }
            process_anew();
            sudden_mb = most_gain_mb() > sudden_mb ? most_gain_mb() : sudden_mb;
            CHECK(gains_mb[N_FRAMES - 1] <= 200);
        }
    }
    FIGURE("agc_sudden_noise_mb", sudden_mb);
    CHECK(sudden_mb <= 600);
}

CASE(agc_stays_in_pauses) {
    mix(-10, signal_white, -60);
    process_anew();
    unsigned n_pause = 0;
    for (size_t f = N_FRAMES / 4; f < N_FRAMES; f++) {
        if (is_pause(f)) {
            CHECK_EQ(gains_mb[f], gains_mb[f - 1]);
            n_pause++;
        }
    }
    CHECK(n_pause > 300);
    // And raises the noise behind speech only so far.
    mix(-20, signal_white, -56);
    process_anew();
    for (size_t f = 250; f < N_FRAMES; f++) {
        CHECK(gains_mb[f] <= VOICE_AGC_NOISE_MAX_MB + 5600 + 1000); // the noise in the band is less
    }
}

CASE(agc_takes_sudden_shouts) {
    // Every two seconds from a whisper to a shout and back.
    const int16_t *recorded = signal_recorded();
    for (size_t i = 0; i < RECORDED_SAMPLES; i++) {
        double sample = recorded[i] * (i / 32000 % 2 ? 8.0 : 0.1);
        mixed[i] = (int16_t)lrint(fmax(-32768.0, fmin(32767.0, sample)));
    }
    process_anew();
    CHECK(signal_peak(put_out, RECORDED_SAMPLES) <= VOICE_CEILING);
    CHECK(signal_peak(put_out, RECORDED_SAMPLES) >= VOICE_CEILING - 30); // was put to the test
}

CASE(agc_at_its_target_changes_next_to_nothing) {
    mix(26.0 - 22.0, signal_white, -75);
    process_anew();
    int least_mb = 0, most_mb = 0;
    for (size_t f = 0; f < N_FRAMES; f++) {
        least_mb = gains_mb[f] < least_mb ? gains_mb[f] : least_mb;
        most_mb = gains_mb[f] > most_mb ? gains_mb[f] : most_mb;
    }
    FIGURE("agc_at_target_least_mb", least_mb);
    FIGURE("agc_at_target_most_mb", most_mb);
    CHECK(least_mb >= -500 && most_mb <= 500);
}
