// Applies a gain without clicks and without ever going beyond a ceiling.
//
// The gain moves to where it is wanted with a time constant of 130 ms. Where a peak would come out
// above the ceiling it is down in time: each 2 ms of the frame are looked at before anything is
// changed, so there is neither delay nor clipping.
#ifndef VOICE_LIMITER_H
#define VOICE_LIMITER_H

#include "codec.h"
#include "level.h"

// -1 dB below the largest sample.
#define VOICE_CEILING 29204

struct voice_limiter {
    int32_t gain; // at the end of the last frame, in 1/VOICE_GAIN_ONE
};

void voice_limiter_init(struct voice_limiter *limiter, int32_t gain);

// Changes a frame in place. `wanted` is a gain of 0 to 16 times VOICE_GAIN_ONE, `ceiling` the
// largest sample that may come out (1..32767). At a gain of VOICE_GAIN_ONE a frame whose samples are
// all below the ceiling stays as it is, bit for bit.
void voice_limiter_tick(struct voice_limiter *limiter, int16_t pcm[VOICE_FRAME_SAMPLES],
    int32_t wanted, int32_t ceiling);

#endif
