// Autocorrelation of a windowed frame, lags 0 to 16 (TS 26.190 clause 5.2.1).
#include "acelp.h"
#include "fixed.h"
#include "ham_wind.tab"
#include "mac.h"

// high * 2^16 + low * 2, normalised with lag 0.
static void put(Word16 high[], Word16 low[], int lag, uint32_t sum, int n_bits) {
    uint32_t normalised = sum << n_bits;
    high[lag] = (int16_t)((int32_t)normalised >> 15);
    low[lag] = (int16_t)(normalised & 0x7fffu);
}

// Windows x[] and scales it so that its energy does not overflow.
static void window(const int16_t x[], int16_t y[L_WINDOW]) {
    uint32_t energy = 16u << 16; // allows for the rounding
    for (int i = 0; i < L_WINDOW; i++) {
        int32_t windowed = (x[i] * vo_window[i] + 0x4000) >> 15;
        y[i] = (int16_t)windowed;
        energy += (uint32_t)((windowed * windowed) >> 7);
    }
    int n_bits = 4 - norm32((int32_t)energy) / 2;
    if (n_bits > 0) {
        int32_t half = 1 << (n_bits - 1);
        for (int i = 0; i < L_WINDOW; i++) {
            y[i] = (int16_t)((y[i] + half) >> n_bits);
        }
    }
}

void Autocorr(Word16 x[], Word16 order, Word16 high[], Word16 low[]) {
    (void)order;
    int16_t y[L_WINDOW];
    window(x, y);
    uint32_t energy = 0;
    for (int i = 0; i < L_WINDOW; i += 4) {
        MAC(energy, y[i], y[i]);
        MAC(energy, y[i + 1], y[i + 1]);
        MAC(energy, y[i + 2], y[i + 2]);
        MAC(energy, y[i + 3], y[i + 3]);
    }
    uint32_t doubled = (energy << 1) + 1u;
    int n_bits = norm32((int32_t)doubled);
    doubled <<= n_bits;
    high[0] = (int16_t)((int32_t)doubled >> 16);
    low[0] = (int16_t)((doubled & 0xffffu) >> 1);
    for (int lag = 1; lag <= M; lag += 4) {
        int n = L_WINDOW - 3 - lag;
        struct sums4 s = {0, 0, 0, 0};
        s = mac4(s, y, 1, y + lag, 1, n);
        // The last products of the three shorter lags.
        MAC(s.s0, y[n], y[n + lag]);
        MAC(s.s0, y[n + 1], y[n + 1 + lag]);
        MAC(s.s0, y[n + 2], y[n + 2 + lag]);
        MAC(s.s1, y[n], y[n + 1 + lag]);
        MAC(s.s1, y[n + 1], y[n + 2 + lag]);
        MAC(s.s2, y[n], y[n + 2 + lag]);
        put(high, low, lag, s.s0, n_bits);
        put(high, low, lag + 1, s.s1, n_bits);
        put(high, low, lag + 2, s.s2, n_bits);
        put(high, low, lag + 3, s.s3, n_bits);
    }
}
