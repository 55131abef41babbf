// Synthesis filter 1/A(z) of 10th order, Q12. Coefficients and the last ten outputs stay in registers.
#include "syn_filt.h"
#include "cnst.h"
#include "basic_op.h"

#include <stdint.h>
#include <string.h>

#define HALF_Q12 0x800u
#define MAX_Q12 0x07ffffff

// Q12 to 16 bits, limited; where the library limits it otherwise than one would think, like that.
static inline Word32 limited(uint32_t sum) {
    if (sum + (MAX_Q12 + 1u) < 2u * MAX_Q12 + 1u) {
        return (Word32)sum >> 12;
    }
    return (Word32)sum > MAX_Q12 ? MAX_16 : MIN_16;
}

static inline uint32_t product(Word32 a, Word32 b) {
    return (uint32_t)(a * b);
}

// y0 is the output before, y9 the tenth before; the new one takes the place of the oldest.
#define NEXT(n, y0, y1, y2, y3, y4, y5, y6, y7, y8, y9) \
    y9 = limited(HALF_Q12 + product(x[n], a0) - product(y9, a10) - product(y8, a9) \
        - product(y7, a8) - product(y6, a7) - product(y5, a6) - product(y4, a5) \
        - product(y3, a4) - product(y2, a3) - product(y1, a2) - product(y0, a1)); \
    y[n] = (Word16)y9

// lg is even; x may be y.
void Syn_filt(Word16 a[], Word16 x[], Word16 y[], Word16 lg, Word16 mem[], Word16 update) {
    const Word32 a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4], a5 = a[5], a6 = a[6],
        a7 = a[7], a8 = a[8], a9 = a[9], a10 = a[10];
    Word32 y0 = mem[9], y1 = mem[8], y2 = mem[7], y3 = mem[6], y4 = mem[5], y5 = mem[4],
        y6 = mem[3], y7 = mem[2], y8 = mem[1], y9 = mem[0];
    const Word16 *y_start = y;
    for (int n = lg / M; n > 0; n--) {
        NEXT(0, y0, y1, y2, y3, y4, y5, y6, y7, y8, y9);
        NEXT(1, y9, y0, y1, y2, y3, y4, y5, y6, y7, y8);
        NEXT(2, y8, y9, y0, y1, y2, y3, y4, y5, y6, y7);
        NEXT(3, y7, y8, y9, y0, y1, y2, y3, y4, y5, y6);
        NEXT(4, y6, y7, y8, y9, y0, y1, y2, y3, y4, y5);
        NEXT(5, y5, y6, y7, y8, y9, y0, y1, y2, y3, y4);
        NEXT(6, y4, y5, y6, y7, y8, y9, y0, y1, y2, y3);
        NEXT(7, y3, y4, y5, y6, y7, y8, y9, y0, y1, y2);
        NEXT(8, y2, y3, y4, y5, y6, y7, y8, y9, y0, y1);
        NEXT(9, y1, y2, y3, y4, y5, y6, y7, y8, y9, y0);
        x += M;
        y += M;
    }
    for (int n = lg % M; n > 0; n--) {
        NEXT(0, y0, y1, y2, y3, y4, y5, y6, y7, y8, y9);
        Word32 newest = y9;
        y9 = y8, y8 = y7, y7 = y6, y6 = y5, y5 = y4, y4 = y3, y3 = y2, y2 = y1, y1 = y0, y0 = newest;
        x++;
        y++;
    }
    if (update != 0) {
        memcpy(mem, y_start + lg - M, M * sizeof(mem[0]));
    }
}
