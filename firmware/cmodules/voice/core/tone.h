// Tones for the one who holds the handset, made here so that they sound the same whatever the codec
// and the network do.
#ifndef VOICE_TONE_H
#define VOICE_TONE_H

#include <stdbool.h>

#include "codec.h"

enum voice_tone_kind {
    VOICE_TONE_NONE,
    VOICE_TONE_PERMIT,    // you may talk
    VOICE_TONE_DENY,      // you may not
    VOICE_TONE_BUSY,      // somebody else talks
    VOICE_TONE_EMERGENCY, // an emergency call begins
    VOICE_TONE_END,       // the other one has finished
    VOICE_TONE_KINDS,
};

// Largest sample of a tone: -12 dB below the largest there is.
#define VOICE_TONE_PEAK 8192

struct voice_tone_part {
    uint16_t frequency_hz;
    uint16_t ms;
    uint16_t pause_ms; // after it
};

struct voice_tone {
    const struct voice_tone_part *part; // NULL: no tone
    uint8_t n_parts;                    // this one and those after it
    uint16_t n_ms;                      // of this part, done
    uint32_t phase;                     // a turn is 2^32
    uint32_t turn;                      // phase of a sample
    int32_t loudness;                   // 0..VOICE_TONE_PEAK, on its way up or down
};

// The parts of a tone, one after the other; returns how many. 0 for VOICE_TONE_NONE.
unsigned voice_tone_parts(enum voice_tone_kind kind, const struct voice_tone_part **parts);

// No tone.
void voice_tone_init(struct voice_tone *tone);

// Starts a tone, in the place of one that still sounds; VOICE_TONE_NONE only ends that. Neither
// clicks.
void voice_tone_start(struct voice_tone *tone, enum voice_tone_kind kind);

// Whether the next frame has any of a tone in it.
bool voice_tone_sounds(const struct voice_tone *tone);

// Adds the tone's next 20 ms to a frame, whose samples must leave it room (VOICE_TONE_PEAK; what goes
// beyond 16 bits is cut off). Returns voice_tone_sounds().
bool voice_tone_tick(struct voice_tone *tone, int16_t pcm[VOICE_FRAME_SAMPLES]);

#endif
