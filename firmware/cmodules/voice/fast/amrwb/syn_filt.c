// Synthesis filters 1 / A(z), order 16.
#include "acelp.h"
#include "fixed.h"
#include "mac.h"

// Four outputs at a time: first what they have from the outputs before them, then what from one another.
// s0 + ... + s3 of the taps a[1]... on y[-1], y[-2]...
static inline struct sums4 from_past(const int16_t *a, const int16_t *y) {
    struct sums4 s = {0, 0, 0, 0};
    s = mac4(s, y - 1, -1, a + 1, 1, M - 4);
    return mac4_end(s, y - 1 - (M - 4), -1, a + 1 + M - 4, 1);
}

// a in Q12, y = x / A(z). `length` is a multiple of 4; x and y may be the same. `memory`: the last 16 outputs, which
// may lie before y.
void Syn_filt(Word16 a[], Word16 x[], Word16 y[], Word16 length, Word16 memory[], Word16 update) {
    int16_t buffer[M + L_SUBFR16k];
    int16_t *out = buffer + M;
    int32_t a0 = a[0] >> 1;
    Copy(memory, buffer, M);
    for (int n = 0; n < length; n += 4, out += 4) {
        struct sums4 s = from_past(a, out);
        int32_t y0 = round_shl((uint32_t)(a0 * x[n]) - s.s0, 4);
        MAC(s.s1, a[1], y0);
        int32_t y1 = round_shl((uint32_t)(a0 * x[n + 1]) - s.s1, 4);
        MAC(s.s2, a[2], y0);
        MAC(s.s2, a[1], y1);
        int32_t y2 = round_shl((uint32_t)(a0 * x[n + 2]) - s.s2, 4);
        MAC(s.s3, a[3], y0);
        MAC(s.s3, a[2], y1);
        MAC(s.s3, a[1], y2);
        int32_t y3 = round_shl((uint32_t)(a0 * x[n + 3]) - s.s3, 4);
        out[0] = y[n] = (int16_t)y0;
        out[1] = y[n + 1] = (int16_t)y1;
        out[2] = y[n + 2] = (int16_t)y2;
        out[3] = y[n + 3] = (int16_t)y3;
    }
    if (update) {
        Copy(out - M, memory, M);
    }
}

// Another filter for the upper band's gain at 23.85 kbit/s, with outputs of 28 bits. It is none of a synthesis: the
// library starts at a[0], adds where it should subtract, and encoders of this release have always done so.
// x / 2^scale; high[] has the outputs' upper half.
void Syn_filt_32(Word16 a[], Word16 order, Word16 x[], Word16 scale, Word16 high[], Word16 low[], Word16 length) {
    (void)order;
    int32_t a0 = a[0] >> (4 + scale);
    for (int n = 0; n < length; n++) {
        uint32_t of_high = 0, of_low = 0;
        #pragma GCC unroll 4
        for (int i = 0; i < M; i++) {
            int32_t tap = a[i];
            MAC(of_high, tap, high[n - 1 - i]);
            MAC(of_low, tap, low[n - 1 - i]);
        }
        uint32_t sum = (uint32_t)((int32_t)(0u - of_low) >> 11) + ((uint32_t)(x[n] * a0) << 1) + (of_high << 1);
        int32_t out = (int32_t)sum >> 3;
        high[n] = (int16_t)(out >> 16);
        low[n] = (int16_t)((out >> 4) - high[n] * 8192);
    }
}
