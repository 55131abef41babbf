// Sums of products, four at a time: the samples that one of them reads are its neighbours' a step
// later, so that most stay in registers.
#ifndef VOICE_FAST_AMRNB_FOUR_SUMS_H
#define VOICE_FAST_AMRNB_FOUR_SUMS_H

#include <stdint.h>

// The library's sums wrap. Unsigned, that is C.
struct four_sums {
    uint32_t of[4];
};

static inline void add_products(struct four_sums *sums, int32_t common, int32_t a, int32_t b,
    int32_t c, int32_t d) {
    sums->of[0] += (uint32_t)(common * a);
    sums->of[1] += (uint32_t)(common * b);
    sums->of[2] += (uint32_t)(common * c);
    sums->of[3] += (uint32_t)(common * d);
}

#endif
