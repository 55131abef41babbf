// Our functions in the place of Opus' hottest ones, against the released ones, on numbers that no microphone makes. The
// released ones are in this program under names of their own.
#include "check.h"

#include "main.h" // Opus': SILK

#include "fast/opus/bits.h"
#include "fast/opus/copy.h"
#include "fast/opus/sums.h"

void released_LPC_analysis_filter(opus_int16 *out, const opus_int16 *in, const opus_int16 *coefficients_q12,
    const opus_int32 n_samples, const opus_int32 order, int arch);
void released_NSQ(const silk_encoder_state *encoder, silk_nsq_state *nsq, SideInfoIndices *indices,
    const opus_int16 x[], opus_int8 pulses[], const opus_int16 *prediction_q12, const opus_int16 *ltp_q14,
    const opus_int16 *shaping_q13, const opus_int *harmonic_q14, const opus_int *tilt_q14,
    const opus_int32 *lf_q14, const opus_int32 *gains_q16, const opus_int *lags, const opus_int lambda_q10,
    const opus_int ltp_scale_q14);

static uint32_t seed = 20;

static int32_t random_32(void) {
    return (int32_t)random_next(&seed);
}

static int32_t random_of(int32_t least, int32_t most) {
    return least + (int32_t)(random_next(&seed) % (uint32_t)(most - least + 1));
}

// Of `n_bits` with the sign, now and then the least or the greatest.
static int32_t random_bits(int n_bits) {
    int32_t greatest = (int32_t)((1u << (n_bits - 1)) - 1u);
    switch (random_next(&seed) % 8u) {
        case 0:
            return greatest;
        case 1:
            return -greatest - 1;
        default:
            return random_32() >> (32 - n_bits);
    }
}

static void fill_16(int16_t *values, size_t n_values, int n_bits) {
    for (size_t i = 0; i < n_values; i++) {
        values[i] = (int16_t)random_bits(n_bits);
    }
}

static void fill_32(int32_t *values, size_t n_values, int n_bits) {
    for (size_t i = 0; i < n_values; i++) {
        values[i] = random_bits(n_bits);
    }
}

// --- arithmetic -------------------------------------------------------------------------------

CASE(products_equal_macros) {
    for (int i = 0; i < 2000000; i++) {
        int32_t a = random_bits(32), b = random_bits(32);
        int16_t half = (int16_t)random_bits(16);
        CHECK_EQ(bits_product_high(a, bits_high(half)), silk_SMULWB(a, half));
        CHECK_EQ(bits_product_high(a, b & ~0xffff), silk_SMULWT(a, b));
        CHECK_EQ(bits_product_high(a, b), silk_SMMUL(a, b));
        CHECK_EQ(bits_product_middle(a, b), (int32_t)((int64_t)a * b >> 16));
        CHECK_EQ(bits_product_high(a, bits_high(half)), MULT16_32_Q16(half, a));
        CHECK_EQ(bits_product_q15(a, half), (int32_t)((int64_t)a * half >> 15));
        CHECK_EQ(bits_add_saturated(a, b), silk_SAT32((int64_t)a + b));
        CHECK_EQ(bits_saturate_16(a), silk_SAT16(a));
    }
}

CASE(inner_products_equal_sums) {
    int16_t x[100], y[100];
    for (int i = 0; i < 20000; i++) {
        int n_samples = random_of(0, 100);
        fill_16(x, 100, random_of(1, 16));
        fill_16(y, 100, random_of(1, 16));
        uint32_t sum = 0;
        for (int k = 0; k < n_samples; k++) {
            sum += (uint32_t)((int32_t)x[k] * y[k]);
        }
        CHECK_EQ(voice_opus_inner_product(x, y, n_samples), (int32_t)sum);
    }
}

CASE(copies_equal_memmove) {
    uint8_t ours[200], theirs[200];
    for (int i = 0; i < 200000; i++) {
        for (size_t k = 0; k < sizeof(ours); k++) {
            ours[k] = theirs[k] = (uint8_t)random_32();
        }
        size_t n_bytes = (size_t)random_of(0, 100);
        size_t to = (size_t)random_of(0, 100), from = (size_t)random_of(0, 100);
        CHECK(voice_opus_copy(ours + to, ours + from, n_bytes) == ours + to);
        memmove(theirs + to, theirs + from, n_bytes);
        CHECK(memcmp(ours, theirs, sizeof(ours)) == 0);
    }
}

