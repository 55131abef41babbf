// Four filter outputs at a time: every sample and every coefficient that has been loaded is used four times.
#ifndef VOICE_FAST_AMRWB_MAC_H
#define VOICE_FAST_AMRWB_MAC_H

#include <stdint.h>

// Sums modulo 2^32.
struct sums4 {
    uint32_t s0, s1, s2, s3;
};

// All operands are 16-bit values: a product always fits 32 bits.
#define MAC(sum, a, b) ((sum) += (uint32_t)((a) * (b)))

#define MAC4(s, c, v0, v1, v2, v3) \
    do { \
        MAC((s).s0, c, v0); \
        MAC((s).s1, c, v1); \
        MAC((s).s2, c, v2); \
        MAC((s).s3, c, v3); \
    } while (0)

// s[k] += sum of c[i * c_step] * v[(i + k) * v_step] over 0 <= i < n_taps, a multiple of 4. The steps are constants.
static inline __attribute__((always_inline)) struct sums4 mac4(struct sums4 s, const int16_t *c,
    const int c_step, const int16_t *v, const int v_step, int n_taps) {
    const int16_t *end = c + n_taps * c_step;
    int32_t v0 = v[0], v1 = v[v_step], v2 = v[2 * v_step], v3;
    while (c != end) {
        int32_t tap = c[0];
        v3 = v[3 * v_step];
        MAC4(s, tap, v0, v1, v2, v3);
        tap = c[c_step];
        v0 = v[4 * v_step];
        MAC4(s, tap, v1, v2, v3, v0);
        tap = c[2 * c_step];
        v1 = v[5 * v_step];
        MAC4(s, tap, v2, v3, v0, v1);
        tap = c[3 * c_step];
        v2 = v[6 * v_step];
        MAC4(s, tap, v3, v0, v1, v2);
        c += 4 * c_step;
        v += 4 * v_step;
    }
    return s;
}

// The last taps of outputs that end together: s[k] += sum of c[i * c_step] * v[(i + k) * v_step] over i + k < 4.
static inline __attribute__((always_inline)) struct sums4 mac4_end(struct sums4 s, const int16_t *c,
    const int c_step, const int16_t *v, const int v_step) {
    int32_t v0 = v[0], v1 = v[v_step], v2 = v[2 * v_step], v3 = v[3 * v_step];
    int32_t tap = c[0];
    MAC4(s, tap, v0, v1, v2, v3);
    tap = c[c_step];
    MAC(s.s0, tap, v1);
    MAC(s.s1, tap, v2);
    MAC(s.s2, tap, v3);
    tap = c[2 * c_step];
    MAC(s.s0, tap, v2);
    MAC(s.s1, tap, v3);
    MAC(s.s0, c[3 * c_step], v3);
    return s;
}

#endif
