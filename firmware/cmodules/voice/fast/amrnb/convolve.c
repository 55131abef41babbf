// y[n] = sum of x[i] h[n - i], i = 0..n, in Q12; 4 outputs at a time.
#include "typedef.h"
#include "convolve.h"

#include "four_sums.h"

// L is a multiple of 4.
void Convolve(Word16 x[], Word16 h[], Word16 y[], Word16 L) {
    for (int n = 0; n < L; n += 4) {
        const Word16 *x_i = x;
        const Word16 *h_n_i = h + n;
        struct four_sums sums = {{0}};
        int32_t a, b = h_n_i[1], c = h_n_i[2], d = h_n_i[3];
        for (; h_n_i != h; x_i += 4, h_n_i -= 4) {
            a = h_n_i[0];
            add_products(&sums, x_i[0], a, b, c, d);
            d = h_n_i[-1];
            add_products(&sums, x_i[1], d, a, b, c);
            c = h_n_i[-2];
            add_products(&sums, x_i[2], c, d, a, b);
            b = h_n_i[-3];
            add_products(&sums, x_i[3], b, c, d, a);
        }
        a = h[0];
        add_products(&sums, x_i[0], a, b, c, d);
        add_products(&sums, x_i[1], 0, a, b, c);
        add_products(&sums, x_i[2], 0, 0, a, b);
        add_products(&sums, x_i[3], 0, 0, 0, a);
        #pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            y[n + i] = (Word16)((Word32)sums.of[i] >> 12);
        }
    }
}
