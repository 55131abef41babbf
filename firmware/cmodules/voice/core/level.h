// Levels and gains in decibels, in whole numbers: millibels (mB), hundredths of a decibel.
#ifndef VOICE_LEVEL_H
#define VOICE_LEVEL_H

#include <stdint.h>

// What an all-zero signal is said to have. The smallest other level is -90.31 dBov.
#define VOICE_LEVEL_NOTHING_MB (-9900)

// A gain of 1: gains are whole numbers of 1/32768.
#define VOICE_GAIN_ONE 32768

// Level of 16-bit samples with this mean square, in mB relative to a full-scale square wave (dBov);
// within 4 mB.
int32_t voice_level_mb(uint32_t mean_square);

// 10 to the power of gain_mb / 2000, in units of 1/VOICE_GAIN_ONE; within 0.4 %. For -72..+36 dB.
int32_t voice_gain_of_mb(int32_t gain_mb);

#endif
