// Closed-loop search of the pitch, to a quarter of a sample (TS 26.190 clause 5.7).
#include "acelp.h"
#include "fixed.h"
#include "mac.h"
#include "math_op.h"

#define N_AROUND 4 // correlations that the interpolation wants on either side
#define N_LAGS_MAX (16 + 2 * N_AROUND)

// Interpolation of the correlation, Q14, for 3, 2, 1 and 0 quarters.
static const int16_t filters[4][2 * N_AROUND] = {
    {-12, 420, -1732, 5429, 13418, -1242, 73, 32},
    {-26, 455, -2142, 9910, 9910, -2142, 455, -26},
    {32, 73, -1242, 13418, 5429, -1732, 420, -12},
    {206, -766, 1376, 14746, 1376, -766, 206, 0},
};

// 1 / sqrt(energy of the target), rounded down to a power of two: its exponent.
static int target_exponent(const int16_t target[L_SUBFR]) {
    uint32_t energy = 0;
    for (int i = 0; i < L_SUBFR; i++) {
        MAC(energy, target[i], target[i]);
    }
    return -((32 - norm32((int32_t)((energy << 1) + 1u))) >> 1);
}

static HOT void correlate(const int16_t *target, const int16_t *filtered, uint32_t *correlation, uint32_t *energy) {
    uint32_t with_target = 0, with_itself = 0;
    for (const int16_t *end = target + L_SUBFR; target != end; target += 4, filtered += 4) {
        #pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            int32_t sample = filtered[i];
            MAC(with_target, target[i], sample);
            MAC(with_itself, sample, sample);
        }
    }
    *correlation = with_target;
    *energy = with_itself;
}

// correlation / sqrt(energy), times 2^exponent.
static int16_t normalised(uint32_t correlation, uint32_t energy, int exponent) {
    int32_t sum = (int32_t)((correlation << 1) + 1u);
    int n_bits = norm32(sum);
    int32_t upper = (int32_t)((uint32_t)sum << n_bits) >> 16;
    exponent += 30 - n_bits;
    int32_t whole = (int32_t)((energy << 1) + 1u);
    n_bits = norm32(whole);
    Word32 root = (int32_t)((uint32_t)whole << n_bits);
    Word16 root_exponent = (Word16)(30 - n_bits);
    Isqrt_n(&root, &root_exponent);
    exponent += root_exponent;
    uint32_t product = (uint32_t)(upper * (root >> 16)) << 1;
    return upper_half(exponent < 0 ? (uint32_t)((int32_t)product >> -exponent) : product << exponent);
}

// One lag more: what a sample from before the subframe leaves of itself after the filter.
static HOT void add_response(int16_t *filtered, const int16_t *h, int32_t sample) {
    for (const int16_t *end = h + L_SUBFR; h != end; h += 4, filtered += 4) {
        filtered[0] = (int16_t)(filtered[0] + ((sample * h[0]) >> 15));
        filtered[1] = (int16_t)(filtered[1] + ((sample * h[1]) >> 15));
        filtered[2] = (int16_t)(filtered[2] + ((sample * h[2]) >> 15));
        filtered[3] = (int16_t)(filtered[3] + ((sample * h[3]) >> 15));
    }
}

// correlations[i]: of the target and the filtered excitation of `first_lag` + i samples ago, normalised.
static void correlate_lags(Word16 exc[], const int16_t target[], Word16 h[], int first_lag, int n_lags,
    int16_t correlations[]) {
    // The excitation of one sample earlier is the same one sample later, and one more: so the filtered one moves
    // towards the buffer's start.
    int16_t buffer[N_LAGS_MAX - 1 + L_SUBFR];
    int16_t *filtered = buffer + n_lags - 1;
    int exponent = target_exponent(target);
    Convolve(exc - first_lag, h, filtered, L_SUBFR);
    for (int i = 0;;) {
        uint32_t correlation, energy;
        correlate(target, filtered, &correlation, &energy);
        correlations[i] = normalised(correlation, energy, exponent);
        if (++i == n_lags) {
            return;
        }
        filtered--;
        filtered[0] = 0;
        add_response(filtered, h, exc[-first_lag - i]);
    }
}

// Between the samples: `quarters` of -3 to 3 after correlation[0].
static int32_t interpolated(const int16_t *correlation, int quarters) {
    if (quarters < 0) {
        quarters += 4;
        correlation--;
    }
    correlation -= N_AROUND - 1;
    const int16_t *filter = filters[3 - quarters];
    uint32_t sum = 0;
    for (int i = 0; i < 2 * N_AROUND; i++) {
        MAC(sum, correlation[i], filter[i]);
    }
    return round_shl(sum, 2);
}

// Returns the lag of t_min to t_max, 16 at most, where the past excitation fits the target best, and 0 to 3 quarters of
// a sample more. First and third subframe (is_later 0) have halves from `halves_from` on, whole samples from
// `wholes_from` on.
Word16 Pitch_fr4(Word16 exc[], Word16 target[], Word16 h[], Word16 t_min, Word16 t_max, Word16 *quarters,
    Word16 is_later, Word16 halves_from, Word16 wholes_from, Word16 length) {
    (void)length;
    int16_t correlations[N_LAGS_MAX];
    int first_lag = t_min - N_AROUND;
    correlate_lags(exc, target, h, first_lag, t_max + N_AROUND - first_lag + 1, correlations);
    int lag = t_min;
    for (int t = t_min + 1; t <= t_max; t++) {
        if (correlations[t - first_lag] >= correlations[lag - first_lag]) {
            lag = t;
        }
    }
    *quarters = 0;
    if (is_later == 0 && lag >= wholes_from) {
        return (Word16)lag;
    }
    int step = halves_from == PIT_MIN || (is_later == 0 && lag >= halves_from) ? 2 : 1;
    int fraction = lag == t_min ? 0 : step - 4;
    const int16_t *correlation = &correlations[lag - first_lag];
    int32_t largest = interpolated(correlation, fraction);
    for (int i = fraction + step; i < 4; i += step) {
        int32_t next = interpolated(correlation, i);
        if (next > largest) {
            largest = next;
            fraction = i;
        }
    }
    *quarters = (Word16)(fraction & 3);
    return (Word16)(fraction < 0 ? lag - 1 : lag);
}
