// LPC analysis: autocorrelation of the windowed speech, 5 lags at a time.
#include "autocorr.h"
#include "typedef.h"
#include "basic_op.h"
#include "cnst.h"

#include <stdbool.h>
#include <stdint.h>

#define LAGS 5

// Twice the energy; false when it, summed up step by step, goes beyond 31 bits.
static bool add_energy(uint32_t *sum, Word32 sample) {
    *sum += (uint32_t)(sample * sample) << 1;
    return (Word32)*sum >= 0;
}

// The windowed speech. False when its energy does not fit in 31 bits.
static bool window(const Word16 x[L_WINDOW], const Word16 wind[L_WINDOW], Word16 y[L_WINDOW],
    uint32_t *sum) {
    bool fits = true;
    *sum = 0;
    for (int i = 0; i < L_WINDOW; i++) {
        y[i] = (Word16)((x[i] * wind[i] + 0x4000) >> 15);
        fits = fits && add_energy(sum, y[i]);
    }
    return fits;
}

// A quarter of the signal until its energy is positive.
static Word16 scale_down(Word16 y[L_WINDOW], uint32_t *sum) {
    Word16 n_shifts = 0;
    do {
        n_shifts += 4;
        *sum = 0;
        for (int i = 0; i < L_WINDOW; i++) {
            y[i] >>= 2;
            *sum += (uint32_t)(y[i] * y[i]) << 1;
        }
    } while ((Word32)*sum <= 0);
    return n_shifts;
}

// sums[k] = sum of y[i] y[i - first - k]; the samples of the five lags are neighbours.
static void correlate_past(const Word16 y[L_WINDOW], int first, uint32_t sums[LAGS]) {
    uint32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0;
    Word32 a = 0, b = 0, c = 0, d = 0, e = 0;
    const Word16 *now = y + first;
    #define STEP(at, p0, p1, p2, p3, p4) \
        p0 = now[(at) - first]; \
        s0 += (uint32_t)(now[at] * p0); \
        s1 += (uint32_t)(now[at] * p1); \
        s2 += (uint32_t)(now[at] * p2); \
        s3 += (uint32_t)(now[at] * p3); \
        s4 += (uint32_t)(now[at] * p4)
    // Before the first sample lies silence.
    int n = L_WINDOW - first;
    for (; n >= LAGS; n -= LAGS, now += LAGS) {
        STEP(0, a, e, d, c, b);
        STEP(1, b, a, e, d, c);
        STEP(2, c, b, a, e, d);
        STEP(3, d, c, b, a, e);
        STEP(4, e, d, c, b, a);
    }
    for (; n > 0; n--, now++) {
        STEP(0, a, e, d, c, b);
        Word32 newest = a;
        a = b, b = c, c = d, d = e, e = newest;
    }
    #undef STEP
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
    sums[4] = s4;
}

static void split(uint32_t sum, Word16 *high, Word16 *low) {
    *high = (Word16)((Word32)sum >> 16);
    *low = (Word16)(((Word32)sum >> 1) - ((Word32)*high * 32768));
}

// m is 10.
Word16 Autocorr(Word16 x[], Word16 m, Word16 r_h[], Word16 r_l[], const Word16 wind[],
    Flag *pOverflow) {
    Word16 y[L_WINDOW];
    uint32_t sum;
    Word16 n_shifts = 0;
    OSCL_UNUSED_ARG(pOverflow);
    if (!window(x, wind, y, &sum)) {
        n_shifts = scale_down(y, &sum);
    }
    sum += 1;
    Word16 norm = norm_l((Word32)sum);
    split(sum << norm, &r_h[0], &r_l[0]);
    for (int lag = 1; lag <= m; lag += LAGS) {
        uint32_t sums[LAGS];
        correlate_past(y, lag, sums);
        #pragma GCC unroll 5
        for (int k = 0; k < LAGS; k++) {
            split(sums[k] << (norm + 1), &r_h[lag + k], &r_l[lag + k]);
        }
    }
    return (Word16)(norm - n_shifts);
}
