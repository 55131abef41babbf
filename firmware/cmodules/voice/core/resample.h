// 2:1 between the engine's 16 kHz and a codec's 8 kHz, both ways: one half-band filter of linear phase.
// Flat to 3.6 kHz within 0.01 dB, 60 dB down from 4.4 kHz on. A frame is 20 ms.
#ifndef VOICE_RESAMPLE_H
#define VOICE_RESAMPLE_H

#include <stdint.h>

// Samples of 20 ms, and how many of those before a frame its first samples depend on.
#define VOICE_RESAMPLE_HIGH_SAMPLES 320u
#define VOICE_RESAMPLE_LOW_SAMPLES 160u
#define VOICE_RESAMPLE_HIGH_HISTORY 65u
#define VOICE_RESAMPLE_LOW_HISTORY 33u

// Delay of each way, in samples of 16 kHz: 2 ms.
#define VOICE_DOWNSAMPLE_DELAY_SAMPLES 32u
#define VOICE_UPSAMPLE_DELAY_SAMPLES 33u

// All zero at the start.
struct voice_downsample {
    int16_t history[VOICE_RESAMPLE_HIGH_HISTORY];
};

struct voice_upsample {
    int16_t history[VOICE_RESAMPLE_LOW_HISTORY];
};

// 16 kHz to 8 kHz. What a loud step overshoots is limited.
void voice_downsample(struct voice_downsample *state,
    const int16_t high[VOICE_RESAMPLE_HIGH_SAMPLES], int16_t low[VOICE_RESAMPLE_LOW_SAMPLES]);

// 8 kHz to 16 kHz.
void voice_upsample(struct voice_upsample *state, const int16_t low[VOICE_RESAMPLE_LOW_SAMPLES],
    int16_t high[VOICE_RESAMPLE_HIGH_SAMPLES]);

#endif
