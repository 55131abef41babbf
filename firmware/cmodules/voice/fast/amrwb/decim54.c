// Decimation from 16 to 12.8 kHz (TS 26.190 clause 5.1): four outputs for five inputs, each interpolated by a filter of
// 30 taps.
#include "acelp.h"
#include "fixed.h"
#include "mac.h"

#define N_MEMORY (2 * L_FILT16k)
#define N_IN 5
#define N_OUT 4

// The four filters in Q14: what each takes of the same input, from 14 before the first of five on. Of every fifth input
// none takes anything; but the first filter of the five's first.
static const int16_t taps[28 * N_OUT] = {
    -5, 0, 0, 0, 24, -6, 0, 0, -50, 19, -3, 0, 54, -26, 9, -1,
    -128, 77, -41, 18, 294, -188, 111, -58, -408, 270, -170, 99, 344, -233, 153, -95,
    -647, 434, -295, 198, 1505, -964, 649, -441, -2379, 1366, -888, 601, 3034, -1293, 770, -507,
    3034, 12254, -1997, 1030, -2379, 6575, 9894, -2746, 1505, -2746, 9894, 6575, -647, 1030, -1997, 12254,
    344, -507, 770, -1293, -408, 601, -888, 1366, 294, -441, 649, -964, -128, 198, -295, 434,
    54, -95, 153, -233, -50, 99, -170, 270, 24, -58, 111, -188, -5, 18, -41, 77,
    0, -1, 9, -26, 0, 0, -3, 19, 0, 0, 0, -6, 0, 0, 0, 0,
};
#define MIDDLE_TAP 13107

// sums[0] for the four outputs of five inputs, sums[1] for those of the next five; x[14] is the first.
static HOT void filter_two(const int16_t *x, struct sums4 sums[2]) {
    int32_t middle0 = MIDDLE_TAP * x[14], middle1 = MIDDLE_TAP * x[14 + N_IN];
    struct sums4 s = {(uint32_t)middle0, 0, 0, 0}, t = {(uint32_t)middle1, 0, 0, 0};
    for (const int16_t *tap = taps, *end = tap + sizeof(taps) / sizeof(taps[0]); tap != end; x += N_IN) {
        #pragma GCC unroll 4
        for (int i = 0; i < 4; i++, tap += N_OUT) {
            int32_t x0 = x[i], x1 = x[i + N_IN];
            MAC4(s, x0, tap[0], tap[1], tap[2], tap[3]);
            MAC4(t, x1, tap[0], tap[1], tap[2], tap[3]);
        }
    }
    sums[0] = s;
    sums[1] = t;
}

static void put(int16_t out[N_OUT], struct sums4 s) {
    out[0] = (int16_t)round_shl(s.s0, 2);
    out[1] = (int16_t)round_shl(s.s1, 2);
    out[2] = (int16_t)round_shl(s.s2, 2);
    out[3] = (int16_t)round_shl(s.s3, 2);
}

void Init_Decim_12k8(Word16 memory[]) {
    Set_zero(memory, N_MEMORY);
}

// `length`, of the input, is a multiple of 5, and at least 10. in[] and memory[] may not be out[].
void Decim_12k8(Word16 in[], Word16 length, Word16 out[], Word16 memory[]) {
    int16_t signal[N_MEMORY + L_FRAME16k];
    Copy(memory, signal, N_MEMORY);
    Copy(in, signal + N_MEMORY, length);
    int n_groups = length / N_IN;
    for (int group = 0; group < n_groups; group += 2) {
        // An odd one at the end comes with the one before it, which is computed again.
        int first = group + 2 <= n_groups ? group : group - 1;
        struct sums4 sums[2];
        filter_two(signal + 1 + N_IN * first, sums);
        put(out + N_OUT * first, sums[0]);
        put(out + N_OUT * (first + 1), sums[1]);
    }
    Copy(signal + length, memory, N_MEMORY);
}
