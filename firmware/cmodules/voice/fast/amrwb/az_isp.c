// From predictor to immittance spectral pairs (TS 26.190 clause 5.2.3): the zeros of two polynomials.
#include <string.h>

#include "acelp.h"
#include "fixed.h"
#include "grid100.tab"

#define N_HALF (M / 2)

struct polynomial {
    int32_t coefficients[N_HALF + 1]; // times 2^13
    int order;
};

// The value in Q14 at x = cos(angle), Q15, as a series of Chebyshev polynomials; b1 and b2 are Clenshaw's, in Q24, even.
static HOT int32_t value_at(const struct polynomial *p, int32_t x) {
    const int32_t *f = p->coefficients, *end = f + p->order;
    int32_t factor = x * 65536;
    uint32_t b2 = (uint32_t)*f++;
    uint32_t b1 = ((uint32_t)mul_high((int32_t)b2, factor) << 2) + (uint32_t)*f++;
    while (f != end) {
        uint32_t b0 = ((uint32_t)mul_high((int32_t)b1, factor) << 2) - b2 + (uint32_t)*f++;
        b2 = b1;
        b1 = b0;
    }
    int32_t value = (int32_t)(((uint32_t)mul_high((int32_t)b1, factor) << 1) - b2 + (uint32_t)(*f >> 1));
    value = sat16(value >> 10);
    return value == INT16_MIN ? -INT16_MAX : value;
}

// Sum and difference of the predictor with itself read backwards; the latter divided by 1 - z^-2.
static void split(const Word16 a[], struct polynomial *sum, struct polynomial *difference) {
    int16_t halves[N_HALF];
    for (int i = 0; i < N_HALF; i++) {
        sum->coefficients[i] = (int16_t)((a[i] + a[M - i] + 1) >> 1) * 8192;
        halves[i] = (int16_t)((a[i] - a[M - i] + 1) >> 1);
        if (i >= 2) {
            halves[i] = (int16_t)(halves[i] + halves[i - 2]);
        }
        difference->coefficients[i] = halves[i] * 8192;
    }
    sum->coefficients[N_HALF] = a[N_HALF] * 8192;
    sum->order = N_HALF;
    difference->order = N_HALF - 1;
}

struct point {
    int32_t x, y;
};

// Where the line through two points crosses zero.
static int32_t crossing(struct point low, struct point high) {
    int32_t width = (int16_t)(high.x - low.x);
    int32_t rise = (int16_t)(high.y - low.y);
    if (rise == 0) {
        return low.x;
    }
    int32_t magnitude = rise == INT16_MIN ? INT16_MAX : rise < 0 ? -rise : rise;
    int n_bits = norm32(magnitude) - 16;
    // Long division of 2^14 - 1 by what is at least 2^14.
    int32_t slope = (16383 << 15) / (magnitude << n_bits);
    slope = (int16_t)((width * slope) >> (19 - n_bits));
    if (rise < 0) {
        slope = (int16_t)-slope;
    }
    return (int16_t)(low.x - (int16_t)((low.y * slope) >> 10));
}

// a in Q12, isp in Q15. old_isp is taken where not all zeros are found.
void Az_isp(Word16 a[], Word16 isp[], Word16 old_isp[]) {
    struct polynomial polynomials[2];
    split(a, &polynomials[0], &polynomials[1]);
    int n_found = 0;
    struct point low = {vogrid[0], value_at(&polynomials[0], vogrid[0])};
    for (int i = 1; i <= GRID_POINTS && n_found < M - 1; i++) {
        const struct polynomial *p = &polynomials[n_found % 2];
        struct point high = low;
        low = (struct point){vogrid[i], value_at(p, vogrid[i])};
        if (low.y * high.y > 0) {
            continue;
        }
        for (int half = 0; half < 2; half++) {
            struct point middle = {.x = (low.x >> 1) + (high.x >> 1)};
            middle.y = value_at(p, middle.x);
            if (low.y * middle.y <= 0) {
                high = middle;
            } else {
                low = middle;
            }
        }
        low.x = crossing(low, high);
        isp[n_found++] = (Word16)low.x;
        low.y = value_at(&polynomials[n_found % 2], low.x);
    }
    if (n_found < M - 1) {
        memcpy(isp, old_isp, M * sizeof(isp[0]));
    } else {
        isp[M - 1] = (Word16)(a[M] * 8);
    }
}
