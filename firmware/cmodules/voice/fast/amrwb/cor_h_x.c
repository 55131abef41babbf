// Correlation of the codebook search's target with the impulse response.
#include "acelp.h"
#include "fixed.h"
#include "mac.h"

// What is added to each, so that not all of them are 0.
#define NOT_ZERO 1u

// The largest magnitude on a track. A sum is odd, hence never INT32_MIN.
static void raise(int32_t *largest, uint32_t sum) {
    int32_t magnitude = (int32_t)sum > 0 ? (int32_t)sum : (int32_t)(0u - sum);
    if (magnitude > *largest) {
        *largest = magnitude;
    }
}

// How far 3/8 of the sum of the tracks' largest values can be shifted left.
//
// That sum may overflow (full-scale square waves do it). The library goes on with the negative number, and its
// compilers, who may think it positive, count how often it has to be doubled until it is one that starts with 01; for
// ever, if there is none, which no count stands for.
static int headroom(uint32_t all) {
    int32_t quarter = (int32_t)all >> 2;
    uint32_t total = 1u + (uint32_t)quarter + (uint32_t)(quarter >> 1);
    int n_ones = (int32_t)total < 0 ? norm32((int32_t)total) + 1 : 0;
    return n_ones + norm32(n_ones < 32 ? (int32_t)(total << n_ones) : 0);
}

// dn[n] = sum of x[i] * h[i - n], scaled so that six times the tracks' largest values together do not saturate.
void cor_h_x(Word16 h[], Word16 x[], Word16 dn[]) {
    int32_t sums[L_SUBFR];
    int32_t largest[4] = {0, 0, 0, 0};
    for (int n = 0; n < L_SUBFR; n += 4) {
        struct sums4 s = {0, 0, 0, 0};
        s = mac4(s, h, 1, x + n, 1, L_SUBFR - 4 - n);
        s = mac4_end(s, h + L_SUBFR - 4 - n, 1, x + L_SUBFR - 4, 1);
        const uint32_t four[4] = {s.s0, s.s1, s.s2, s.s3};
        for (int k = 0; k < 4; k++) {
            uint32_t sum = (four[k] << 1) + NOT_ZERO;
            sums[n + k] = (int32_t)sum;
            raise(&largest[k], sum);
        }
    }
    uint32_t all = (uint32_t)largest[0] + (uint32_t)largest[1] + (uint32_t)largest[2] + (uint32_t)largest[3];
    int n_bits = headroom(all) - 4;
    for (int n = 0; n < L_SUBFR; n++) {
        dn[n] = upper_half((uint32_t)shl32(sums[n], n_bits));
    }
}
