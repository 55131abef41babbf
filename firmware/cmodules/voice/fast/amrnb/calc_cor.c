// Open-loop pitch search: correlation of a signal with its own past, 4 lags at a time.
#include "calc_cor.h"

#include "four_sums.h"

// As the library does, the lags are taken in fours from the longest on: up to three below lag_min
// are computed, too. L_frame is a multiple of 4.
void comp_corr(Word16 scal_sig[], Word16 L_frame, Word16 lag_max, Word16 lag_min, Word32 corr[]) {
    for (int lag = lag_max; lag >= lag_min; lag -= 4) {
        const Word16 *now = scal_sig;
        const Word16 *past = scal_sig - lag;
        const Word16 *end = scal_sig + L_frame;
        struct four_sums sums = {{0}};
        int32_t a = past[0], b = past[1], c = past[2], d;
        for (; now != end; now += 4, past += 4) {
            d = past[3];
            add_products(&sums, now[0], a, b, c, d);
            a = past[4];
            add_products(&sums, now[1], b, c, d, a);
            b = past[5];
            add_products(&sums, now[2], c, d, a, b);
            c = past[6];
            add_products(&sums, now[3], d, a, b, c);
        }
        #pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            corr[i - lag] = (Word32)(sums.of[i] << 1);
        }
    }
}