// --- filter -----------------------------------------------------------------------------------

CASE(lpc_analysis_filter_equals_released) {
    int16_t coefficients[16];
    for (int i = 0; i < 20000; i++) {
        int order = 2 * random_of(3, 8), n_samples = random_of(order, 200);
        // Exactly so much memory: the sanitizer sees a read beyond it.
        int16_t *in = malloc((size_t)n_samples * sizeof(*in));
        int16_t *ours = malloc((size_t)n_samples * sizeof(*ours));
        int16_t *theirs = malloc((size_t)n_samples * sizeof(*theirs));
        fill_16(in, (size_t)n_samples, random_of(1, 16));
        fill_16(coefficients, 16, random_of(8, 16));
        silk_LPC_analysis_filter(ours, in, coefficients, n_samples, order, 0);
        released_LPC_analysis_filter(theirs, in, coefficients, n_samples, order, 0);
        CHECK(memcmp(ours, theirs, (size_t)n_samples * sizeof(*ours)) == 0);
        free(in);
        free(ours);
        free(theirs);
    }
}

// --- noise shaping quantisation ---------------------------------------------------------------

// All that a frame is quantised with, of some magnitude.
struct frame {
    silk_encoder_state encoder;
    SideInfoIndices indices;
    opus_int16 x[MAX_FRAME_LENGTH];
    opus_int16 prediction_q12[2 * MAX_LPC_ORDER];
    opus_int16 ltp_q14[LTP_ORDER * MAX_NB_SUBFR];
    opus_int16 shaping_q13[MAX_NB_SUBFR * MAX_SHAPE_LPC_ORDER];
    opus_int harmonic_q14[MAX_NB_SUBFR];
    opus_int tilt_q14[MAX_NB_SUBFR];
    opus_int32 lf_q14[MAX_NB_SUBFR];
    opus_int32 gains_q16[MAX_NB_SUBFR];
    opus_int lags[MAX_NB_SUBFR];
    opus_int lambda_q10;
    opus_int ltp_scale_q14;
};

static struct frame frame;

static void make_encoder(silk_encoder_state *encoder) {
    int rate_khz = 4 * random_of(2, 4);
    encoder->fs_kHz = rate_khz;
    encoder->nb_subfr = random_of(0, 3) == 0 ? 2 : 4;
    encoder->subfr_length = 5 * rate_khz;
    encoder->frame_length = encoder->nb_subfr * encoder->subfr_length;
    encoder->ltp_mem_length = 20 * rate_khz;
    encoder->predictLPCOrder = rate_khz == 16 ? 16 : 10;
    encoder->shapingLPCOrder = 2 * random_of(6, 12);
}

// Coefficients of few bits keep the loop calm, with many it swings from end to end.
static void make_frame(int n_bits, int coefficient_bits) {
    make_encoder(&frame.encoder);
    int rate_khz = frame.encoder.fs_kHz;
    frame.indices.signalType = (opus_int8)random_of(0, 2);
    frame.indices.quantOffsetType = (opus_int8)random_of(0, 1);
    frame.indices.NLSFInterpCoef_Q2 = (opus_int8)random_of(0, 4);
    frame.indices.Seed = (opus_int8)random_of(0, 3);
    fill_16(frame.x, MAX_FRAME_LENGTH, n_bits);
    fill_16(frame.prediction_q12, 2 * MAX_LPC_ORDER, coefficient_bits);
    fill_16(frame.ltp_q14, LTP_ORDER * MAX_NB_SUBFR, coefficient_bits);
    fill_16(frame.shaping_q13, MAX_NB_SUBFR * MAX_SHAPE_LPC_ORDER, coefficient_bits);
    // Within a frame the pitch moves a little.
    int lag = random_of(2 * rate_khz + 8, 18 * rate_khz - 8);
    for (int k = 0; k < MAX_NB_SUBFR; k++) {
        frame.lags[k] = lag + random_of(-8, 8);
        frame.harmonic_q14[k] = random_of(0, 2) == 0 ? 0 : random_of(0, 16384);
        frame.tilt_q14[k] = random_bits(coefficient_bits);
        frame.lf_q14[k] = random_bits(coefficient_bits) * 65536 + (random_bits(coefficient_bits) & 0xffff);
        // As the decoder knows them, often the same again.
        frame.gains_q16[k] = k > 0 && random_of(0, 1) == 0 ? frame.gains_q16[k - 1]
                                                           : random_of(81920, 1686110208);
    }
    frame.lambda_q10 = random_of(0, 8300);
    frame.ltp_scale_q14 = random_of(0, 3) == 0 ? 0 : random_of(0, 16384);
}

