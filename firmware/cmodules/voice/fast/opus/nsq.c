// Noise shaping quantisation of SILK with one state, in the place of silk/NSQ.c: the same pulses and
// the same state, bit for bit. It is where the encoder spends most of its time at complexities 0 and
// 1, because a constant bit rate takes several attempts at each frame.
//
// What is faster: the two long filters make two samples at a time (each coefficient and each past
// sample is fetched once for both), their factors are moved up beforehand so that a product's upper
// half is the result, past values stay where they are instead of moving through a register, and the
// choice between two levels is one comparison.
#include "main.h"

#include "bits.h"

#define BLOCK 2
// Filters are made as long as a multiple of this with coefficients of zero.
#define STRIDE 4
#define PREDICTION_TAPS_MAX MAX_LPC_ORDER
#define SHAPING_TAPS_MAX MAX_SHAPE_LPC_ORDER

// Coefficients of 16 bits in the upper half, zeros behind.
struct filter {
    opus_int n_taps; // a multiple of STRIDE
    opus_int32 bias; // against rounding down
    opus_int32 high[SHAPING_TAPS_MAX + BLOCK];
};

// What a subframe is quantised with.
struct subframe {
    struct filter prediction;
    struct filter shaping;
    opus_int32 ltp_high[LTP_ORDER];
    opus_int32 harmonic_outer_high; // taps 0 and 2 of long-term shaping
    opus_int32 harmonic_inner_high;
    opus_int32 tilt_high;
    opus_int32 lf_ma_high; // low-frequency shaping, both parts
    opus_int32 lf_ar_high;
    opus_int32 gain_q10;
    opus_int32 inverse_gain_q26;
    opus_int32 offset_q10;
    opus_int32 lambda_q10;
    opus_int32 dead_zone_q10; // beyond the plain one, for a lambda above 2
    opus_int32 minus_one_q10; // residual above which level 0 costs less than level -1
    bool voiced;
    bool has_lag;
    bool harmonic; // whether there is any long-term shaping
};

// Where a subframe's samples are; each of these goes on from one subframe to the next.
struct signals {
    opus_int32 difference_q14[SHAPING_TAPS_MAX + MAX_SUB_FRAME_LENGTH]; // quantised less input
    opus_int16 whitened[MAX_FRAME_LENGTH]; // past output through the prediction filter
    opus_int32 ltp_q15[2 * MAX_FRAME_LENGTH]; // excitation
};

// As what it is added to: sums may wrap.
static inline opus_uint32 product(opus_int32 a, opus_int32 high) {
    return (opus_uint32)bits_product_high(a, high);
}

static void set_filter(struct filter *filter, const opus_int16 *coefficients, opus_int order) {
    filter->n_taps = (order + STRIDE - 1) / STRIDE * STRIDE;
    filter->bias = order >> 1;
    for (opus_int i = 0; i < order; i++) {
        filter->high[i] = bits_high(coefficients[i]);
    }
    for (opus_int i = order; i < filter->n_taps + BLOCK; i++) {
        filter->high[i] = 0;
    }
}

// The filter's output for two samples, as far as what came before both goes into it. `newest` is the
// last of that.
static inline void filter_two(const struct filter *filter, const opus_int32 *newest,
    opus_uint32 out[BLOCK]) {
    const opus_int32 *high = filter->high;
    const opus_int32 *end = high + filter->n_taps;
    opus_uint32 first = (opus_uint32)filter->bias, second = first;
    opus_int32 tap = *high;
    do {
        #pragma GCC unroll 4
        for (int i = 0; i < STRIDE; i++) {
            opus_int32 past = newest[-i];
            first += product(past, tap);
            tap = high[i + 1];
            second += product(past, tap);
        }
        high += STRIDE;
        newest -= STRIDE;
    } while (high != end);
    out[0] = first;
    out[1] = second;
}

