// Convolution of a subframe with an impulse response.
#include "acelp.h"
#include "fixed.h"
#include "mac.h"

static int16_t rounded(uint32_t sum) {
    return (int16_t)((int32_t)((sum << 1) + 0x8000u) >> 16);
}

// y[n] = x[0] * h[n] + ... + x[n] * h[0], rounded to the upper 16 bits. The library ignores `length`, too: it is 64.
// y may be neither x nor h.
void Convolve(Word16 x[], Word16 h[], Word16 y[], Word16 length) {
    (void)length;
    for (int n = 0; n < L_SUBFR; n += 4) {
        // s0 is the last of four outputs: along x, h runs backwards.
        struct sums4 s = {0, 0, 0, 0};
        s = mac4(s, x, 1, h + n + 3, -1, n);
        s = mac4_end(s, x + n, 1, h + 3, -1);
        y[n] = rounded(s.s3);
        y[n + 1] = rounded(s.s2);
        y[n + 2] = rounded(s.s1);
        y[n + 3] = rounded(s.s0);
    }
}