static void make_state(silk_nsq_state *nsq, int n_bits) {
    memset(nsq, 0, sizeof(*nsq));
    fill_16(nsq->xq, 2 * MAX_FRAME_LENGTH, 16);
    fill_32(nsq->sLTP_shp_Q14, 2 * MAX_FRAME_LENGTH, n_bits);
    fill_32(nsq->sLPC_Q14, MAX_SUB_FRAME_LENGTH + NSQ_LPC_BUF_LENGTH, n_bits);
    fill_32(nsq->sAR2_Q14, MAX_SHAPE_LPC_ORDER, n_bits);
    nsq->sLF_AR_shp_Q14 = random_bits(n_bits);
    nsq->sDiff_shp_Q14 = random_bits(n_bits);
    nsq->lagPrev = random_of(0, 3) == 0 ? 0 : random_of(32, 128);
    nsq->prev_gain_Q16 = random_of(81920, 1686110208);
}

static void quantize(bool ours, silk_nsq_state *nsq, SideInfoIndices *indices, opus_int8 *pulses) {
    if (ours) {
        silk_NSQ_c(&frame.encoder, nsq, indices, frame.x, pulses, frame.prediction_q12, frame.ltp_q14,
            frame.shaping_q13, frame.harmonic_q14, frame.tilt_q14, frame.lf_q14, frame.gains_q16, frame.lags,
            frame.lambda_q10, frame.ltp_scale_q14);
    } else {
        released_NSQ(&frame.encoder, nsq, indices, frame.x, pulses, frame.prediction_q12, frame.ltp_q14,
            frame.shaping_q13, frame.harmonic_q14, frame.tilt_q14, frame.lf_q14, frame.gains_q16, frame.lags,
            frame.lambda_q10, frame.ltp_scale_q14);
    }
}

CASE(noise_shaping_equals_released) {
    static silk_nsq_state states[2];
    static opus_int8 pulses[2][MAX_FRAME_LENGTH];
    SideInfoIndices indices[2];
    size_t n_levels[3] = {0};
    for (int i = 0; i < 3000; i++) {
        int n_bits = random_of(0, 2) == 0 ? 32 : random_of(10, 26);
        make_frame(random_of(1, 16), random_of(7, 16));
        make_state(&states[0], n_bits);
        states[1] = states[0];
        // Its state goes on from one frame to the next.
        for (int f = 0; f < 2; f++) {
            for (int k = 0; k < 2; k++) {
                indices[k] = frame.indices;
                quantize(k == 0, &states[k], &indices[k], pulses[k]);
            }
CHECK(memcmp(pulses[0], pulses[1], (size_t)frame.encoder.frame_length) == 0);
            CHECK(memcmp(&indices[0], &indices[1], sizeof(indices[0])) == 0);
            CHECK(memcmp(&states[0], &states[1], sizeof(states[0])) == 0);
        }
        for (int k = 0; k < frame.encoder.frame_length; k++) {
            n_levels[pulses[0][k] == 0 ? 0 : pulses[0][k] > -20 && pulses[0][k] < 20 ? 1 : 2]++;
        }
    }
    FIGURE("fast_opus_zero_levels", n_levels[0]);
    FIGURE("fast_opus_small_levels", n_levels[1]);
    FIGURE("fast_opus_large_levels", n_levels[2]);
    // Small levels and large ones came up, and none at all.
    CHECK(n_levels[0] > 10000 && n_levels[1] > 10000 && n_levels[2] > 10000);
}
