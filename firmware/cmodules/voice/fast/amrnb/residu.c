// The signal that is left of speech after its short-term prediction: 10th order, Q12. Coefficients stay
// in registers.
#include "residu.h"
#include "typedef.h"
#include "cnst.h"

#include "four_sums.h"

#define HALF_Q12 0x800u

// input_len is a multiple of 4. From the end on, as the library does: the result may lie over the
// input.
void Residu(Word16 coef_ptr[], Word16 input_ptr[], Word16 residual_ptr[], Word16 input_len) {
    const int32_t c0 = coef_ptr[0], c1 = coef_ptr[1], c2 = coef_ptr[2], c3 = coef_ptr[3],
        c4 = coef_ptr[4], c5 = coef_ptr[5], c6 = coef_ptr[6], c7 = coef_ptr[7], c8 = coef_ptr[8],
        c9 = coef_ptr[9], c10 = coef_ptr[10];
    const Word16 *in = input_ptr + input_len;
    Word16 *out = residual_ptr + input_len;
    while (out != residual_ptr) {
        in -= 4;
        out -= 4;
        struct four_sums sums = {{HALF_Q12, HALF_Q12, HALF_Q12, HALF_Q12}};
        int32_t a = in[0], b = in[1], c = in[2], d = in[3];
        add_products(&sums, c0, a, b, c, d);
        d = in[-1];
        add_products(&sums, c1, d, a, b, c);
        c = in[-2];
        add_products(&sums, c2, c, d, a, b);
        b = in[-3];
        add_products(&sums, c3, b, c, d, a);
        a = in[-4];
        add_products(&sums, c4, a, b, c, d);
        d = in[-5];
        add_products(&sums, c5, d, a, b, c);
        c = in[-6];
        add_products(&sums, c6, c, d, a, b);
        b = in[-7];
        add_products(&sums, c7, b, c, d, a);
        a = in[-8];
        add_products(&sums, c8, a, b, c, d);
        d = in[-9];
        add_products(&sums, c9, d, a, b, c);
        c = in[-10];
        add_products(&sums, c10, c, d, a, b);
        #pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            out[i] = (Word16)((Word32)sums.of[i] >> 12);
        }
    }
}
