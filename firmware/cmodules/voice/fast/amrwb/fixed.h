// Arithmetic of the AMR-WB encoder, for the files of this folder.
//
// The library computes with 16-bit values and 32-bit sums. Most of its sums wrap (plain additions), some saturate (the
// basic operators of ITU-T G.191). Both are reproduced to the bit: what may wrap is added as uint32_t, which also
// makes the order of additions free; what saturates is written as one clamp at the end, where that is the same.
#ifndef VOICE_FAST_AMRWB_FIXED_H
#define VOICE_FAST_AMRWB_FIXED_H

#include <stdbool.h>
#include <stdint.h>

// Inner loops stay functions of their own: they need all the registers there are.
#define HOT __attribute__((noinline))

static inline int32_t sat16(int32_t x) {
    return x > INT16_MAX ? INT16_MAX : x < INT16_MIN ? INT16_MIN : x;
}

// The upper half of `sum << n_bits`, shifted with saturation and rounded with saturation; 0 <= n_bits < 16.
// Halving before the rounding bit is added keeps the sum from overflowing, and floor((floor(a / 2) + 1) / 2) is
// floor((a + 2) / 4); whatever saturates on the way ends beyond the clamp.
static inline int32_t round_shl(uint32_t sum, int n_bits) {
    return sat16((((int32_t)sum >> (15 - n_bits)) + 1) >> 1);
}

// `x` shifted left with saturation, right if n_bits is negative; -32 < n_bits < 32.
static inline int32_t shl32(int32_t x, int n_bits) {
    if (n_bits <= 0) {
        return x >> -n_bits;
    }
    if (x > INT32_MAX >> n_bits) {
        return INT32_MAX;
    }
    return x < INT32_MIN >> n_bits ? INT32_MIN : (int32_t)((uint32_t)x << n_bits);
}

// The rounded upper half, which wraps.
static inline int16_t upper_half(uint32_t x) {
    return (int16_t)((int32_t)(x + 0x8000u) >> 16);
}

// floor(a * b / 2^32)
static inline int32_t mul_high(int32_t a, int32_t b) {
    return (int32_t)(((int64_t)a * b) >> 32);
}

// The library's 32 by 16 bit product, in Q31: it drops the lowest bit of `a`, and the product's.
static inline int32_t mul_32_16(int32_t a, int32_t b) {
    return (int32_t)((uint32_t)mul_high(a & ~1, b * 65536) << 1);
}

// How often `x` can be doubled before its sign bit is lost; 0 for 0.
static inline int norm32(int32_t x) {
    if (x == 0) {
        return 0;
    }
    uint32_t magnitude = (uint32_t)(x < 0 ? ~x : x);
    return magnitude == 0 ? 31 : __builtin_clz(magnitude) - 1;
}

#endif