static inline opus_int32 predict_long(const opus_int32 *centre, const opus_int32 high[LTP_ORDER]) {
    opus_uint32 sum = 2;
    #pragma GCC unroll 5
    for (int i = 0; i < LTP_ORDER; i++) {
        sum += product(centre[LTP_ORDER / 2 - i], high[i]);
    }
    return (opus_int32)sum;
}

// Level n is n * 1024, moved by the offset and, towards zero, by QUANT_LEVEL_ADJUST_Q10.
static inline opus_int32 level_q10(opus_int32 n, opus_int32 offset_q10) {
    opus_int32 towards_zero = n > 0 ? -QUANT_LEVEL_ADJUST_Q10 : n < 0 ? QUANT_LEVEL_ADJUST_Q10 : 0;
    return n * 1024 + towards_zero + offset_q10;
}

// Of the two levels around the residual the one with the lower cost, which is the squared error plus
// lambda times the level's magnitude. Both costs are quadratic in the residual with the same leading
// term, so that the choice is a threshold: half the sum of the levels, half of lambda further out.
static inline opus_int32 choose_level(const struct subframe *sub, opus_int32 residual_q10) {
    opus_int32 offset = sub->offset_q10;
    opus_int32 from_offset = residual_q10 - offset;
    opus_int32 n;
    if (sub->dead_zone_q10 == 0) {
        n = from_offset >> 10;
    } else if (from_offset > sub->dead_zone_q10) {
        n = (from_offset - sub->dead_zone_q10) >> 10;
    } else if (from_offset < -sub->dead_zone_q10) {
        n = (from_offset + sub->dead_zone_q10) >> 10;
    } else {
        n = from_offset < 0 ? -1 : 0;
    }
    if (n == -1) {
        return residual_q10 > sub->minus_one_q10 ? 0 : -1;
    }
    opus_int32 lambda = n < 0 ? -sub->lambda_q10 : sub->lambda_q10;
    opus_int32 levels = level_q10(n, offset) + level_q10(n + 1, offset);
    return levels + lambda < 2 * residual_q10 ? n + 1 : n;
}

static void set_levels(struct subframe *sub, opus_int lambda_q10) {
    opus_int32 below = level_q10(-1, sub->offset_q10);
    opus_int32 distance = sub->offset_q10 - below;
    sub->lambda_q10 = (opus_int16)lambda_q10;
    sub->dead_zone_q10 = lambda_q10 > 2048 ? lambda_q10 / 2 - 512 : 0;
    // The levels -1 and 0 have different signs: lambda weighs their sum instead of their distance.
    opus_int32 bound = (distance + sub->lambda_q10) * (sub->offset_q10 + below);
    opus_int32 divisor = 2 * distance;
    sub->minus_one_q10 = bound >= 0 ? bound / divisor : -((-bound + divisor - 1) / divisor);
}

// What a sample is expected to be, in Q10: predicted from the past, less the noise that is to be
// shaped. `feedback_q12` is that noise so far; what long-term shaping adds comes from around `centre`,
// a pitch period ago.
static inline opus_uint32 expect(const struct subframe *sub, opus_uint32 prediction_q10,
    opus_uint32 feedback_q12, opus_uint32 ltp_q13, const opus_int32 *centre) {
    opus_uint32 expected = (prediction_q10 << 2) - feedback_q12;
    if (!sub->has_lag) {
        return (opus_uint32)silk_RSHIFT_ROUND((opus_int32)expected, 2);
    }
    expected = (expected << 1) + ltp_q13;
    if (sub->harmonic) {
        opus_int32 outer = bits_add_saturated(centre[1], centre[-1]);
        opus_uint32 noise = product(outer, sub->harmonic_outer_high);
        noise += product(centre[0], sub->harmonic_inner_high);
        expected -= noise << 1;
    }
    return (opus_uint32)silk_RSHIFT_ROUND((opus_int32)expected, 3);
}

