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

// A tap, for four sums: `a` to `d` on the one side of their middles, `e` to `h` on the other. Nothing is
// read ahead of its tap: more would not fit in the registers.
#define TAP(k, a, b, c, d, e, f, g, h) \
    __asm__ volatile ("" ::: "memory"); \
    sums_q15[0] += side_q15[k] * ((a) + (e)); \
    sums_q15[1] += side_q15[k] * ((b) + (f)); \
    sums_q15[2] += side_q15[k] * ((c) + (g)); \
    sums_q15[3] += side_q15[k] * ((d) + (h))

// Both sides of the filter around N_TOGETHER places, `step` samples apart: between left[0] and
// right[0], and so on. The sum stays below 2^31 with all samples at full scale.
static inline void sides(const int16_t *left, const int16_t *right, int step,
    int32_t sums_q15[N_TOGETHER]) {
    int32_t a, b = left[step], c = left[2 * step], d = left[3 * step];
    int32_t e = right[0], f = right[step], g = right[2 * step], h;
    right += 3 * step;
    #pragma GCC unroll 1
    for (int k = 0; k < N_SIDE - 1; k += 4) {
        a = left[0];
        h = right[0];
        TAP(k, a, b, c, d, e, f, g, h);
        d = left[-step];
        e = right[step];
        TAP(k + 1, d, a, b, c, f, g, h, e);
        c = left[-2 * step];
        f = right[2 * step];
        TAP(k + 2, c, d, a, b, g, h, e, f);
        b = left[-3 * step];
        g = right[3 * step];
        TAP(k + 3, b, c, d, a, h, e, f, g);
        left -= 4 * step;
        right += 4 * step;
    }
    a = left[0];
    h = right[0];
    TAP(N_SIDE - 1, a, b, c, d, e, f, g, h);
}

// Four samples of 8 kHz around middle[0], middle[2]...
static inline void four_down(const int16_t *middle, int16_t low[N_TOGETHER]) {
    int32_t sums_q15[N_TOGETHER];
    #pragma GCC unroll 4
    for (int i = 0; i < N_TOGETHER; i++) {
        sums_q15[i] = middle[2 * i] * (1 << 14) + (1 << 14);
    }
    sides(middle - 1, middle + 1, 2, sums_q15);
    #pragma GCC unroll 4
    for (int i = 0; i < N_TOGETHER; i++) {
        low[i] = limit(sums_q15[i] >> 15);
    }
}

// Two samples of 16 kHz for each of four of 8 kHz: one between left[0] and left[1], then left[1].
static inline void four_up(const int16_t *left, int16_t high[2 * N_TOGETHER]) {
    // Every second sample is zero beforehand, so that the filter's gain must be two.
    int32_t sums_q14[N_TOGETHER] = {1 << 13, 1 << 13, 1 << 13, 1 << 13};
    sides(left, left + 1, 1, sums_q14);
    #pragma GCC unroll 4
    for (int i = 0; i < N_TOGETHER; i++) {
        high[2 * i] = limit(sums_q14[i] >> 14);
        high[2 * i + 1] = left[i + 1];
    }
}

// Of the samples that need the frame before, so many are a multiple of N_TOGETHER.
#define HIGH_SEAM (VOICE_RESAMPLE_HIGH_HISTORY + 2u * SEAM + 2u * N_TOGETHER)
#define LOW_SEAM (VOICE_RESAMPLE_LOW_HISTORY + SEAM)
#define SEAM 36u

void voice_downsample(struct voice_downsample *state,
    const int16_t high[VOICE_RESAMPLE_HIGH_SAMPLES], int16_t low[VOICE_RESAMPLE_LOW_SAMPLES]) {
    int16_t seam[HIGH_SEAM];
    memcpy(seam, state->history, sizeof(state->history));
    memcpy(seam + VOICE_RESAMPLE_HIGH_HISTORY, high,
        sizeof(seam) - sizeof(state->history));
    for (unsigned n = 0; n < SEAM; n += N_TOGETHER) {
        four_down(seam + 2u * n + 2 * N_SIDE - 1, low + n);
    }
    for (unsigned n = SEAM; n < VOICE_RESAMPLE_LOW_SAMPLES; n += N_TOGETHER) {
        four_down(high + 2u * n - VOICE_DOWNSAMPLE_DELAY_SAMPLES, low + n);
    }
    memcpy(state->history, high + VOICE_RESAMPLE_HIGH_SAMPLES - VOICE_RESAMPLE_HIGH_HISTORY,
        sizeof(state->history));
}

void voice_upsample(struct voice_upsample *state, const int16_t low[VOICE_RESAMPLE_LOW_SAMPLES],
    int16_t high[VOICE_RESAMPLE_HIGH_SAMPLES]) {
    int16_t seam[LOW_SEAM];
    memcpy(seam, state->history, sizeof(state->history));
    memcpy(seam + VOICE_RESAMPLE_LOW_HISTORY, low, sizeof(seam) - sizeof(state->history));
    for (unsigned n = 0; n < SEAM; n += N_TOGETHER) {
        four_up(seam + n + N_SIDE - 1, high + 2u * n);
    }
    for (unsigned n = SEAM; n < VOICE_RESAMPLE_LOW_SAMPLES; n += N_TOGETHER) {
        four_up(low + n - N_SIDE, high + 2u * n);
    }
    memcpy(state->history, low + VOICE_RESAMPLE_LOW_SAMPLES - VOICE_RESAMPLE_LOW_HISTORY,
        sizeof(state->history));
}
