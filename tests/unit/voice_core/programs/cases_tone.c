// Tones and what comes after the receiver: each tone by its frequencies, its pattern and its edges.
#include "check.h"
#include "core/speaker.h"
#include "sounds.h"

#include <math.h>

#define FRAME VOICE_FRAME_SAMPLES
#define MAX_FRAMES 100u
#define MS 16u

static int16_t heard[MAX_FRAMES * FRAME];

static const char *const names[VOICE_TONE_KINDS] = {
    "none", "permit", "deny", "busy", "emergency", "end",
};

static double decibel(double ratio) {
    return 20.0 * log10(fmax(ratio, 1e-9));
}

// The whole tone on silence; returns how many frames it takes.
static size_t play(enum voice_tone_kind kind) {
    struct voice_tone tone;
    voice_tone_init(&tone);
    voice_tone_start(&tone, kind);
    memset(heard, 0, sizeof(heard));
    size_t n_frames = 0;
    while (voice_tone_sounds(&tone)) {
        CHECK(n_frames < MAX_FRAMES);
        voice_tone_tick(&tone, heard + n_frames * FRAME);
        n_frames++;
    }
    return n_frames;
}

CASE(tone_parts_sound_as_they_are_written) {
    for (int kind = VOICE_TONE_NONE + 1; kind < VOICE_TONE_KINDS; kind++) {
        const struct voice_tone_part *parts;
        unsigned n_parts = voice_tone_parts((enum voice_tone_kind)kind, &parts);
        size_t n_frames = play((enum voice_tone_kind)kind);
        CHECK(n_parts > 0);
        size_t at = 0;
        for (unsigned p = 0; p < n_parts; p++) {
            // Between the ramps: that sine, that loud, and nothing else.
            size_t from = at + 5 * MS, n_samples = (parts[p].ms - 10u) * MS;
            double amplitude = signal_amplitude_of(heard + from, n_samples, parts[p].frequency_hz);
            double rms = signal_rms(heard + from, n_samples);
            CHECK(fabs(decibel(amplitude / VOICE_TONE_PEAK)) < 0.3);
            CHECK(fabs(decibel(rms * sqrt(2.0) / VOICE_TONE_PEAK)) < 0.3);
            double third = signal_amplitude_of(heard + from, n_samples, 3.0 * parts[p].frequency_hz);
            CHECK(n_samples < 100 * MS || decibel(third / amplitude) < -45.0);
            at += parts[p].ms * MS;
            // The pause behind it, after the ramp.
            if (parts[p].pause_ms > 4u) {
                CHECK_EQ(signal_peak(heard + at + 4 * MS, (parts[p].pause_ms - 4u) * MS), 0);
            }
            at += parts[p].pause_ms * MS;
        }
        CHECK(n_frames * FRAME >= at && (n_frames - 1) * FRAME < at);
        char label[40];
        snprintf(label, sizeof(label), "tone_%s_ms", names[kind]);
        FIGURE(label, at / MS);
    }
    CHECK_EQ(play(VOICE_TONE_NONE), 0);
}

CASE(tone_kinds_are_told_apart) {
    // Each pair by at least two of: how often it sounds, how long, at what first and last pitch.
    for (int a = 1; a < VOICE_TONE_KINDS; a++) {
        for (int b = a + 1; b < VOICE_TONE_KINDS; b++) {
            const struct voice_tone_part *of_a, *of_b;
            unsigned n_a = voice_tone_parts((enum voice_tone_kind)a, &of_a);
            unsigned n_b = voice_tone_parts((enum voice_tone_kind)b, &of_b);
            double first = (double)of_a[0].frequency_hz / of_b[0].frequency_hz;
            double last = (double)of_a[n_a - 1].frequency_hz / of_b[n_b - 1].frequency_hz;
            double length = (double)play((enum voice_tone_kind)a) / (double)play((enum voice_tone_kind)b);
            int differences = (n_a != n_b) + (fabs(log2(first)) > 0.2) + (fabs(log2(last)) > 0.2)
                + (fabs(log2(length)) > 0.5);
            CHECK(differences >= 2);
        }
    }
}

// The largest step of a sine with some frequency and the tone's loudness.
static double natural_step(double frequency_hz) {
    return VOICE_TONE_PEAK * 6.2832 * frequency_hz / VOICE_SAMPLE_RATE_HZ;
}

CASE(tone_never_clicks) {
    for (int kind = 1; kind < VOICE_TONE_KINDS; kind++) {
        const struct voice_tone_part *parts;
        unsigned n_parts = voice_tone_parts((enum voice_tone_kind)kind, &parts);
        double highest_hz = 0;
        for (unsigned p = 0; p < n_parts; p++) {
            highest_hz = fmax(highest_hz, parts[p].frequency_hz);
        }
        play((enum voice_tone_kind)kind);
        CHECK(signal_step_max(heard, MAX_FRAMES * FRAME) <= 1.03 * natural_step(highest_hz));
        // Broken off by each of the others, and by silence, in the middle.
        for (int next = 0; next < VOICE_TONE_KINDS; next++) {
            struct voice_tone tone;
            voice_tone_init(&tone);
            memset(heard, 0, sizeof(heard));
            voice_tone_start(&tone, (enum voice_tone_kind)kind);
            for (size_t f = 0; f < MAX_FRAMES; f++) {
                if (f == 1) {
                    voice_tone_start(&tone, (enum voice_tone_kind)next);
                }
                voice_tone_tick(&tone, heard + f * FRAME);
                CHECK(next != VOICE_TONE_NONE || f != 1 || !voice_tone_sounds(&tone));
            }
            CHECK(!voice_tone_sounds(&tone));
            CHECK(signal_step_max(heard, MAX_FRAMES * FRAME) <= 1.03 * natural_step(1500));
        }
    }
}

