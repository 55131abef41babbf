// High-pass of the microphone: takes away its DC offset, and rumble below 100 Hz that no codec
// should spend bits on. Second order, as flat as can be: -3 dB at 96 Hz, 12 dB less each octave below.
#ifndef VOICE_HIGHPASS_H
#define VOICE_HIGHPASS_H

#include "codec.h"

struct voice_highpass {
    int32_t low;  // of the signal, in 1/256 of a sample's unit
    int32_t band; // likewise
};

// Starts in silence.
void voice_highpass_init(struct voice_highpass *highpass);

// Filters a frame; `in` and `out` may be the same. Silence in gives exact silence out after 60 ms at
// most, and then the filter is as new.
void voice_highpass_tick(struct voice_highpass *highpass, const int16_t in[VOICE_FRAME_SAMPLES],
    int16_t out[VOICE_FRAME_SAMPLES]);

#endif
