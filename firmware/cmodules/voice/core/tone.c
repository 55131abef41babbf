#include "tone.h"

#include <stddef.h>

#define SAMPLES_PER_MS ((int)VOICE_SAMPLE_RATE_HZ / 1000)

// 2^32 / 16 kHz.
#define TURN_OF_1_HZ 268435u

// Tones come and go in 4 ms.
#define RAMP_STEP (VOICE_TONE_PEAK / (4 * SAMPLES_PER_MS))

// Told apart by number, length and direction, not by pitch alone.
static const struct voice_tone_part permit[] = {{910, 30, 30}, {910, 30, 30}, {1210, 60, 10}};
static const struct voice_tone_part deny[] = {{310, 450, 10}};
static const struct voice_tone_part busy[] = {{440, 200, 200}, {440, 200, 200}, {440, 200, 10}};
static const struct voice_tone_part emergency[] = {
    {1000, 120, 0}, {1500, 120, 0}, {1000, 120, 0}, {1500, 120, 0}, {1000, 120, 0}, {1500, 120, 10},
};
static const struct voice_tone_part end[] = {{800, 70, 0}, {600, 100, 10}};

#define TONE(parts) {parts, sizeof(parts) / sizeof(parts[0])}

static const struct {
    const struct voice_tone_part *parts;
    uint8_t n_parts;
} tones[VOICE_TONE_KINDS] = {
    [VOICE_TONE_PERMIT] = TONE(permit),
    [VOICE_TONE_DENY] = TONE(deny),
    [VOICE_TONE_BUSY] = TONE(busy),
    [VOICE_TONE_EMERGENCY] = TONE(emergency),
    [VOICE_TONE_END] = TONE(end),
};

unsigned voice_tone_parts(enum voice_tone_kind kind, const struct voice_tone_part **parts) {
    *parts = tones[kind].parts;
    return tones[kind].n_parts;
}

void voice_tone_init(struct voice_tone *tone) {
    *tone = (struct voice_tone){.part = NULL};
}

// Phase and loudness stay: the sound goes over into the new one, or dies away.
void voice_tone_start(struct voice_tone *tone, enum voice_tone_kind kind) {
    tone->part = tones[kind].parts;
    tone->n_parts = tones[kind].n_parts;
    tone->n_ms = 0;
}

bool voice_tone_sounds(const struct voice_tone *tone) {
    return tone->part != NULL || tone->loudness > 0;
}

// 32767 sin(phase), from two parabolas: overtones are 60 dB down.
static inline int32_t sine(uint32_t phase) {
    int32_t x = (int32_t)phase >> 16;
    int32_t parabola = x * (32767 - (x < 0 ? -x : x)) >> 13;
    int32_t bent = (parabola < 0 ? -parabola : parabola) * 7373 >> 15; // 0.225
    return parabola * (25395 + bent) >> 15;
}

static inline int16_t clamp(int32_t sample) {
    if ((uint32_t)(sample - INT16_MIN) <= UINT16_MAX) {
        return (int16_t)sample;
    }
    return sample < 0 ? INT16_MIN : INT16_MAX;
}

// Adds a millisecond of the sine, whose loudness changes by `step` with each sample.
static void add(struct voice_tone *tone, int32_t step, int16_t *pcm) {
    uint32_t phase = tone->phase;
    uint32_t turn = tone->turn;
    int32_t loudness = tone->loudness;
    for (int i = 0; i < SAMPLES_PER_MS; i++) {
        phase += turn;
        loudness += step;
        pcm[i] = clamp(pcm[i] + (sine(phase) * loudness >> 15));
    }
    tone->phase = phase;
    tone->loudness = loudness;
}

// Takes a millisecond of the pattern; returns whether the tone is on in it.
static bool next_ms(struct voice_tone *tone) {
    const struct voice_tone_part *part = tone->part;
    if (part == NULL) {
        return false;
    }
    bool on = tone->n_ms < part->ms;
    if (on) {
        tone->turn = part->frequency_hz * TURN_OF_1_HZ;
    }
    tone->n_ms++;
    if (tone->n_ms == part->ms + part->pause_ms) {
        tone->n_ms = 0;
        tone->n_parts--;
        tone->part = tone->n_parts > 0 ? part + 1 : NULL;
    }
    return on;
}

bool voice_tone_tick(struct voice_tone *tone, int16_t pcm[VOICE_FRAME_SAMPLES]) {
    for (unsigned i = 0; i < VOICE_FRAME_SAMPLES; i += SAMPLES_PER_MS) {
        bool on = next_ms(tone);
        int32_t step = on ? (tone->loudness < VOICE_TONE_PEAK) * RAMP_STEP
            : -(tone->loudness > 0) * RAMP_STEP;
        if (tone->loudness > 0 || step > 0) {
            add(tone, step, pcm + i);
        }
    }
    return voice_tone_sounds(tone);
}
