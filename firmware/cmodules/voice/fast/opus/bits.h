// Arithmetic that our replacements have in common: what Opus' macros compute, as functions.
#ifndef VOICE_FAST_OPUS_BITS_H
#define VOICE_FAST_OPUS_BITS_H

#include <stdbool.h>
#include <stdint.h>

// A factor of 16 bits in the upper half: bits_product_high(a, bits_high(b)) is (a * b) >> 16 to the
// last bit, and one instruction where processors have one for a product's upper half.
static inline int32_t bits_high(int16_t factor) {
    return (int32_t)((uint32_t)(int32_t)factor << 16);
}

static inline int32_t bits_product_high(int32_t a, int32_t b) {
    #if defined(__riscv_mul) && __riscv_xlen == 32
    // In loops GCC makes four instructions of the same in C.
    int32_t high;
    __asm__ ("mulh %0, %1, %2" : "=r" (high) : "r" (a), "r" (b));
    return high;
    #else
    return (int32_t)(((int64_t)a * b) >> 32);
    #endif
}

// (a * b) >> 16, modulo 2^32.
static inline int32_t bits_product_middle(int32_t a, int32_t b) {
    uint32_t low = (uint32_t)a * (uint32_t)b;
    return (int32_t)((uint32_t)bits_product_high(a, b) << 16 | low >> 16);
}

// (a * b) >> 15, modulo 2^32.
static inline int32_t bits_product_q15(int32_t a, int16_t b) {
    uint32_t low = (uint32_t)a * (uint32_t)(int32_t)b;
    return (int32_t)((uint32_t)bits_product_high(a, b) << 17 | low >> 15);
}

static inline int16_t bits_saturate_16(int32_t value) {
    return (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value);
}

static inline int32_t bits_add_saturated(int32_t a, int32_t b) {
    int32_t sum = (int32_t)((uint32_t)a + (uint32_t)b);
    if (((a ^ sum) & (b ^ sum)) < 0) {
        sum = a < 0 ? INT32_MIN : INT32_MAX;
    }
    return sum;
}

#endif
