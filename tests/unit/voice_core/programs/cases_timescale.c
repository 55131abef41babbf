// Sound made a little shorter and longer: how much, where, and that nothing is heard of it.
#include <math.h>

#include "check.h"
#include "core/timescale.h"
#include "sounds.h"

#define FRAME VOICE_FRAME_SAMPLES
#define N_FRAMES 200u

static struct voice_timescale timescale;
static int16_t in[N_FRAMES * FRAME];
static int16_t out[5u * N_FRAMES * FRAME];
static unsigned n_in; // frames taken from `in`

static void start(void) {
    voice_timescale_init(&timescale);
    n_in = 0;
}

static void append(void) {
    memcpy(voice_timescale_room(&timescale), in + n_in++ * FRAME, FRAME * sizeof(in[0]));
    voice_timescale_append(&timescale);
}

// Plays all of `in`, one change (if the sound allows) in every frame; returns the frames played.
static unsigned play_all(bool shorter, unsigned likeness, unsigned *n_changed) {
    unsigned n_out = 0;
    start();
    *n_changed = 0;
    while (n_in < N_FRAMES - 1u) {
        unsigned before = *n_changed;
        if (!shorter && timescale.n_waiting >= VOICE_TIMESCALE_HALF) {
            *n_changed += voice_timescale_stretch(&timescale, VOICE_TIMESCALE_LAG_MAX, likeness);
        }
        while (timescale.n_waiting < FRAME) {
            append();
        }
        if (shorter) {
            *n_changed += voice_timescale_compress(&timescale, VOICE_TIMESCALE_LAG_MAX, likeness);
        } else if (*n_changed == before && timescale.n_waiting < FRAME + VOICE_TIMESCALE_HALF) {
            *n_changed += voice_timescale_stretch(&timescale, VOICE_TIMESCALE_LAG_MAX, likeness);
        }
        while (timescale.n_waiting < FRAME) {
            append();
        }
        voice_timescale_play(&timescale, out + n_out++ * FRAME);
    }
    return n_out;
}

static int rising_zero_crossings(const int16_t *pcm, unsigned n_samples) {
    int n = 0;
    for (unsigned i = 1; i < n_samples; i++) {
        n += pcm[i - 1] < 0 && pcm[i] >= 0;
    }
    return n;
}

CASE(timescale_unchanged_sound_is_the_same_samples) {
    signal_speech(in, N_FRAMES * FRAME);
    start();
    for (unsigned f = 0; f < N_FRAMES; f++) {
        append();
        voice_timescale_play(&timescale, out);
        CHECK(memcmp(out, in + f * FRAME, FRAME * sizeof(in[0])) == 0);
    }
    voice_timescale_play(&timescale, out);
    CHECK_EQ(signal_peak(out, FRAME), 0);
}

CASE(timescale_takes_out_and_puts_in_whole_periods) {
    signal_vowel(in, N_FRAMES * FRAME); // a period of 128 samples
    for (int shorter = 0; shorter < 2; shorter++) {
        start();
        append();
        voice_timescale_play(&timescale, out);
        append();
        unsigned lag = shorter ? voice_timescale_compress(&timescale, 240, 950)
            : voice_timescale_stretch(&timescale, 240, 950);
        CHECK_EQ(lag, 128);
        CHECK_EQ(timescale.n_waiting, shorter ? FRAME - 128 : FRAME + 128);
        if (timescale.n_waiting < FRAME) {
            append();
        }
        voice_timescale_play(&timescale, out);
        // In the same phase as if nothing had been.
        for (unsigned i = 0; i < FRAME; i++) {
            CHECK(abs(out[i] - in[FRAME + i]) < 40);
        }
    }
}

CASE(timescale_changes_length_not_pitch) {
    for (unsigned pitch_hz = 80; pitch_hz <= 400; pitch_hz += 40) {
        signal_tone(in, N_FRAMES * FRAME, pitch_hz);
        for (int shorter = 0; shorter < 2; shorter++) {
            unsigned n_changed;
            unsigned n_out = play_all(shorter, 900, &n_changed);
            // A period or more in every other frame at least.
            CHECK(n_changed > n_out * 40 / 2);
            CHECK_EQ(n_in * FRAME, n_out * FRAME + timescale.n_waiting
                + (shorter ? n_changed : 0u - n_changed));
            int pitch = (int)((int64_t)rising_zero_crossings(out, n_out * FRAME) * 16000
                / (n_out * FRAME));
            CHECK(abs(pitch - (int)pitch_hz) <= 3);
            int natural = signal_step_max(in, N_FRAMES * FRAME);
            CHECK(signal_step_max(out, n_out * FRAME) * 10 <= natural * 13);
        }
    }
}

