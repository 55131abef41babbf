// Long-term prediction: the past excitation at a lag of thirds or sixths of a sample.
#include "pred_lt.h"
#include "cnst.h"

#include "four_sums.h"

#define UP_SAMP_MAX 6
#define TAPS (L_INTERPOL - 1)
#define HALF_Q15 0x4000u

// 61 values of the interpolation filter, TS 26.090 clause 5.7: every sixth is a tap.
static const Word16 filter_q15[UP_SAMP_MAX * TAPS + 1] = {
    29443,
    28346, 25207, 20449, 14701, 8693, 3143,
    -1352, -4402, -5865, -5850, -4673, -2783,
    -672, 1211, 2536, 3130, 2991, 2259,
    1170, 0, -1001, -1652, -1868, -1666,
    -1147, -464, 218, 756, 1060, 1099,
    904, 550, 135, -245, -514, -634,
    -602, -451, -231, 0, 191, 308,
    340, 296, 198, 78, -36, -120,
    -163, -165, -132, -79, -19, 34,
    73, 91, 89, 70, 38, 0,
};

// L_subfr is a multiple of 4. A lag shorter than the subframe reads what has just been written:
// never the four samples at hand, for it is at least 17 and the filter reaches 10 ahead.
void Pred_lt_3or6(Word16 exc[], Word16 T0, Word16 frac, Word16 L_subfr, Word16 flag3,
    Flag *pOverflow) {
    OSCL_UNUSED_ARG(pOverflow);
    const Word16 *past = exc - T0;
    int phase = flag3 != 0 ? -2 * frac : -frac;
    if (phase < 0) {
        phase += UP_SAMP_MAX;
        past--;
    }
    const Word16 *left_taps = &filter_q15[phase];
    const Word16 *right_taps = &filter_q15[UP_SAMP_MAX - phase];
    for (int n = 0; n < L_subfr; n += 4) {
        const Word16 *left = past + n;
        const Word16 *right = past + n + 1;
        struct four_sums sums = {{HALF_Q15, HALF_Q15, HALF_Q15, HALF_Q15}};
        int32_t a, b = left[1], c = left[2], d = left[3];
        int32_t e = right[0], f = right[1], g = right[2], h;
        #pragma GCC unroll 1
        for (int k = 0; k < 2 * 4; k += 4) {
            const Word16 *left_tap = left_taps + k * UP_SAMP_MAX;
            const Word16 *right_tap = right_taps + k * UP_SAMP_MAX;
            a = left[-k];
            add_products(&sums, left_tap[0], a, b, c, d);
            h = right[k + 3];
            add_products(&sums, right_tap[0], e, f, g, h);
            d = left[-k - 1];
            add_products(&sums, left_tap[UP_SAMP_MAX], d, a, b, c);
            e = right[k + 4];
            add_products(&sums, right_tap[UP_SAMP_MAX], f, g, h, e);
            c = left[-k - 2];
            add_products(&sums, left_tap[2 * UP_SAMP_MAX], c, d, a, b);
            f = right[k + 5];
            add_products(&sums, right_tap[2 * UP_SAMP_MAX], g, h, e, f);
            b = left[-k - 3];
            add_products(&sums, left_tap[3 * UP_SAMP_MAX], b, c, d, a);
            g = right[k + 6];
            add_products(&sums, right_tap[3 * UP_SAMP_MAX], h, e, f, g);
        }
        a = left[-8];
        add_products(&sums, left_taps[8 * UP_SAMP_MAX], a, b, c, d);
        h = right[11];
        add_products(&sums, right_taps[8 * UP_SAMP_MAX], e, f, g, h);
        d = left[-9];
        add_products(&sums, left_taps[9 * UP_SAMP_MAX], d, a, b, c);
        e = right[12];
        add_products(&sums, right_taps[9 * UP_SAMP_MAX], f, g, h, e);
        #pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            exc[n + i] = (Word16)((Word32)sums.of[i] >> 15);
        }
    }
}
