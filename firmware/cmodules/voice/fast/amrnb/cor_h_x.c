// Codebook search: correlation of the target with the impulse response, scaled to 16 bits.
#include "typedef.h"
#include "cnst.h"
#include "cor_h_x.h"
#include "basic_op.h"

#include "correlate.h"

void cor_h_x(Word16 h[], Word16 x[], Word16 dn[], Word16 sf, Flag *pOverflow) {
    Word32 y[L_CODE];
    correlate(h, x, y);
    // The largest of each track, so that the pulses' sum fits.
    uint32_t total = 5;
    for (int track = 0; track < NB_TRACK; track++) {
        Word32 max = 0;
        for (int i = track; i < L_CODE; i += STEP) {
            Word32 magnitude = y[i] < 0 ? (Word32)(0u - (uint32_t)y[i]) : y[i];
            max = magnitude > max ? magnitude : max;
        }
        total += (uint32_t)(max >> 1);
    }
    Word16 shift = (Word16)(norm_l((Word32)total) - sf);
    for (int i = 0; i < L_CODE; i++) {
        dn[i] = (Word16)((Word32)((uint32_t)L_shl(y[i], shift, pOverflow) + 0x8000u) >> 16);
    }
}
