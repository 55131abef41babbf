// What each file of the Opus library sees first, behind celt/arch.h: faster ways to the same.
#ifndef VOICE_FAST_OPUS_LIBRARY_H
#define VOICE_FAST_OPUS_LIBRARY_H

// The library's own definitions come first, here: they are guarded, and do not come again.
#include "SigProc_FIX.h"
#include "os_support.h"

#include "bits.h"
#include "sums.h"

#define OVERRIDE_CELT_INNER_PROD
#define celt_inner_prod(x, y, n, arch) ((void)(arch), voice_opus_inner_product((x), (y), (n)))

// --- products of 32 and 16 bits ---------------------------------------------------------------
//
// The released macros for 32-bit processors make them of two 16-bit halves, in seven instructions or
// more. Where the upper half of a product is one instruction, one factor is moved up first, so that
// the bits that are wanted are that half: two instructions, and the same value to the last bit.

// RISC-V with M always can. An Xtensa core may: ESP-IDF's compiler says so in this header.
#if defined(__riscv_mul) && __riscv_xlen == 32
#define VOICE_OPUS_HIGH_PRODUCTS 1
#elif defined(__XTENSA__) && __has_include(<xtensa/config/core-isa.h>)
#include <xtensa/config/core-isa.h>
#define VOICE_OPUS_HIGH_PRODUCTS XCHAL_HAVE_MUL32_HIGH
#else
#define VOICE_OPUS_HIGH_PRODUCTS 0
#endif

#if VOICE_OPUS_HIGH_PRODUCTS
#undef silk_SMULWB
#undef silk_SMLAWB
#undef silk_SMULWT
#undef silk_SMLAWT
#undef silk_SMULWW
#undef silk_SMLAWW
#define silk_SMULWB(a32, b32) bits_product_high((a32), bits_high((opus_int16)(b32)))
#define silk_SMLAWB(a32, b32, c32) ((a32) + silk_SMULWB(b32, c32))
#define silk_SMULWT(a32, b32) bits_product_high((a32), (opus_int32)((b32) & ~0xffff))
#define silk_SMLAWT(a32, b32, c32) ((a32) + silk_SMULWT(b32, c32))
#define silk_SMULWW(a32, b32) bits_product_middle((a32), (b32))
#define silk_SMLAWW(a32, b32, c32) ((a32) + silk_SMULWW(b32, c32))

#undef MULT16_32_Q16
#undef MULT16_32_Q15
#undef MULT32_32_Q16
#define MULT16_32_Q16(a, b) bits_product_high((b), bits_high((opus_int16)(a)))
#define MULT16_32_Q15(a, b) bits_product_q15((b), (opus_int16)(a))
#define MULT32_32_Q16(a, b) bits_product_middle((a), (b))
#endif

// --- copies -----------------------------------------------------------------------------------
//
// The encoder copies 4 kB of state several times a frame. C libraries for small machines do that a
// byte at a time.

#if defined(__riscv)
#include "copy.h"

// Of a size known here the compiler makes instructions.
#define VOICE_OPUS_SMALL(n) (__builtin_constant_p(n) && (n) <= 32)
#undef silk_memcpy
#undef silk_memmove
#undef OPUS_COPY
#undef OPUS_MOVE
#define silk_memcpy(to, from, n) \
    (VOICE_OPUS_SMALL(n) ? memcpy((to), (from), (n)) : voice_opus_copy((to), (from), (n)))
#define silk_memmove(to, from, n) voice_opus_copy((to), (from), (n))
#define OPUS_COPY(to, from, n) voice_opus_copy((to), (from), (size_t)(n) * sizeof(*(to)))
#define OPUS_MOVE(to, from, n) voice_opus_copy((to), (from), (size_t)(n) * sizeof(*(to)))
#endif

#endif