CASE(timescale_speech_without_a_step) {
    signal_speech(in, N_FRAMES * FRAME);
    int natural = signal_step_max(in, N_FRAMES * FRAME);
    for (int shorter = 0; shorter < 2; shorter++) {
        unsigned n_changed;
        unsigned n_out = play_all(shorter, 700, &n_changed);
        FIGURE(shorter ? "speech_compressed_permille" : "speech_stretched_permille",
            1000 * n_changed / (n_out * FRAME));
        CHECK(n_changed > n_out * FRAME / 6);
        CHECK(signal_step_max(out, n_out * FRAME) * 10 <= natural * 12);
    }
}

CASE(timescale_silence_gives_all_it_can) {
    memset(in, 0, sizeof(in));
    signal_speech(in, 20 * FRAME); // says how loud loud is
    uint32_t seed = 5;
    for (unsigned i = 20 * FRAME; i < N_FRAMES * FRAME; i++) {
        in[i] = (int16_t)(random_next(&seed) % 120) - 60;
    }
    start();
    for (unsigned f = 0; f < 30; f++) {
        append();
        voice_timescale_play(&timescale, out);
    }
    append();
    CHECK_EQ(voice_timescale_compress(&timescale, 240, 1000), 240);
    append();
    CHECK_EQ(voice_timescale_compress(&timescale, 163, 1000), 160); // a multiple of 4
    voice_timescale_play(&timescale, out);
    append();
    CHECK_EQ(voice_timescale_stretch(&timescale, 240, 1000), 240);
}

CASE(timescale_leaves_alone_what_resembles_nothing) {
    uint32_t seed = 7;
    for (unsigned i = 0; i < N_FRAMES * FRAME; i++) {
        in[i] = (int16_t)random_next(&seed);
    }
    unsigned n_changed;
    play_all(true, 850, &n_changed);
    CHECK_EQ(n_changed, 0);
    play_all(false, 850, &n_changed);
    CHECK_EQ(n_changed, 0);
}

CASE(timescale_needs_something_to_work_with) {
    signal_vowel(in, N_FRAMES * FRAME);
    start();
    append();
    CHECK_EQ(voice_timescale_compress(&timescale, 39, 0), 0);
    CHECK_EQ(voice_timescale_stretch(&timescale, 39, 0), 0);
    append();
    CHECK_EQ(voice_timescale_stretch(&timescale, 240, 0), 0); // no room
    start();
    CHECK_EQ(voice_timescale_stretch(&timescale, 240, 0), 0); // nothing there
}

// The loudest there is, anything, in any order: nothing overflows, nothing leaves its memory.
CASE(timescale_survives_anything) {
    uint32_t seed = 31;
    start();
    for (unsigned round = 0; round < 30000; round++) {
        unsigned kind = random_next(&seed) % 5;
        while (timescale.n_waiting < FRAME) {
            int16_t *room = voice_timescale_room(&timescale);
            unsigned period = 20 + random_next(&seed) % 300;
            for (unsigned i = 0; i < FRAME; i++) {
                room[i] = kind == 0 ? (i / period % 2 ? INT16_MAX : INT16_MIN)
                    : kind == 1 ? INT16_MIN : kind == 2 ? (int16_t)random_next(&seed)
                    : kind == 3 ? 0 : (int16_t)(random_next(&seed) % 5);
            }
            voice_timescale_append(&timescale);
        }
        unsigned lag = random_next(&seed) % 300, likeness = random_next(&seed) % 1001;
        unsigned before = timescale.n_waiting;
        if (random_next(&seed) % 2) {
            CHECK_EQ(before - voice_timescale_compress(&timescale, lag, likeness),
                timescale.n_waiting);
        } else {
            CHECK_EQ(before + voice_timescale_stretch(&timescale, lag, likeness),
                timescale.n_waiting);
        }
        CHECK(timescale.n_waiting <= VOICE_TIMESCALE_WAITING_MAX);
        voice_timescale_play(&timescale, out);
    }
}
