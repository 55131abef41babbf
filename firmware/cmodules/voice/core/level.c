#include "level.h"

// Fractions of an octave are in units of 1/32768.
#define ONE 32768

// Octave of power, 10 log10(2), and of amplitude, in mB.
#define POWER_OCTAVE_MB 301
#define AMPLITUDE_OCTAVE_MB 602

// Mean square of the full-scale square wave: 2^30.
#define FULL_SCALE_OCTAVES 30

// log2(1 + f) is f + 0.3437 f (1 - f) to within 0.009.
#define LOG2_BEND 11262

// 2^f is 1 + f (0.6565 + 0.3435 f) to within 0.0026.
#define EXP2_SLOPE 21512
#define EXP2_BEND 11256

int32_t voice_level_mb(uint32_t mean_square) {
    if (mean_square == 0) {
        return VOICE_LEVEL_NOTHING_MB;
    }
    int32_t octave = 31;
    while (!(mean_square & 0x80000000u)) {
        mean_square <<= 1;
        octave--;
    }
    int32_t f = (int32_t)(mean_square >> 16) & (ONE - 1);
    int32_t bend = ((f * (ONE - f)) >> 15) * LOG2_BEND >> 15;
    return (((octave - FULL_SCALE_OCTAVES) * ONE + f + bend) * POWER_OCTAVE_MB) >> 15;
}

int32_t voice_gain_of_mb(int32_t gain_mb) {
    int32_t octaves = gain_mb * ONE / AMPLITUDE_OCTAVE_MB;
    int32_t whole = octaves >> 15;
    int32_t f = octaves & (ONE - 1);
    int32_t gain = ONE + (f * (EXP2_SLOPE + (f * EXP2_BEND >> 15)) >> 15);
    return whole >= 0 ? gain << whole : gain >> -whole;
}
