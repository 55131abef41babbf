// Samples of the engine and what stands for them on the wires of I2S. Arithmetic only.
#ifndef VOICE_IO_ESP32_SLOTS_H
#define VOICE_IO_ESP32_SLOTS_H

#include <stddef.h>
#include <stdint.h>

// A 32-bit slot, most significant bit first: microphones put 16, 24 or 32 bits into its upper part
// (INMP441 data sheet DS-INMP441-00 rev. 1.1, "I2S Data Interface": 24 bits in 32 clocks).
// Rounded to the nearest, saturated.
int16_t voice_slots_sample(int32_t slot);

// n pairs of 32-bit slots (left, right) to n samples; `side` is 0 for left, 1 for right.
void voice_slots_take(const int32_t *pairs, size_t side, int16_t *samples, size_t n);

// n samples to n pairs of slots, the same left and right: an amplifier may play either or mix them.
void voice_slots_put_16(const int16_t *samples, int16_t *pairs, size_t n);
void voice_slots_put_32(const int16_t *samples, int32_t *pairs, size_t n);

#endif
