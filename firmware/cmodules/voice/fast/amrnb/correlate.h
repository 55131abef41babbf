// Backward filtering of a codebook's target.
#ifndef VOICE_FAST_AMRNB_CORRELATE_H
#define VOICE_FAST_AMRNB_CORRELATE_H

#include "typedef.h"
#include "cnst.h"

#include "four_sums.h"

// y[i] = 2 * sum of x[j] h[j - i], j = i..L_CODE - 1; 4 outputs at a time.
static inline void correlate(const Word16 h[L_CODE], const Word16 x[L_CODE], Word32 y[L_CODE]) {
    for (int i = 0; i < L_CODE; i += 4) {
        const Word16 *x_j = x + i;
        const Word16 *h_j = h;
        int32_t a = h_j[0], b = h_j[1], c = h_j[2], d = h_j[3];
        struct four_sums sums = {{0}};
        add_products(&sums, x_j[0], a, 0, 0, 0);
        add_products(&sums, x_j[1], b, a, 0, 0);
        add_products(&sums, x_j[2], c, b, a, 0);
        add_products(&sums, x_j[3], d, c, b, a);
        for (int n = L_CODE - 4 - i; n > 0; n -= 4) {
            x_j += 4;
            h_j += 4;
            a = h_j[0];
            add_products(&sums, x_j[0], a, d, c, b);
            b = h_j[1];
            add_products(&sums, x_j[1], b, a, d, c);
            c = h_j[2];
            add_products(&sums, x_j[2], c, b, a, d);
            d = h_j[3];
            add_products(&sums, x_j[3], d, c, b, a);
        }
        #pragma GCC unroll 4
        for (int k = 0; k < 4; k++) {
            y[i + k] = (Word32)(sums.of[k] << 1);
        }
    }
}

#endif
