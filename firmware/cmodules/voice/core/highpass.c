#include "highpass.h"

// A state-variable filter: two integrators in a loop, and what the loop leaves over is the high
// part. Its two zeros lie on DC exactly, whatever is rounded.
//
//   frequency = 2 sin(pi 100 Hz / 16 kHz) = 0.03927: 5/128 (99.5 Hz)
//   damping   = sqrt(2):                             45/32
//   what passes would come out by 1/0.9725 too loud: 249/256, together with the shift
#define FREQUENCY(x) (((x) * 5) >> 7)
#define DAMPING(x) (((x) * 45) >> 5)
#define SCALED(sample) ((sample) * 249)
#define ROUND 128
#define SHIFT 8

// Rounding leaves the integrators less far from zero than this, a quarter of a sample's unit.
#define RESIDUE 64

void voice_highpass_init(struct voice_highpass *highpass) {
    highpass->low = 0;
    highpass->band = 0;
}

static inline int16_t clamp(int32_t sample) {
    if (sample > INT16_MAX) {
        return INT16_MAX;
    }
    return (int16_t)(sample < INT16_MIN ? INT16_MIN : sample);
}

void voice_highpass_tick(struct voice_highpass *highpass, const int16_t in[VOICE_FRAME_SAMPLES],
    int16_t out[VOICE_FRAME_SAMPLES]) {
    int32_t low = highpass->low;
    int32_t band = highpass->band;
    int32_t sample = 0;
    for (unsigned i = 0; i < VOICE_FRAME_SAMPLES; i++) {
        sample = in[i];
        low += FREQUENCY(band);
        int32_t high = SCALED(sample) - low - DAMPING(band);
        band += FREQUENCY(high);
        out[i] = clamp((high + ROUND) >> SHIFT);
    }
    // Silence has nothing to remember: the next sound finds the filter as the first one did.
    if (sample == 0 && low > -RESIDUE && low < RESIDUE && band > -RESIDUE && band < RESIDUE) {
        low = band = 0;
    }
    highpass->low = low;
    highpass->band = band;
}
