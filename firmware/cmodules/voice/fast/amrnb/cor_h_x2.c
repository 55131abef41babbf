// Codebook search: as cor_h_x(), for any number of tracks.
#include "typedef.h"
#include "cnst.h"
#include "cor_h_x.h"
#include "cor_h_x2.h"
#include "basic_op.h"
#include "l_abs.h"

#include "correlate.h"

void cor_h_x2(Word16 h[], Word16 x[], Word16 dn[], Word16 sf, Word16 nb_track, Word16 step,
    Flag *pOverflow) {
    Word32 y[L_CODE];
    correlate(h, x, y);
    uint32_t total = 5;
    for (int track = 0; track < nb_track; track++) {
        Word32 max = 0;
        for (int i = track; i < L_CODE; i += step) {
            Word32 magnitude = L_abs(y[i]);
            max = magnitude > max ? magnitude : max;
        }
        total += (uint32_t)(max >> 1);
    }
    Word16 shift = (Word16)(norm_l((Word32)total) - sf);
    for (int i = 0; i < L_CODE; i++) {
        dn[i] = pv_round(L_shl(y[i], shift, pOverflow), pOverflow);
    }
}
