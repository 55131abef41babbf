// Prediction error: speech through A(z), order 16.
#include "acelp.h"
#include "fixed.h"
#include "mac.h"

// y[n] = a[0] * x[n] + ... + a[16] * x[n - 16]; a in Q12, y in twice the scale of x. `length` is a multiple of 4.
void Residu(Word16 a[], Word16 x[], Word16 y[], Word16 length) {
    for (int n = 0; n < length; n += 4) {
        // s0 is the last of four outputs: along a, x runs backwards.
        struct sums4 s = {0, 0, 0, 0};
        s = mac4(s, a, 1, x + n + 3, -1, M);
        int32_t tap = a[M];
        MAC4(s, tap, x[n + 3 - M], x[n + 2 - M], x[n + 1 - M], x[n - M]);
        y[n] = (int16_t)round_shl(s.s3, 5);
        y[n + 1] = (int16_t)round_shl(s.s2, 5);
        y[n + 2] = (int16_t)round_shl(s.s1, 5);
        y[n + 3] = (int16_t)round_shl(s.s0, 5);
    }
}
