// Voice activity: whether somebody speaks, frame by frame.
//
// A sound counts as speech when it stands out of the noise that is always there. The noise is the
// quietest frame of the last two seconds or so: speech has gaps, noise has none. That is looked at
// twice, in the band from 340 to 1770 Hz, for vowels, and in the slope of the signal (6 dB more each
// octave), for consonants and for vowels in rumble.
#ifndef VOICE_VAD_H
#define VOICE_VAD_H

#include <stdbool.h>

#include "codec.h"
#include "level.h"

#define VOICE_VAD_WINDOWS 4u

// The noise in one of the two signals. Levels in mB relative to full scale (dBov).
struct voice_noise {
    int16_t quietest_mb[VOICE_VAD_WINDOWS]; // of each window of half a second
    int16_t now_mb;                         // of the one that is not over
};

struct voice_vad {
    struct voice_noise band_noise;
    struct voice_noise slope_noise;
    int16_t dip_mb; // the quietest of a quarter of a second, in the band
    int16_t last_dip_mb;
    uint8_t n_frames; // of the window that is not over
    uint8_t window;
    uint8_t hang_frames;
    int32_t low; // states of the band's filters
    int32_t lower_scaled; // by 8

    // Of the newest frame:
    bool speech; // somebody speaks, or did 200 ms ago; rather once too often than not
    bool strong; // a sound of speech without doubt, not steady noise, hiss or wind
    uint32_t mean_square;
    int16_t noise_mb; // in the band
};

// Takes everything for speech that is louder than -60 dBov, until it has heard two seconds.
void voice_vad_init(struct voice_vad *vad);

// Looks at a frame (behind the high-pass, before any gain).
void voice_vad_tick(struct voice_vad *vad, const int16_t pcm[VOICE_FRAME_SAMPLES]);

#endif
