// Target vectors.
#include "acelp.h"
#include "fixed.h"

// left[n] = x[n] - gain * y[n], gain in Q14; saturated, while the difference before wraps.
void Updt_tar(Word16 *x, Word16 *left, Word16 *y, Word16 gain, Word16 length) {
    for (int n = 0; n < length; n++) {
        uint32_t difference = (uint32_t)(x[n] * 32768) - ((uint32_t)(y[n] * gain) << 1);
        left[n] = (int16_t)sat16((int32_t)difference >> 15);
    }
}
