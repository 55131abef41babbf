// Adaptive codebook: the past excitation, delayed by whole samples and quarters (TS 26.190 clause 5.7).
#include "acelp.h"
#include "fixed.h"
#include "mac.h"

#define N_TAPS 32

// Interpolation filters in Q14, for a delay of 3/4, 2/4, 1/4 and 0 samples less than there are taps after the middle.
static const int16_t filters[4][N_TAPS] = {
    {0, -2, 4, -2, -10, 38, -88, 165, -275, 424, -619, 871, -1207, 1699, -2598, 5531,
     14031, -2147, 780, -249, -16, 153, -213, 226, -209, 175, -133, 91, -55, 28, -10, 2},
    {1, -7, 19, -33, 47, -52, 43, -9, -60, 175, -355, 626, -1044, 1749, -3267, 10359,
     10359, -3267, 1749, -1044, 626, -355, 175, -60, -9, 43, -52, 47, -33, 19, -7, 1},
    {2, -10, 28, -55, 91, -133, 175, -209, 226, -213, 153, -16, -249, 780, -2147, 14031,
     5531, -2598, 1699, -1207, 871, -619, 424, -275, 165, -88, 38, -10, -2, 4, -2, 0},
    {1, -7, 22, -49, 92, -153, 231, -325, 431, -544, 656, -762, 853, -923, 968, 15401,
     968, -923, 853, -762, 656, -544, 431, -325, 231, -153, 92, -49, 22, -7, 1, 0},
};

// Continues exc[] with what it was `delay` samples and `quarters` of one ago. The delay, 34 at least, is longer than
// the half of the filter and the four outputs that are computed at once.
void Pred_lt4(Word16 exc[], Word16 delay, Word16 quarters, Word16 length) {
    const int16_t *filter = filters[quarters > 0 ? quarters - 1 : 3];
    const int16_t *past = exc - delay - (quarters > 0 ? 1 : 0) - (N_TAPS / 2 - 1);
    int n = 0;
    for (; n + 4 <= length; n += 4) {
        struct sums4 s = {0, 0, 0, 0};
        s = mac4(s, filter, 1, past + n, 1, N_TAPS);
        exc[n] = (int16_t)round_shl(s.s0, 2);
        exc[n + 1] = (int16_t)round_shl(s.s1, 2);
        exc[n + 2] = (int16_t)round_shl(s.s2, 2);
        exc[n + 3] = (int16_t)round_shl(s.s3, 2);
    }
    for (; n < length; n++) {
        uint32_t sum = 0;
        for (int i = 0; i < N_TAPS; i++) {
            MAC(sum, filter[i], past[n + i]);
        }
        exc[n] = (int16_t)round_shl(sum, 2);
    }
}
