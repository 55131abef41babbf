// Convolution of a subframe with an impulse response.
#include "acelp.h"
#include "fixed.h"
#include "mac.h"

// y[n] = x[0] * h[n] + ... + x[n] * h[0], rounded to the upper 16 bits. The library ignores `length`, too: it is 64.
// y may be neither x nor h.
void Convolve(Word16 x[], Word16 h[], Word16 y[], Word16 length) {
    (void)length;
    for (int n = 0; n < L_SUBFR; n += 4) {
        // s0 is the last of four outputs: along x, h runs backwards.
        struct sums4 s = {0, 0, 0, 0};
        s = mac4(s, x, 1, h + n + 3, -1, n);
        s = mac4_end(s, x + n, 1, h + 3, -1);
        y[n] = upper_half(s.s3 << 1);
        y[n + 1] = upper_half(s.s2 << 1);
        y[n + 2] = upper_half(s.s1 << 1);
        y[n + 3] = upper_half(s.s0 << 1);
    }
}
