#include "sums.h"

int32_t voice_opus_inner_product(const int16_t *x, const int16_t *y, int n_samples) {
    uint32_t sum = 0;
    #pragma GCC unroll 4
    for (int i = 0; i < n_samples; i++) {
        sum += (uint32_t)(x[i] * y[i]);
    }
    return (int32_t)sum;
}
