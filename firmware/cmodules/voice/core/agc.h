// Automatic gain of the microphone: brings speech to one level, whispered or shouted.
//
// Only sounds that are speech without doubt move the gain; in pauses, noise and wind it stays, or
// goes down where the noise would become too loud. Up slowly, down fast, and a limiter behind it
// takes what comes too suddenly.
#ifndef VOICE_AGC_H
#define VOICE_AGC_H

#include "limiter.h"
#include "vad.h"

// Active speech level aimed at, relative to full scale (dBov).
#define VOICE_AGC_TARGET_MB (-2200)
#define VOICE_AGC_GAIN_MIN_MB (-1200)
#define VOICE_AGC_GAIN_MAX_MB 2400
// Background noise is not raised beyond this level (in the band of voice_vad).
#define VOICE_AGC_NOISE_MAX_MB (-5000)

struct voice_agc {
    uint32_t mean_square; // of speech, before the gain
    int32_t gain_mb;
    struct voice_limiter limiter;
};

// Gain 1.
void voice_agc_init(struct voice_agc *agc);

// Changes a frame in place. `vad` has just looked at it.
void voice_agc_tick(struct voice_agc *agc, const struct voice_vad *vad,
    int16_t pcm[VOICE_FRAME_SAMPLES]);

#endif
