// Scalar product; the rest of the library's math_op.c stays.
#include "acelp.h"
#include "fixed.h"
#include "mac.h"
#include "math_op.h"

// 2 * sum of x[n] * y[n], plus 1, normalised: the result times 2^(*exponent - 30). `length` is a multiple of 4.
Word32 Dot_product12(Word16 x[], Word16 y[], Word16 length, Word16 *exponent) {
    uint32_t sum = 0;
    for (const Word16 *end = x + length; x != end; x += 4, y += 4) {
        MAC(sum, x[0], y[0]);
        MAC(sum, x[1], y[1]);
        MAC(sum, x[2], y[2]);
        MAC(sum, x[3], y[3]);
    }
    sum = (sum << 1) + 1u;
    int n_bits = norm32((int32_t)sum);
    *exponent = (Word16)(30 - n_bits);
    return (int32_t)(sum << n_bits);
}