// --- loudspeaker ------------------------------------------------------------------------------

static int16_t said[MAX_FRAMES * FRAME];

static void speaker_plays(struct voice_speaker *speaker) {
    memcpy(heard, said, sizeof(heard));
    for (size_t f = 0; f < MAX_FRAMES; f++) {
        voice_speaker_tick(speaker, heard + f * FRAME);
    }
}

CASE(speaker_at_0_db_plays_what_came) {
    struct voice_speaker speaker;
    voice_speaker_init(&speaker);
    memcpy(said, signal_recorded() + 32000, sizeof(said));
    CHECK(signal_peak(said, MAX_FRAMES * FRAME) <= VOICE_CEILING);
    speaker_plays(&speaker);
    CHECK(memcmp(said, heard, sizeof(said)) == 0);
    // Also after a tone, and after another volume, once they have gone.
    voice_speaker_start_tone(&speaker, VOICE_TONE_EMERGENCY);
    speaker_plays(&speaker);
    CHECK(memcmp(said, heard, sizeof(said)) != 0);
    voice_speaker_set_volume(&speaker, -36);
    speaker_plays(&speaker);
    voice_speaker_set_volume(&speaker, 0);
    speaker_plays(&speaker);
    speaker_plays(&speaker);
    CHECK(memcmp(said, heard, sizeof(said)) == 0);
}

CASE(speaker_volume_steps) {
    signal_tone(said, MAX_FRAMES * FRAME, 400);
    for (size_t i = 0; i < MAX_FRAMES * FRAME; i++) {
        said[i] = (int16_t)(said[i] / 2);
    }
    const size_t late = MAX_FRAMES / 2 * FRAME;
    double loud = signal_rms(said + late, late);
    struct voice_speaker speaker;
    voice_speaker_init(&speaker);
    for (int volume_db = -45; volume_db <= 20; volume_db++) {
        voice_speaker_set_volume(&speaker, volume_db);
        speaker_plays(&speaker);
        int step_db = (volume_db + 36) / 3 * 3 - 36;
        step_db = step_db > VOICE_VOLUME_MAX_DB ? VOICE_VOLUME_MAX_DB : step_db;
        double got = signal_rms(heard + late, late) / loud;
        if (volume_db < VOICE_VOLUME_MIN_DB) {
            CHECK(got == 0);
        } else {
            CHECK(fabs(decibel(got) - step_db) < 0.1);
        }
        // From one to the next without a step.
        double largest = fmax(signal_peak(heard, MAX_FRAMES * FRAME), 1.0);
        CHECK(signal_step_max(heard, MAX_FRAMES * FRAME) <= 1 + 1.02 * largest * 6.2832 * 400 / 16000);
    }
}

CASE(speaker_leaves_the_tone_room) {
    // Speech as loud as can be, and louder: with each tone never above the ceiling, and the tone there.
    for (int kind = 1; kind < VOICE_TONE_KINDS; kind++) {
        struct voice_speaker speaker;
        voice_speaker_init(&speaker);
        voice_speaker_set_volume(&speaker, 12);
        signal_white(said, MAX_FRAMES * FRAME, 12000);
        speaker_plays(&speaker);
        voice_speaker_start_tone(&speaker, (enum voice_tone_kind)kind);
        speaker_plays(&speaker);
        CHECK(signal_peak(heard, MAX_FRAMES * FRAME) <= VOICE_CEILING);
        const struct voice_tone_part *parts;
        voice_tone_parts((enum voice_tone_kind)kind, &parts);
        size_t n_samples = (parts[0].ms - 8u) * MS;
        double tone = signal_amplitude_of(heard + 4 * MS, n_samples, parts[0].frequency_hz);
        double beside = signal_amplitude_of(heard + 4 * MS, n_samples, parts[0].frequency_hz * 1.5);
        CHECK(tone > 0.7 * VOICE_TONE_PEAK && tone > 3.0 * beside);
    }
}

CASE(speaker_turned_off_still_has_tones) {
    struct voice_speaker speaker;
    voice_speaker_init(&speaker);
    voice_speaker_set_volume(&speaker, -100);
    signal_tone(said, MAX_FRAMES * FRAME, 1000);
    speaker_plays(&speaker);
    voice_speaker_start_tone(&speaker, VOICE_TONE_DENY);
    speaker_plays(&speaker);
    CHECK(decibel(signal_amplitude_of(heard + FRAME, 20 * FRAME, 310) / VOICE_TONE_PEAK) > -0.3);
    CHECK(signal_amplitude_of(heard + FRAME, 20 * FRAME, 1000) < 40);
    CHECK_EQ(signal_peak(heard + 50 * FRAME, 50 * FRAME), 0);
}
