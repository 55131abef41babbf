// Quantisation of two sets of line spectral frequencies at once (12.2 kbit/s), in five pairs each.
#include "q_plsf.h"
#include "typedef.h"
#include "basic_op.h"
#include "lsp_lsf.h"
#include "reorder.h"
#include "lsfwt.h"

#include <stdint.h>

extern const Word16 mean_lsf_5[];
extern const Word16 dico1_lsf_5[];
extern const Word16 dico2_lsf_5[];
extern const Word16 dico3_lsf_5[];
extern const Word16 dico4_lsf_5[];
extern const Word16 dico5_lsf_5[];

#define PARTS 4 // numbers in a codebook's entry: a pair of the first set, one of the second

// What an entry is to be near to, and how much each of its numbers weighs.
struct target {
    Word32 value[PARTS];
    Word32 weight[PARTS];
};

// Q15 product as 16 bits; what goes beyond falls off, as in the library.
static inline Word32 q15(uint32_t product) {
    return (Word32)(product << 1) >> 16;
}

static inline Word32 square(Word32 number) {
    return number * number;
}

static struct target target_of(const Word16 *r1, const Word16 *r2, const Word16 *wf1,
    const Word16 *wf2) {
    return (struct target){
        {r1[0], r1[1], r2[0], r2[1]},
        {wf1[0], wf1[1], wf2[0], wf2[1]},
    };
}

// The entry at the least weighted distance. Its numbers go where the target came from.
static Word16 nearest(Word16 *r1, Word16 *r2, const Word16 *wf1, const Word16 *wf2,
    const Word16 *entries, int n_entries) {
    const struct target target = target_of(r1, r2, wf1, wf2);
    const Word32 w0 = target.weight[0], w1 = target.weight[1], w2 = target.weight[2],
        w3 = target.weight[3];
    const uint32_t t0 = (uint32_t)(target.value[0] * w0), t1 = (uint32_t)(target.value[1] * w1),
        t2 = (uint32_t)(target.value[2] * w2), t3 = (uint32_t)(target.value[3] * w3);
    const Word16 *best = entries, *end = entries + PARTS * n_entries;
    Word32 least = MAX_32;
    for (const Word16 *entry = entries; entry != end; entry += PARTS) {
        uint32_t distance = (uint32_t)square(q15(t0 - (uint32_t)(w0 * entry[0])));
        if ((Word32)distance >= least) {
            continue;
        }
        distance += (uint32_t)square(q15(t1 - (uint32_t)(w1 * entry[1])));
        if ((Word32)distance >= least) {
            continue;
        }
        distance += (uint32_t)square(q15(t2 - (uint32_t)(w2 * entry[2])));
        if ((Word32)distance >= least) {
            continue;
        }
        distance += (uint32_t)square(q15(t3 - (uint32_t)(w3 * entry[3])));
        if ((Word32)distance < least) {
            least = (Word32)distance;
            best = entry;
        }
    }
    r1[0] = best[0];
    r1[1] = best[1];
    r2[0] = best[2];
    r2[1] = best[3];
    return (Word16)((best - entries) / PARTS);
}

static inline uint32_t distance_of(Word32 value, Word32 weight) {
    return (uint32_t)square(q15((uint32_t)(weight * (Word16)value)));
}

// As nearest(), where each entry also counts with all signs turned. The index has the sign last.
static Word16 nearest_of_either_sign(Word16 *r1, Word16 *r2, const Word16 *wf1, const Word16 *wf2,
    const Word16 *entries, int n_entries) {
    const struct target target = target_of(r1, r2, wf1, wf2);
    const Word16 *best = entries, *end = entries + PARTS * n_entries;
    Word32 least = MAX_32, sign = 1;
    for (const Word16 *entry = entries; entry != end; entry += PARTS) {
        uint32_t plus = distance_of(target.value[0] - entry[0], target.weight[0]);
        uint32_t minus = distance_of(target.value[0] + entry[0], target.weight[0]);
        plus += distance_of(target.value[1] - entry[1], target.weight[1]);
        minus += distance_of(target.value[1] + entry[1], target.weight[1]);
        if ((Word32)plus >= least && (Word32)minus >= least) {
            continue;
        }
        plus += distance_of(target.value[2] - entry[2], target.weight[2]);
        minus += distance_of(target.value[2] + entry[2], target.weight[2]);
        plus += distance_of(target.value[3] - entry[3], target.weight[3]);
        minus += distance_of(target.value[3] + entry[3], target.weight[3]);
        if ((Word32)plus < least) {
            least = (Word32)plus;
            best = entry;
            sign = 1;
        }
        if ((Word32)minus < least) {
            least = (Word32)minus;
            best = entry;
            sign = -1;
        }
    }
    r1[0] = (Word16)(sign * best[0]);
    r1[1] = (Word16)(sign * best[1]);
    r2[0] = (Word16)(sign * best[2]);
    r2[1] = (Word16)(sign * best[3]);
    return (Word16)(2 * ((best - entries) / PARTS) + (sign < 0));
}

void Q_plsf_5(Q_plsfState *st, Word16 *lsp1, Word16 *lsp2, Word16 *lsp1_q, Word16 *lsp2_q,
    Word16 *indice, Flag *pOverflow) {
    Word16 lsf1[M], lsf2[M], wf1[M], wf2[M], predicted[M], r1[M], r2[M];
    Lsp_lsf(lsp1, lsf1, M, pOverflow);
    Lsp_lsf(lsp2, lsf2, M, pOverflow);
    Lsf_wt(lsf1, wf1, pOverflow);
    Lsf_wt(lsf2, wf2, pOverflow);
    for (int i = 0; i < M; i++) {
        predicted[i] = (Word16)(mean_lsf_5[i] + ((st->past_rq[i] * LSP_PRED_FAC_MR122) >> 15));
        r1[i] = (Word16)(lsf1[i] - predicted[i]);
        r2[i] = (Word16)(lsf2[i] - predicted[i]);
    }
    indice[0] = nearest(r1, r2, wf1, wf2, dico1_lsf_5, DICO1_5_SIZE);
    indice[1] = nearest(r1 + 2, r2 + 2, wf1 + 2, wf2 + 2, dico2_lsf_5, DICO2_5_SIZE);
    indice[2] = nearest_of_either_sign(r1 + 4, r2 + 4, wf1 + 4, wf2 + 4, dico3_lsf_5,
        DICO3_5_SIZE);
    indice[3] = nearest(r1 + 6, r2 + 6, wf1 + 6, wf2 + 6, dico4_lsf_5, DICO4_5_SIZE);
    indice[4] = nearest(r1 + 8, r2 + 8, wf1 + 8, wf2 + 8, dico5_lsf_5, DICO5_5_SIZE);
    for (int i = 0; i < M; i++) {
        lsf1[i] = (Word16)(r1[i] + predicted[i]);
        lsf2[i] = (Word16)(r2[i] + predicted[i]);
        st->past_rq[i] = r2[i];
    }
    Reorder_lsf(lsf1, LSF_GAP, M, pOverflow);
    Reorder_lsf(lsf2, LSF_GAP, M, pOverflow);
    Lsf_lsp(lsf1, lsp1_q, M, pOverflow);
    Lsf_lsp(lsf2, lsp2_q, M, pOverflow);
}