// A subframe. All sums may wrap, as they do in the released code.
static void quantize(silk_nsq_state *nsq, const struct subframe *sub, struct signals *signals,
    opus_int lag, opus_int length, const opus_int16 *x, opus_int8 *pulses, opus_int16 *xq) {
    opus_int32 *short_term = &nsq->sLPC_Q14[NSQ_LPC_BUF_LENGTH];
    opus_int32 *difference = &signals->difference_q14[SHAPING_TAPS_MAX];
    opus_int32 *shaped = &nsq->sLTP_shp_Q14[nsq->sLTP_shp_buf_idx];
    opus_int32 *excitation = &signals->ltp_q15[nsq->sLTP_buf_idx];
    const opus_int16 *end = x + length;
    opus_int32 lf_ar_q14 = nsq->sLF_AR_shp_Q14;
    opus_uint32 seed = (opus_uint32)nsq->rand_seed;
    opus_uint32 prediction[BLOCK], shaping[BLOCK];

    while (x != end) {
        filter_two(&sub->prediction, short_term - 1, prediction);
        filter_two(&sub->shaping, difference - 1, shaping);
        #pragma GCC unroll 2
        for (int i = 0; i < BLOCK; i++) {
            if (i > 0) {
                prediction[i] += product(short_term[i - 1], sub->prediction.high[0]);
                shaping[i] += product(difference[i - 1], sub->shaping.high[0]);
            }
            opus_uint32 ar_q12 = shaping[i] << 1;
            ar_q12 += product(lf_ar_q14, sub->tilt_high);
            opus_uint32 lf_q12 = product(shaped[i - 1], sub->lf_ma_high);
            lf_q12 += product(lf_ar_q14, sub->lf_ar_high);
            opus_uint32 ltp_q13 = 0;
            if (sub->voiced) {
                ltp_q13 = (opus_uint32)predict_long(excitation + i - lag, sub->ltp_high);
            }
            opus_uint32 expected =
                expect(sub, prediction[i], ar_q12 + lf_q12, ltp_q13, shaped + i - lag);
            opus_uint32 x_q10 = product(sub->inverse_gain_q26, bits_high(x[i]));

            // Dither: the sign is turned over, or not, in front of the quantiser and behind it.
            seed = (opus_uint32)silk_RAND(seed);
            opus_uint32 turn = (opus_uint32)((opus_int32)seed >> 31);
            opus_uint32 residual = ((x_q10 - expected) ^ turn) - turn;
            opus_int32 limited = silk_LIMIT_32((opus_int32)residual, -(31 << 10), 30 << 10);
            opus_int32 level = choose_level(sub, limited);
            pulses[i] = (opus_int8)level;
            seed += (opus_uint32)level;
            opus_uint32 pulse_q14 = (opus_uint32)level_q10(level, sub->offset_q10) << 4;
            opus_uint32 excitation_q14 = ((pulse_q14 ^ turn) - turn) + (ltp_q13 << 1);
            opus_uint32 xq_q14 = excitation_q14 + (prediction[i] << 4);
            opus_int32 scaled = bits_product_middle((opus_int32)xq_q14, sub->gain_q10);
            xq[i] = bits_saturate_16(silk_RSHIFT_ROUND(scaled, 8));

            opus_uint32 difference_q14 = xq_q14 - (x_q10 << 4);
            opus_uint32 lf_ar = difference_q14 - (ar_q12 << 2);
            lf_ar_q14 = (opus_int32)lf_ar;
            short_term[i] = (opus_int32)xq_q14;
            difference[i] = (opus_int32)difference_q14;
            shaped[i] = (opus_int32)(lf_ar - (lf_q12 << 2));
            excitation[i] = (opus_int32)(excitation_q14 << 1);
        }
        x += BLOCK;
        pulses += BLOCK;
        xq += BLOCK;
        short_term += BLOCK;
        difference += BLOCK;
        shaped += BLOCK;
        excitation += BLOCK;
    }

    nsq->rand_seed = (opus_int32)seed;
    nsq->sLF_AR_shp_Q14 = lf_ar_q14;
    nsq->sLTP_shp_buf_idx += length;
    nsq->sLTP_buf_idx += length;
    silk_memcpy(nsq->sLPC_Q14, &nsq->sLPC_Q14[length], NSQ_LPC_BUF_LENGTH * sizeof(opus_int32));
}

