// Line spectral pairs: the roots of two polynomials of 5th order, by intervals on a grid.
#include "az_lsp.h"
#include "cnst.h"
#include "basic_op.h"

#include <stdbool.h>
#include <stdint.h>

#define ORDER (M / 2)
#define HALVINGS 4

// A number of 32 bits as two halves; the lower one has 15 bits.
struct halves {
    Word32 high, low;
};

static inline struct halves split(uint32_t number) {
    Word32 high = (Word32)number >> 16;
    return (struct halves){high, (Word16)(((Word32)number >> 1) - high * 32768)};
}

static inline uint32_t times(struct halves number, Word32 x) {
    return (uint32_t)(number.high * x) + (uint32_t)((number.low * x) >> 15);
}

// A step of the recursion b = 2 x b1 - b2 + f; the numbers are in Q24.
static inline uint32_t next(struct halves b1, uint32_t b2, Word32 x, Word32 f) {
    return (times(b1, x) << 2) - b2 + ((uint32_t)f << 14);
}

// Without the bit that splitting loses.
static inline uint32_t joined(struct halves number) {
    return ((uint32_t)number.high << 16) + ((uint32_t)number.low << 1);
}

// The Chebyshev series with the coefficients f at x, limited to 16 bits.
static Word32 series_at(Word32 x, const Word16 f[ORDER + 1]) {
    struct halves b4 = split(((uint32_t)x << 10) + ((uint32_t)(Word32)f[1] << 14));
    struct halves b3 = split(next(b4, 0x01000000, x, f[2]));
    struct halves b2 = split(next(b3, joined(b4), x, f[3]));
    struct halves b1 = split(next(b2, joined(b3), x, f[4]));
    Word32 sum = (Word32)((times(b1, x) << 1) - joined(b2) + ((uint32_t)(Word32)f[5] << 13));
    if ((uint32_t)sum + 0x02000000u < 0x03ffffffu) {
        return (Word16)(sum >> 10);
    }
    return sum > 0x01ffffff ? MAX_16 : MIN_16;
}

// Sum and difference polynomial, Q10, without their roots at -1 and 1.
static void polynomials(const Word16 a[M + 1], Word16 f1[ORDER + 1], Word16 f2[ORDER + 1]) {
    f1[0] = f2[0] = 1024;
    for (int i = 0; i < ORDER; i++) {
        f1[i + 1] = (Word16)((Word16)((a[i + 1] + a[M - i]) >> 2) - f1[i]);
        f2[i + 1] = (Word16)((Word16)((a[i + 1] - a[M - i]) >> 2) + f2[i]);
    }
}

// Where the straight line between two points of the series is zero.
static Word16 crossing(Word16 x_low, Word16 y_low, Word16 x_high, Word16 y_high) {
    Word16 dx = (Word16)(x_high - x_low);
    Word16 dy = (Word16)(y_high - y_low);
    if (dy == 0) {
        return x_low;
    }
    Word16 magnitude = abs_s(dy);
    Word16 exponent = norm_s(magnitude);
    Word16 slope = div_s(16383, (Word16)(magnitude << exponent));
    slope = (Word16)((dx * slope) >> (19 - exponent));
    if (dy < 0) {
        slope = (Word16)-slope;
    }
    return (Word16)(x_low - ((y_low * slope) >> 10));
}

static bool differ_in_sign(Word32 a, Word32 b) {
    return a * b <= 0;
}

void Az_lsp(Word16 a[], Word16 lsp[], Word16 old_lsp[], Flag *pOverflow) {
    Word16 f[2][ORDER + 1];
    OSCL_UNUSED_ARG(pOverflow);
    polynomials(a, f[0], f[1]);
    int n_found = 0;
    Word16 x_low = grid[0];
    Word16 y_low = (Word16)series_at(x_low, f[0]);
    for (int j = 1; n_found < M && j <= grid_points; j++) {
        const Word16 *coefficients = f[n_found % 2];
        Word16 x_high = x_low, y_high = y_low;
        x_low = grid[j];
        y_low = (Word16)series_at(x_low, coefficients);
        if (!differ_in_sign(y_low, y_high)) {
            continue;
        }
        for (int i = 0; i < HALVINGS; i++) {
            Word16 x_mid = (Word16)((x_low >> 1) + (x_high >> 1));
            Word16 y_mid = (Word16)series_at(x_mid, coefficients);
            if (differ_in_sign(y_low, y_mid)) {
                x_high = x_mid;
                y_high = y_mid;
            } else {
                x_low = x_mid;
                y_low = y_mid;
            }
        }
        x_low = crossing(x_low, y_low, x_high, y_high);
        lsp[n_found++] = x_low;
        y_low = (Word16)series_at(x_low, f[n_found % 2]);
    }
    if (n_found < M) {
        for (int i = 0; i < M; i++) {
            lsp[i] = old_lsp[i];
        }
    }
}
