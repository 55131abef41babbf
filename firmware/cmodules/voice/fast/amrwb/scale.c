// Scaling of a signal by a power of two.
#include "acelp.h"
#include "fixed.h"

// x[n] * 2^exponent, saturated, or rounded where that is a division; |exponent| < 31. Most often there is nothing to do.
void Scale_sig(Word16 x[], Word16 length, Word16 exponent) {
    if (exponent > 0) {
        int n_bits = exponent < 15 ? exponent : 15; // saturates all but 0, as any more would
        for (int n = 0; n < length; n++) {
            x[n] = (int16_t)sat16(x[n] * (1 << n_bits));
        }
    } else if (exponent < 0) {
        int n_bits = -exponent;
        int32_t half = 1 << (n_bits - 1);
        for (int n = 0; n < length; n++) {
            x[n] = (int16_t)((x[n] + half) >> n_bits);
        }
    }
}