// The released code moves past differences through sAR2_Q14, as far as the filter goes.
static void load_differences(const silk_nsq_state *nsq, struct signals *signals) {
    opus_int32 *newest = &signals->difference_q14[SHAPING_TAPS_MAX - 1];
    newest[0] = nsq->sDiff_shp_Q14;
    for (int i = 0; i < SHAPING_TAPS_MAX - 1; i++) {
        newest[-1 - i] = nsq->sAR2_Q14[i];
    }
}

static void store_differences(silk_nsq_state *nsq, const struct signals *signals, opus_int length,
    opus_int order) {
    const opus_int32 *newest = &signals->difference_q14[SHAPING_TAPS_MAX + length - 1];
    nsq->sDiff_shp_Q14 = newest[0];
    for (opus_int i = 0; i < order; i++) {
        nsq->sAR2_Q14[i] = newest[-1 - i];
    }
}

static void scale(opus_int32 *values, opus_int n_values, opus_int32 factor_q16) {
    #pragma GCC unroll 4
    for (opus_int i = 0; i < n_values; i++) {
        values[i] = bits_product_middle(factor_q16, values[i]);
    }
}

// The past excitation, as far as long-term prediction reaches: anew from whitened past output, or in
// units of the new gain.
static void scale_excitation(const silk_nsq_state *nsq, struct signals *signals, opus_int lag,
    opus_int32 inverse_q31, opus_int32 change_q16) {
    opus_int n_past = lag + LTP_ORDER / 2;
    opus_int start = nsq->sLTP_buf_idx - n_past;
    if (!nsq->rewhite_flag) {
        scale(&signals->ltp_q15[start], n_past, change_q16);
        return;
    }
    for (opus_int i = start; i < start + n_past; i++) {
        signals->ltp_q15[i] = bits_product_high(inverse_q31, bits_high(signals->whitened[i]));
    }
}

// All state is in units of the gain.
static void scale_state(silk_nsq_state *nsq, opus_int ltp_mem_length, opus_int32 change_q16) {
    scale(&nsq->sLTP_shp_Q14[nsq->sLTP_shp_buf_idx - ltp_mem_length], ltp_mem_length, change_q16);
    scale(nsq->sLPC_Q14, NSQ_LPC_BUF_LENGTH, change_q16);
    scale(nsq->sAR2_Q14, MAX_SHAPE_LPC_ORDER, change_q16);
    nsq->sLF_AR_shp_Q14 = bits_product_middle(change_q16, nsq->sLF_AR_shp_Q14);
    nsq->sDiff_shp_Q14 = bits_product_middle(change_q16, nsq->sDiff_shp_Q14);
}

static void set_subframe(struct subframe *sub, const opus_int16 ltp_q14[LTP_ORDER],
    opus_int harmonic_q14, opus_int tilt_q14, opus_int32 lf_q14) {
    for (int i = 0; i < LTP_ORDER; i++) {
        sub->ltp_high[i] = bits_high(ltp_q14[i]);
    }
    sub->harmonic = harmonic_q14 != 0;
    sub->harmonic_outer_high = bits_high((opus_int16)(harmonic_q14 >> 2));
    sub->harmonic_inner_high = bits_high((opus_int16)(harmonic_q14 >> 1));
    sub->tilt_high = bits_high((opus_int16)tilt_q14);
    sub->lf_ma_high = bits_high((opus_int16)lf_q14);
    sub->lf_ar_high = lf_q14 & ~0xffff;
}

