#include "resample.h"

#include <string.h>

// A half-band filter is 1/2 in its middle, zero at every other even distance from it, and the same
// on both sides: these are its values at the distances 1, 3, 5..., Q15. Equiripple (Parks-McClellan)
// with its edges at 3.6 and 4.4 kHz.
#define N_SIDE 17
static const int16_t side_q15[N_SIDE] = {
    10410, -3416, 1986, -1353, 987, -745, 571, -440, 338, -258, 194, -144, 104, -73, 49, -31, 26,
};

// Samples that are computed together: each one read serves four of them.
#define N_TOGETHER 4

static int16_t limit(int32_t sample) {
    return (int16_t)(sample > INT16_MAX ? INT16_MAX : sample < INT16_MIN ? INT16_MIN : sample);
}

// Both sides of the filter around N_TOGETHER places, `step` samples apart: between left[0] and
// right[0], and so on. The sum stays below 2^31 with all samples at full scale.
static inline void sides(const int16_t *left, const int16_t *right, int step,
    int32_t sums_q15[N_TOGETHER]) {
    #pragma GCC unroll 17
    for (int k = 0; k < N_SIDE; k++) {
        #pragma GCC unroll 4
        for (int i = 0; i < N_TOGETHER; i++) {
            sums_q15[i] += side_q15[k] * (left[(i - k) * step] + right[(i + k) * step]);
        }
    }
}

void voice_downsample(struct voice_downsample *state,
    const int16_t high[VOICE_RESAMPLE_HIGH_SAMPLES], int16_t low[VOICE_RESAMPLE_LOW_SAMPLES]) {
    int16_t line[VOICE_RESAMPLE_HIGH_HISTORY + VOICE_RESAMPLE_HIGH_SAMPLES];
    memcpy(line, state->history, sizeof(state->history));
    memcpy(line + VOICE_RESAMPLE_HIGH_HISTORY, high, VOICE_RESAMPLE_HIGH_SAMPLES * sizeof(high[0]));
    memcpy(state->history, line + VOICE_RESAMPLE_HIGH_SAMPLES, sizeof(state->history));
    for (unsigned n = 0; n < VOICE_RESAMPLE_LOW_SAMPLES; n += N_TOGETHER) {
        const int16_t *middle = line + 2u * n + 2 * N_SIDE - 1;
        int32_t sums_q15[N_TOGETHER];
        for (int i = 0; i < N_TOGETHER; i++) {
            sums_q15[i] = middle[2 * i] * (1 << 14) + (1 << 14);
        }
        sides(middle - 1, middle + 1, 2, sums_q15);
        for (int i = 0; i < N_TOGETHER; i++) {
            low[n + (unsigned)i] = limit(sums_q15[i] >> 15);
        }
    }
}

void voice_upsample(struct voice_upsample *state, const int16_t low[VOICE_RESAMPLE_LOW_SAMPLES],
    int16_t high[VOICE_RESAMPLE_HIGH_SAMPLES]) {
    int16_t line[VOICE_RESAMPLE_LOW_HISTORY + VOICE_RESAMPLE_LOW_SAMPLES];
    memcpy(line, state->history, sizeof(state->history));
    memcpy(line + VOICE_RESAMPLE_LOW_HISTORY, low, VOICE_RESAMPLE_LOW_SAMPLES * sizeof(low[0]));
    memcpy(state->history, line + VOICE_RESAMPLE_LOW_SAMPLES, sizeof(state->history));
    for (unsigned n = 0; n < VOICE_RESAMPLE_LOW_SAMPLES; n += N_TOGETHER) {
        // The new samples lie between those of the line; every second one is zero beforehand, so
        // that the filter's gain must be two.
        const int16_t *left = line + n + N_SIDE - 1;
        int32_t sums_q14[N_TOGETHER] = {1 << 13, 1 << 13, 1 << 13, 1 << 13};
        sides(left, left + 1, 1, sums_q14);
        for (int i = 0; i < N_TOGETHER; i++) {
            high[2u * n + 2u * (unsigned)i] = limit(sums_q14[i] >> 14);
            high[2u * n + 2u * (unsigned)i + 1u] = left[i + 1];
        }
    }
}
