// Opus' products of 32 and 16 bits for processors that give the upper half of a product in one instruction. Included
// in front of each file of the library, behind celt/arch.h.
//
// The released macros for 32-bit processors make them of two 16-bit halves. Here one factor is moved up first, so that
// the bits that are wanted are the product's upper half: the same value to the last bit, in two instructions for seven.
#ifndef VOICE_FAST_OPUS_PRODUCTS_H
#define VOICE_FAST_OPUS_PRODUCTS_H

// Which ones: RISC-V with M always. An Xtensa core may have it; ESP-IDF's compiler says so in this header.
#if defined(__riscv_mul) && __riscv_xlen == 32
#define VOICE_FAST_HIGH_PRODUCTS 1
#elif defined(__XTENSA__) && __has_include(<xtensa/config/core-isa.h>)
#include <xtensa/config/core-isa.h>
#define VOICE_FAST_HIGH_PRODUCTS XCHAL_HAVE_MUL32_HIGH
#else
#define VOICE_FAST_HIGH_PRODUCTS 0
#endif

#if VOICE_FAST_HIGH_PRODUCTS

// The library's own definitions come first, here: they are guarded, and do not come again.
#include "SigProc_FIX.h"

// (a * b) >> 16, b with 16 bits.
static inline opus_int32 voice_product_wb(opus_int32 a, opus_int16 b) {
    return (opus_int32)(((opus_int64)a * (opus_int32)((opus_uint32)b << 16)) >> 32);
}

// (a * (b >> 16)) >> 16.
static inline opus_int32 voice_product_wt(opus_int32 a, opus_int32 b) {
    return (opus_int32)(((opus_int64)a * (opus_int32)((opus_uint32)b & 0xffff0000u)) >> 32);
}

// (a * b) >> 16.
static inline opus_int32 voice_product_ww(opus_int32 a, opus_int32 b) {
    return (opus_int32)(((opus_int64)a * b) >> 16);
}

// (a * b) >> 15.
static inline opus_int32 voice_product_q15(opus_int16 a, opus_int32 b) {
    return (opus_int32)(((opus_int64)a * b) >> 15);
}

#undef silk_SMULWB
#undef silk_SMLAWB
#undef silk_SMULWT
#undef silk_SMLAWT
#undef silk_SMULWW
#undef silk_SMLAWW
#define silk_SMULWB(a32, b32) voice_product_wb((a32), (opus_int16)(b32))
#define silk_SMLAWB(a32, b32, c32) ((a32) + voice_product_wb((b32), (opus_int16)(c32)))
#define silk_SMULWT(a32, b32) voice_product_wt((a32), (b32))
#define silk_SMLAWT(a32, b32, c32) ((a32) + voice_product_wt((b32), (c32)))
#define silk_SMULWW(a32, b32) voice_product_ww((a32), (b32))
#define silk_SMLAWW(a32, b32, c32) ((a32) + voice_product_ww((b32), (c32)))

#undef MULT16_32_Q16
#undef MULT16_32_Q15
#undef MULT32_32_Q16
#define MULT16_32_Q16(a, b) voice_product_wb((b), (opus_int16)(a))
#define MULT16_32_Q15(a, b) voice_product_q15((opus_int16)(a), (b))
#define MULT32_32_Q16(a, b) voice_product_ww((a), (b))

#endif
#endif
