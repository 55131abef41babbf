// Open-loop pitch (TS 26.190 clause 5.4); the rest of the library's p_med_ol.c stays.
#include "acelp.h"
#include "fixed.h"
#include "mac.h"
#include "math_op.h"
#include "p_med_ol.tab"

#define LAG_MIN 18
#define LAG_MAX 115

// correlations[k]: with the signal of lag - k samples ago.
static HOT void correlate_four(const int16_t *signal, int lag, int length, uint32_t correlations[4]) {
    struct sums4 s = {0, 0, 0, 0};
    s = mac4(s, signal, 1, signal - lag, 1, length);
    correlations[0] = s.s0;
    correlations[1] = s.s1;
    correlations[2] = s.s2;
    correlations[3] = s.s3;
}

// The lag of the largest correlation, where short lags and those near the old one weigh more.
static int best_lag(const int16_t *wsp, int length, int old_lag, bool near_old) {
    int32_t largest = INT32_MIN;
    int best = 0;
    uint32_t correlations[4];
    for (int lag = LAG_MAX; lag >= LAG_MIN; lag--) {
        int k = (LAG_MAX - lag) % 4;
        if (k == 0) {
            correlate_four(wsp, lag, length, correlations);
        }
        int32_t weighted = mul_32_16((int32_t)(correlations[k] << 1), corrweight[198 - LAG_MAX + lag]);
        if (near_old) {
            weighted = mul_32_16(weighted, corrweight[98 - old_lag + lag]);
        }
        if (weighted >= largest) {
            largest = weighted;
            best = lag;
        }
    }
    return best;
}

// Doubles a sum, adds 1 if asked to, and normalises.
static int32_t normalised(uint32_t sum, uint32_t one, int *n_bits) {
    uint32_t doubled = (sum << 1) + one;
    *n_bits = norm32((int32_t)doubled);
    return (int32_t)(doubled << *n_bits);
}

// The normalised correlation of a signal with itself `lag` samples ago, Q15.
static int16_t gain_of(const int16_t *signal, int lag, int length) {
    const int16_t *past = signal - lag;
    uint32_t both = 0, energy = 0, past_energy = 0;
    for (int i = 0; i < length; i++) {
        int32_t now = signal[i], then = past[i];
        MAC(both, now, then);
        MAC(energy, now, now);
        MAC(past_energy, then, then);
    }
    int both_bits, past_bits, now_bits, n_bits;
    int32_t both_upper = normalised(both, 0, &both_bits);
    int32_t past_upper = upper_half((uint32_t)normalised(past_energy, 1, &past_bits));
    int32_t now_upper = upper_half((uint32_t)normalised(energy, 1, &now_bits));
    Word32 root = normalised((uint32_t)(past_upper * now_upper), 0, &n_bits);
    Word16 exponent = (Word16)(62 - past_bits - now_bits - n_bits);
    Isqrt_n(&root, &exponent);
    uint32_t gain = (uint32_t)(round_shl((uint32_t)both_upper, 0) * round_shl((uint32_t)root, 0)) << 1;
    return upper_half((uint32_t)shl32((int32_t)gain, 31 - both_bits + exponent));
}

// wsp[]: the weighted signal, with what came before it. Also sets the gain, from the high-passed signal, and keeps that.
Word16 Pitch_med_ol(Word16 wsp[], Coder_State *state, Word16 length) {
    int old_lag = state->old_T0_med;
    int lag = best_lag(wsp, length, old_lag, old_lag > 0 && state->ol_wght_flg > 0);
    Word16 *high_passed = state->old_hp_wsp + LAG_MAX;
    Hp_wsp(wsp, high_passed, length, state->hp_wsp_mem);
    state->ol_gain = gain_of(high_passed, lag, length);
    Copy(state->old_hp_wsp + length, state->old_hp_wsp, LAG_MAX);
    return (Word16)lag;
}
