// A signal less its linear prediction, in the place of silk/LPC_analysis_filter.c: the same samples.
// Four at a time, so that each coefficient and each sample is fetched once for four products.
#include "SigProc_FIX.h"

#include "bits.h"

#define GROUP 4

// `reversed` has the oldest sample's coefficient first, `oldest` is the sample it belongs to for the
// first output. Modulo 2^32: sums that leave 32 bits on the way come back.
static inline void predict_group(const opus_int16 *reversed, const opus_int16 *oldest,
    opus_int32 order, opus_uint32 sum[GROUP]) {
    opus_int32 s0 = oldest[0], s1 = oldest[1], s2 = oldest[2];
    const opus_int16 *next = oldest + 3, *end = oldest + 3 + order;
    opus_uint32 p0 = 0, p1 = 0, p2 = 0, p3 = 0;
    do {
        // Orders are even.
        #pragma GCC unroll 2
        for (int i = 0; i < 2; i++) {
            opus_int32 s3 = *next++, coefficient = *reversed++;
            p0 += (opus_uint32)(coefficient * s0);
            p1 += (opus_uint32)(coefficient * s1);
            p2 += (opus_uint32)(coefficient * s2);
            p3 += (opus_uint32)(coefficient * s3);
            s0 = s1;
            s1 = s2;
            s2 = s3;
        }
    } while (next != end);
    sum[0] = p0;
    sum[1] = p1;
    sum[2] = p2;
    sum[3] = p3;
}

static inline opus_int16 residual(opus_int16 sample, opus_uint32 prediction_q12) {
    opus_uint32 sample_q12 = (opus_uint32)(opus_int32)sample << 12;
    opus_int32 difference_q12 = (opus_int32)(sample_q12 - prediction_q12);
    return bits_saturate_16(silk_RSHIFT_ROUND(difference_q12, 12));
}

void silk_LPC_analysis_filter(opus_int16 *out, const opus_int16 *in,
    const opus_int16 *coefficients_q12, const opus_int32 n_samples, const opus_int32 order,
    int arch) {
    (void)arch;
    opus_int16 reversed[SILK_MAX_ORDER_LPC];
    opus_int32 at = order;
    for (opus_int32 i = 0; i < order; i++) {
        reversed[i] = coefficients_q12[order - 1 - i];
        out[i] = 0;
    }
    for (; at + GROUP <= n_samples; at += GROUP) {
        opus_uint32 prediction_q12[GROUP];
        predict_group(reversed, in + at - order, order, prediction_q12);
        for (int i = 0; i < GROUP; i++) {
            out[at + i] = residual(in[at + i], prediction_q12[i]);
        }
    }
    for (; at < n_samples; at++) {
        opus_uint32 prediction_q12 = 0;
        for (opus_int32 i = 0; i < order; i++) {
            prediction_q12 += (opus_uint32)(reversed[i] * in[at - order + i]);
        }
        out[at] = residual(in[at], prediction_q12);
    }
}
