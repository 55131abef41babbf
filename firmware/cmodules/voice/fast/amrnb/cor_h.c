// Codebook search: correlations of the impulse response with itself, with the pulses' signs.
#include "cnst.h"
#include "cor_h.h"
#include "inv_sqrt.h"
#include "basic_op.h"

#include <stdint.h>

// What a correlation takes of a sample of the impulse response and of the sign at its place: the
// place counted from the end, as both walk in the same direction then.
struct sample {
    Word32 twice_h;
    Word16 h;
    Word16 sign_same;   // SAME_Q15, or its other
    Word32 sign_turned; // 0, or all bits
};

// The product of two signs, 32767 or -32767, in Q15 is 32766 or -32767. The signs' own sign bits
// give it without a multiplication: 32766 with all bits turned over is -32767.
#define SAME_Q15 32766

// The impulse response, so that its energy is a little below 1.
static void normalise(const Word16 h[L_CODE], struct sample samples[L_CODE], Flag *pOverflow) {
    uint32_t sum = 1;
    for (int i = 0; i < L_CODE; i++) {
        sum += (uint32_t)(h[i] * h[i]);
    }
    if (sum << 1 & 0x80000000u) {
        for (int i = 0; i < L_CODE; i++) {
            samples[i].h = h[i] >> 1;
        }
        return;
    }
    // The library has doubled the sum, and halves it again: without its upper bit.
    Word32 root = Inv_sqrt((Word32)(sum << 1) >> 1, pOverflow);
    Word32 factor = root < 0x00ffffff ? (Word16)(((root >> 9) * 32440) >> 15) : 32440;
    for (int i = 0; i < L_CODE; i++) {
        samples[i].h = (Word16)((h[i] * factor + 0x20) >> 6);
    }
}

// A correlation with its sign. The sum is twice what the library's is, so that its upper half is
// the rounded correlation.
static inline Word32 with_sign(uint32_t sum, Word32 sign) {
    return (((Word32)sum >> 16) * sign) >> 15;
}

// Two diagonals, from their lower ends on: both halves of the matrix.
static inline void step(const struct sample *at, const struct sample *later, Word16 *row,
    Word16 *column, uint32_t *near, uint32_t *far) {
    Word32 value;
    *near += (uint32_t)(at->h * later[0].twice_h);
    value = with_sign(*near, at->sign_same ^ later[0].sign_turned);
    row[0] = (Word16)value;
    column[0] = (Word16)value;
    *far += (uint32_t)(at->h * later[1].twice_h);
    value = with_sign(*far, at->sign_same ^ later[1].sign_turned);
    row[-1] = (Word16)value;
    column[-L_CODE] = (Word16)value;
}

void cor_h(Word16 h[], Word16 sign[], Word16 rr[][L_CODE], Flag *pOverflow) {
    struct sample samples[L_CODE];
    normalise(h, samples, pOverflow);
    uint32_t sum = 0x8000;
    for (int i = 0; i < L_CODE; i++) {
        struct sample *sample = &samples[i];
        int place = L_CODE - 1 - i;
        sample->twice_h = 2 * sample->h;
        sample->sign_turned = sign[place] >> 15;
        sample->sign_same = (Word16)(SAME_Q15 ^ sample->sign_turned);
        sum += (uint32_t)(sample->h * sample->twice_h);
        rr[place][place] = (Word16)((Word32)sum >> 16);
    }
    for (int lag = 1; lag < L_CODE; lag += 2) {
        uint32_t near = 0x8000, far = 0x8000;
        Word16 *row = &rr[L_CODE - 1][L_CODE - 1 - lag];
        Word16 *column = &rr[L_CODE - 1 - lag][L_CODE - 1];
        const struct sample *at = samples;
        const struct sample *later = samples + lag;
        // L_CODE - 1 - lag of them, an even number, and half of one.
        for (; later < samples + L_CODE - 1; at += 2, later += 2) {
            step(at, later, row, column, &near, &far);
            step(at + 1, later + 1, row - (L_CODE + 1), column - (L_CODE + 1), &near, &far);
            row -= 2 * (L_CODE + 1);
            column -= 2 * (L_CODE + 1);
        }
        near += (uint32_t)(at->h * later->twice_h);
        row[0] = column[0] = (Word16)with_sign(near, at->sign_same ^ later->sign_turned);
    }
}