void silk_NSQ_c(const silk_encoder_state *encoder, silk_nsq_state *nsq, SideInfoIndices *indices,
    const opus_int16 x[], opus_int8 pulses[], const opus_int16 *prediction_q12,
    const opus_int16 ltp_q14[LTP_ORDER * MAX_NB_SUBFR],
    const opus_int16 shaping_q13[MAX_NB_SUBFR * MAX_SHAPE_LPC_ORDER],
    const opus_int harmonic_q14[MAX_NB_SUBFR], const opus_int tilt_q14[MAX_NB_SUBFR],
    const opus_int32 lf_q14[MAX_NB_SUBFR], const opus_int32 gains_q16[MAX_NB_SUBFR],
    const opus_int lags[MAX_NB_SUBFR], const opus_int lambda_q10, const opus_int ltp_scale_q14) {
    opus_int length = encoder->subfr_length, ltp_mem = encoder->ltp_mem_length;
    bool interpolated = indices->NLSFInterpCoef_Q2 != 4;
    opus_int lag = nsq->lagPrev;
    struct signals signals;
    struct subframe sub;

    sub.voiced = indices->signalType == TYPE_VOICED;
    sub.offset_q10 =
        silk_Quantization_Offsets_Q10[indices->signalType >> 1][indices->quantOffsetType];
    set_levels(&sub, lambda_q10);
    nsq->rand_seed = indices->Seed;
    nsq->sLTP_shp_buf_idx = ltp_mem;
    nsq->sLTP_buf_idx = ltp_mem;
    for (opus_int k = 0; k < encoder->nb_subfr; k++) {
        // The second half of a frame has a filter of its own where the first half's is interpolated.
        bool new_filter = k == 0 || (interpolated && k == 2);
        const opus_int16 *filter_q12 = &prediction_q12[interpolated && k < 2 ? 0 : MAX_LPC_ORDER];
        opus_int16 *xq = &nsq->xq[ltp_mem + k * length];
        set_filter(&sub.prediction, filter_q12, encoder->predictLPCOrder);
        set_filter(&sub.shaping, &shaping_q13[k * MAX_SHAPE_LPC_ORDER], encoder->shapingLPCOrder);
        set_subframe(&sub, &ltp_q14[k * LTP_ORDER], harmonic_q14[k], tilt_q14[k], lf_q14[k]);
        nsq->rewhite_flag = 0;
        if (sub.voiced) {
            lag = lags[k];
            if (new_filter) {
                opus_int start = ltp_mem - lag - encoder->predictLPCOrder - LTP_ORDER / 2;
                silk_LPC_analysis_filter(&signals.whitened[start], &nsq->xq[start + k * length],
                    filter_q12, ltp_mem - start, encoder->predictLPCOrder, encoder->arch);
                nsq->rewhite_flag = 1;
                nsq->sLTP_buf_idx = ltp_mem;
            }
        }
        sub.has_lag = lag > 0;

        opus_int32 inverse_q31 = silk_INVERSE32_varQ(silk_max(gains_q16[k], 1), 47);
        sub.inverse_gain_q26 = silk_RSHIFT_ROUND(inverse_q31, 5);
        sub.gain_q10 = gains_q16[k] >> 6;
        if (k == 0) {
            inverse_q31 = silk_LSHIFT(silk_SMULWB(inverse_q31, ltp_scale_q14), 2);
        }
        opus_int32 change_q16 = 1 << 16;
        if (gains_q16[k] != nsq->prev_gain_Q16) {
            change_q16 = silk_DIV32_varQ(nsq->prev_gain_Q16, gains_q16[k], 16);
            scale_state(nsq, ltp_mem, change_q16);
            nsq->prev_gain_Q16 = gains_q16[k];
        }
        if (sub.voiced) {
            scale_excitation(nsq, &signals, lag, inverse_q31, change_q16);
        }
        load_differences(nsq, &signals);
        quantize(nsq, &sub, &signals, lag, length, x, pulses, xq);
        store_differences(nsq, &signals, length, encoder->shapingLPCOrder);
        x += length;
        pulses += length;
    }

    nsq->lagPrev = lags[encoder->nb_subfr - 1];
    silk_memmove(nsq->xq, &nsq->xq[encoder->frame_length], (size_t)ltp_mem * sizeof(opus_int16));
    silk_memmove(nsq->sLTP_shp_Q14, &nsq->sLTP_shp_Q14[encoder->frame_length],
        (size_t)ltp_mem * sizeof(opus_int32));
}
