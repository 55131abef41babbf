// Sums of products of 16-bit samples, modulo 2^32.
#ifndef VOICE_FAST_OPUS_SUMS_H
#define VOICE_FAST_OPUS_SUMS_H

#include <stdint.h>

int32_t voice_opus_inner_product(const int16_t *x, const int16_t *y, int n_samples);

#endif
