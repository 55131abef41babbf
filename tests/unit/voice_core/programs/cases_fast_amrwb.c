// What stands in for parts of the AMR-WB encoder against the parts as released: the same bits, whatever comes in.
// A case has the name of a file below fast/amrwb (file_), or of what the encoder is given (encoder_). The released library is the one
// whose names begin with released_.
#include "check.h"

#include "acelp.h"
#include "math_op.h"
#include "voAMRWB.h"

#define WITH_PREFIX(name) released_##name
#define RELEASED(name) WITH_PREFIX(name)
// Declares the released twin of a function.
#define TWIN(function) extern __typeof__(function) RELEASED(function)

VO_S32 VO_API voGetAMRWBEncAPI(VO_AUDIO_CODECAPI *api);

TWIN(ACELP_4t64_fx);
TWIN(Autocorr);
TWIN(Az_isp);
TWIN(Convolve);
TWIN(Copy);
TWIN(cor_h_x);
TWIN(Decim_12k8);
TWIN(Dot_product12);
TWIN(Init_Decim_12k8);
TWIN(Pitch_fr4);
TWIN(Pitch_med_ol);
TWIN(Pred_lt4);
TWIN(Qpisf_2s_36b);
TWIN(Qpisf_2s_46b);
TWIN(Reorder_isf);
TWIN(Residu);
TWIN(Scale_sig);
TWIN(Set_zero);
TWIN(Sub_VQ);
TWIN(Syn_filt);
TWIN(Syn_filt_32);
TWIN(Updt_tar);
TWIN(voGetAMRWBEncAPI);

#define N_ROUNDS 3000
#define LONGEST 1024

static uint32_t seed = 0x2545f491u;

static int random_to(int limit) {
    return (int)(random_next(&seed) % (uint32_t)limit);
}

enum kind { NOISE, EXTREMES, QUIET, MIDDLE, CLICKS, DECAY, SILENCE, SINE, N_KINDS };

static int16_t sample_of(enum kind kind, int at, int period) {
    int16_t noise = (int16_t)random_next(&seed);
    switch (kind) {
        case NOISE:
            return noise;
        case EXTREMES:
            return at / period % 2 ? INT16_MIN : INT16_MAX;
        case QUIET:
            return (int16_t)(noise >> 12);
        case MIDDLE:
            return (int16_t)(noise >> 4);
        case CLICKS:
            return random_to(40) == 0 ? (noise < 0 ? INT16_MIN : INT16_MAX) : 0;
        case DECAY:
            return (int16_t)((noise >> 3) / (1 + at / period));
        case SINE: // parabolas do
            at = at % (2 * period) - period;
            return (int16_t)(4 * (int64_t)at * (period - (at < 0 ? -at : at)) * 32767 / period / period);
        default:
            return 0;
    }
}

static void fill(int16_t x[], size_t n_samples) {
    enum kind kind = (enum kind)random_to(N_KINDS);
    int period = 1 + random_to(80);
    for (size_t i = 0; i < n_samples; i++) {
        x[i] = sample_of(kind, (int)i, period);
    }
}

// Like impulse responses and predictors.
static void fill_decaying(int16_t h[], size_t n_samples) {
    fill(h, n_samples);
    for (size_t i = 0; i < n_samples; i++) {
        h[i] = (int16_t)(h[i] / (int)(8 + i));
    }
    h[0] = 4096;
}

static void fill_response(int16_t h[], size_t n_samples) {
    if (random_to(4) == 0) {
        fill(h, n_samples);
    } else {
        fill_decaying(h, n_samples);
    }
}

static void check_same(const int16_t ours[], const int16_t theirs[], size_t n_samples) {
    for (size_t i = 0; i < n_samples; i++) {
        if (ours[i] != theirs[i]) {
            printf("round's sample %zu is %d, not %d\n", i, ours[i], theirs[i]);
            exit(1);
        }
    }
}

// Two buffers of the same content: what is in and out.
struct twins {
    int16_t ours[LONGEST], theirs[LONGEST];
};

static void fill_twins(struct twins *t, size_t n_samples) {
    fill(t->ours, n_samples);
    memcpy(t->theirs, t->ours, n_samples * sizeof(t->ours[0]));
}

static struct twins out, state;

CASE(each_is_there_twice) {
    CHECK(Convolve != RELEASED(Convolve));
    CHECK(ACELP_4t64_fx != RELEASED(ACELP_4t64_fx));
    CHECK(Pitch_med_ol != RELEASED(Pitch_med_ol));
    CHECK(voGetAMRWBEncAPI != RELEASED(voGetAMRWBEncAPI));
}

CASE(file_convolve) {
    int16_t x[L_SUBFR], h[L_SUBFR];
    for (int round = 0; round < N_ROUNDS; round++) {
        fill(x, L_SUBFR);
        fill(h, L_SUBFR);
        Convolve(x, h, out.ours, L_SUBFR);
        RELEASED(Convolve)(x, h, out.theirs, L_SUBFR);
        check_same(out.ours, out.theirs, L_SUBFR);
    }
}

CASE(file_cor_h_x) {
    int16_t x[L_SUBFR], h[L_SUBFR];
    for (int round = 0; round < N_ROUNDS; round++) {
        fill(x, L_SUBFR);
        fill_decaying(h, L_SUBFR); // of more, the library might never return
        cor_h_x(h, x, out.ours);
        RELEASED(cor_h_x)(h, x, out.theirs);
        check_same(out.ours, out.theirs, L_SUBFR);
    }
}

CASE(file_residu) {
    int16_t a[M + 1], x[M + L_FRAME];
    for (int round = 0; round < N_ROUNDS; round++) {
        fill_response(a, M + 1);
        fill(x, M + L_FRAME);
        int16_t length = (int16_t)(L_SUBFR / 2 << random_to(4));
        Residu(a, x + M, out.ours, length);
        RELEASED(Residu)(a, x + M, out.theirs, length);
        check_same(out.ours, out.theirs, (size_t)length);
    }
}

CASE(file_syn_filt) {
    static const int16_t lengths[] = {L_SUBFR / 2, L_SUBFR, L_SUBFR16k};
    int16_t a[M + 1], x[L_SUBFR16k];
    for (int round = 0; round < N_ROUNDS; round++) {
        fill_response(a, M + 1);
        fill(x, L_SUBFR16k);
        fill_twins(&state, M);
        int16_t length = lengths[random_to(3)], update = (int16_t)random_to(2);
        Syn_filt(a, x, out.ours, length, state.ours, update);
        RELEASED(Syn_filt)(a, x, out.theirs, length, state.theirs, update);
        check_same(out.ours, out.theirs, (size_t)length);
        check_same(state.ours, state.theirs, M);
        // As the encoder has it: in its place, behind the memory.
        fill_twins(&out, M + L_SUBFR);
        Syn_filt(a, out.ours + M, out.ours + M, L_SUBFR, out.ours, 0);
        RELEASED(Syn_filt)(a, out.theirs + M, out.theirs + M, L_SUBFR, out.theirs, 0);
        check_same(out.ours, out.theirs, M + L_SUBFR);

        fill_twins(&out, M + L_SUBFR);
        fill_twins(&state, M + L_SUBFR);
        int16_t scale = (int16_t)random_to(9);
        Syn_filt_32(a, M, x, scale, out.ours + M, state.ours + M, L_SUBFR);
        RELEASED(Syn_filt_32)(a, M, x, scale, out.theirs + M, state.theirs + M, L_SUBFR);
        check_same(out.ours, out.theirs, M + L_SUBFR);
        check_same(state.ours, state.theirs, M + L_SUBFR);
    }
}

CASE(file_pred_lt4) {
    enum { PAST = PIT_MAX + L_INTERPOL };
    for (int round = 0; round < N_ROUNDS; round++) {
        fill_twins(&out, PAST + L_SUBFR + 1);
        int16_t delay = (int16_t)(PIT_MIN + random_to(PIT_MAX - PIT_MIN + 1)), quarters = (int16_t)random_to(4);
        Pred_lt4(out.ours + PAST, delay, quarters, L_SUBFR + 1);
        RELEASED(Pred_lt4)(out.theirs + PAST, delay, quarters, L_SUBFR + 1);
        check_same(out.ours, out.theirs, PAST + L_SUBFR + 1);
    }
}

CASE(file_pitch_f4) {
    enum { PAST = PIT_MAX + L_INTERPOL };
    int16_t exc[PAST + L_SUBFR], target[L_SUBFR], h[L_SUBFR];
    for (int round = 0; round < N_ROUNDS; round++) {
        fill(exc, PAST + L_SUBFR);
        fill(target, L_SUBFR);
        fill_response(h, L_SUBFR);
        int16_t first = (int16_t)(PIT_MIN + random_to(PIT_MAX - 15 - PIT_MIN + 1));
        int16_t is_later = (int16_t)(random_to(2) * L_SUBFR), quarters, released_quarters;
        bool low_rate = random_to(2) != 0;
        int16_t halves = low_rate ? PIT_MIN : PIT_FR2, wholes = low_rate ? PIT_FR1_8b : PIT_FR1_9b;
        int16_t lag = Pitch_fr4(exc + PAST, target, h, first, (int16_t)(first + 15), &quarters, is_later, halves, wholes,
            L_SUBFR);
        CHECK_EQ(lag, RELEASED(Pitch_fr4)(exc + PAST, target, h, first, (int16_t)(first + 15), &released_quarters, is_later,
                          halves, wholes, L_SUBFR));
        CHECK_EQ(quarters, released_quarters);
    }
}

CASE(file_pitch_med_ol) {
    enum { PAST = PIT_MAX / OPL_DECIM, LENGTH = L_FRAME / OPL_DECIM };
    int16_t wsp[PAST + LENGTH];
    static Coder_State ours, theirs;
    for (int round = 0; round < N_ROUNDS; round++) {
        fill(wsp, PAST + LENGTH);
        fill(ours.old_hp_wsp, sizeof(ours.old_hp_wsp) / sizeof(ours.old_hp_wsp[0]));
        fill(ours.hp_wsp_mem, 9);
        ours.old_T0_med = (int16_t)(random_to(100) + 17);
        ours.ol_wght_flg = (int16_t)random_to(2);
        theirs = ours;
        int16_t length = (int16_t)(LENGTH >> random_to(2));
        CHECK_EQ(Pitch_med_ol(wsp + PAST, &ours, length), RELEASED(Pitch_med_ol)(wsp + PAST, &theirs, length));
        CHECK_EQ(ours.ol_gain, theirs.ol_gain);
        check_same(ours.old_hp_wsp, theirs.old_hp_wsp, PAST + (size_t)length);
        check_same(ours.hp_wsp_mem, theirs.hp_wsp_mem, 9);
    }
}

CASE(file_autocorr) {
    int16_t x[L_WINDOW];
    for (int round = 0; round < N_ROUNDS; round++) {
        fill(x, L_WINDOW);
        Autocorr(x, M, out.ours, state.ours);
        RELEASED(Autocorr)(x, M, out.theirs, state.theirs);
        check_same(out.ours, out.theirs, M + 1);
        check_same(state.ours, state.theirs, M + 1);
    }
}

CASE(file_az_isp) {
    int16_t a[M + 1], old[M];
    for (int round = 0; round < N_ROUNDS; round++) {
        fill_response(a, M + 1);
        fill(old, M);
        Az_isp(a, out.ours, old);
        RELEASED(Az_isp)(a, out.theirs, old);
        check_same(out.ours, out.theirs, M);
    }
}

CASE(file_decim54) {
    int16_t x[L_FRAME16k];
    fill_twins(&state, 2 * L_FILT16k);
    for (int round = 0; round < N_ROUNDS; round++) {
        fill(x, L_FRAME16k);
        int16_t length = random_to(2) ? L_FRAME16k : L_FILT16k;
        Decim_12k8(x, length, out.ours, state.ours);
        RELEASED(Decim_12k8)(x, length, out.theirs, state.theirs);
        check_same(out.ours, out.theirs, (size_t)length * 4 / 5);
        check_same(state.ours, state.theirs, 2 * L_FILT16k);
    }
    Init_Decim_12k8(state.ours);
    RELEASED(Init_Decim_12k8)(state.theirs);
    check_same(state.ours, state.theirs, 2 * L_FILT16k);
}

CASE(file_scale) {
    for (int round = 0; round < N_ROUNDS; round++) {
        fill_twins(&out, L_FRAME);
        int16_t exponent = (int16_t)(random_to(29) - 14), length = (int16_t)(1 + random_to(L_FRAME));
        Scale_sig(out.ours, length, exponent);
        RELEASED(Scale_sig)(out.theirs, length, exponent);
        check_same(out.ours, out.theirs, L_FRAME);
    }
}

CASE(file_updt_tar) {
    int16_t x[L_SUBFR], y[L_SUBFR];
    for (int round = 0; round < N_ROUNDS; round++) {
        fill(x, L_SUBFR);
        fill(y, L_SUBFR);
        int16_t gain = (int16_t)random_next(&seed);
        Updt_tar(x, out.ours, y, gain, L_SUBFR);
        RELEASED(Updt_tar)(x, out.theirs, y, gain, L_SUBFR);
        check_same(out.ours, out.theirs, L_SUBFR);
    }
}

CASE(file_dot_product) {
    int16_t x[L_SUBFR16k], y[L_SUBFR16k], exponent, released_exponent;
    for (int round = 0; round < N_ROUNDS; round++) {
        fill(x, L_SUBFR16k);
        fill(y, L_SUBFR16k);
        int16_t length = random_to(2) ? L_SUBFR : L_SUBFR16k;
        const int16_t *with = random_to(2) ? x : y;
        CHECK_EQ(Dot_product12(x, (int16_t *)with, length, &exponent),
            RELEASED(Dot_product12)(x, (int16_t *)with, length, &released_exponent));
        CHECK_EQ(exponent, released_exponent);
    }
}

CASE(file_util) {
    for (int round = 0; round < N_ROUNDS; round++) {
        fill_twins(&out, LONGEST);
        int from = random_to(300), to = random_to(300), length = random_to(300);
        Copy(out.ours + from, out.ours + to, (int16_t)length);
        memmove(out.theirs + to, out.theirs + from, (size_t)length * sizeof(out.theirs[0]));
        check_same(out.ours, out.theirs, LONGEST);
        Set_zero(out.ours + from, (int16_t)length);
        RELEASED(Set_zero)(out.theirs + from, (int16_t)length);
        check_same(out.ours, out.theirs, LONGEST);
    }
}

static void quantise(int16_t isf[M], bool coarse, int16_t ours[8], int16_t theirs[8]) {
    int16_t past[M], released_past[M], quantised[M], released_quantised[M];
    fill(past, M);
    memcpy(released_past, past, sizeof(past));
    memset(ours, 0, 8 * sizeof(ours[0]));
    memset(theirs, 0, 8 * sizeof(theirs[0]));
    (coarse ? Qpisf_2s_36b : Qpisf_2s_46b)(isf, quantised, past, ours, 4);
    (coarse ? RELEASED(Qpisf_2s_36b) : RELEASED(Qpisf_2s_46b))(isf, released_quantised, released_past, theirs, 4);
    check_same(quantised, released_quantised, M);
    check_same(past, released_past, M);
}

CASE(file_qpisf_2s) {
    int16_t isf[M], indices[8], released_indices[8];
    for (int round = 0; round < N_ROUNDS; round++) {
        fill(isf, M);
        if (random_to(4) != 0) { // as from speech: in order
            for (int i = 0; i < M; i++) {
                isf[i] = (int16_t)(i * 1000 + random_to(2000));
            }
        }
        quantise(isf, random_to(2), indices, released_indices);
        check_same(indices, released_indices, 8);

        fill_twins(&out, M);
        Reorder_isf(out.ours, 128, M);
        RELEASED(Reorder_isf)(out.theirs, 128, M);
        check_same(out.ours, out.theirs, M);

        fill_twins(&out, 4);
        fill(isf, M);
        int32_t distance, released_distance;
        CHECK_EQ(Sub_VQ(out.ours, isf, 4, M / 4, &distance),
            RELEASED(Sub_VQ)(out.theirs, isf, 4, M / 4, &released_distance));
        CHECK_EQ(distance, released_distance);
        check_same(out.ours, out.theirs, 4);
    }
}

static void search_codebook(int16_t n_bits, int16_t rate_bits, int shift) {
    int16_t cn[L_SUBFR], h[L_SUBFR], index[8] = {0}, released_index[8] = {0};
    struct twins dn, y;
    fill_twins(&dn, L_SUBFR);
    fill_twins(&y, L_SUBFR);
    fill(cn, L_SUBFR);
    fill_response(h, L_SUBFR);
    if (n_bits == 20) { // of much or no energy, the library takes positions that it has not set
        fill_decaying(h, L_SUBFR);
    }
    for (int i = 0; i < L_SUBFR; i++) { // what comes in has 12 bits, but for oddities
        dn.ours[i] = dn.theirs[i] = (int16_t)(dn.ours[i] >> shift);
        cn[i] = (int16_t)(cn[i] >> shift);
    }
    ACELP_4t64_fx(dn.ours, cn, h, out.ours, y.ours, n_bits, rate_bits, index);
    RELEASED(ACELP_4t64_fx)(dn.theirs, cn, h, out.theirs, y.theirs, n_bits, rate_bits, released_index);
    check_same(out.ours, out.theirs, L_SUBFR);
    check_same(dn.ours, dn.theirs, L_SUBFR);
    check_same(y.ours, y.theirs, L_SUBFR);
    check_same(index, released_index, 8);
}

CASE(file_c4t64fx) {
    static const int16_t bits[8] = {20, 36, 44, 52, 64, 72, 88, 88};
    static const int16_t rate_bits[8] = {177, 253, 285, 317, 365, 397, 461, 477};
    for (int round = 0; round < N_ROUNDS; round++) {
        int mode = round % 8;
        search_codebook(bits[mode], rate_bits[mode], random_to(3) * 2);
    }
}

// --- the encoder as a whole -------------------------------------------------------------------

struct encoder {
    VO_AUDIO_CODECAPI api;
    VO_HANDLE handle;
};

static VO_U32 allocate(VO_S32 id, VO_MEM_INFO *info) {
    (void)id;
    info->VBuffer = calloc(1, info->Size);
    return info->VBuffer == NULL;
}

static VO_U32 release(VO_S32 id, VO_PTR block) {
    (void)id;
    free(block);
    return 0;
}

static VO_U32 set(VO_S32 id, VO_PTR block, VO_U8 value, VO_U32 n_bytes) {
    (void)id;
    memset(block, value, n_bytes);
    return 0;
}

static VO_U32 copy(VO_S32 id, VO_PTR to, VO_PTR from, VO_U32 n_bytes) {
    (void)id;
    memcpy(to, from, n_bytes);
    return 0;
}

static VO_MEM_OPERATOR memory = {.Alloc = allocate, .Free = release, .Set = set, .Copy = copy};

static void start(struct encoder *encoder, __typeof__(voGetAMRWBEncAPI) get_api, int mode, int dtx) {
    CHECK_EQ(get_api(&encoder->api), 0);
    VO_CODEC_INIT_USERDATA user = {.memflag = VO_IMF_USERMEMOPERATOR, .memData = &memory};
    int frame_type = VOAMRWB_RFC3267;
    CHECK_EQ(encoder->api.Init(&encoder->handle, VO_AUDIO_CodingAMRWB, &user), 0);
    CHECK_EQ(encoder->api.SetParam(encoder->handle, VO_PID_AMRWB_FRAMETYPE, &frame_type), 0);
    CHECK_EQ(encoder->api.SetParam(encoder->handle, VO_PID_AMRWB_MODE, &mode), 0);
    CHECK_EQ(encoder->api.SetParam(encoder->handle, VO_PID_AMRWB_DTX, &dtx), 0);
}

static size_t encode(struct encoder *encoder, const int16_t pcm[L_FRAME16k], uint8_t packet[64]) {
    int16_t samples[L_FRAME16k];
    memcpy(samples, pcm, sizeof(samples));
    VO_CODECBUFFER in = {.Buffer = (VO_PBYTE)samples, .Length = sizeof(samples)};
    VO_CODECBUFFER packed = {.Buffer = packet, .Length = 64};
    VO_AUDIO_OUTPUTINFO info;
    CHECK_EQ(encoder->api.SetInputData(encoder->handle, &in), 0);
    CHECK_EQ(encoder->api.GetOutputData(encoder->handle, &packed, &info), 0);
    return packed.Length;
}

static void check_encoders(int mode, int dtx, enum kind kind, int period, int n_frames) {
    struct encoder ours, theirs;
    start(&ours, voGetAMRWBEncAPI, mode, dtx);
    start(&theirs, RELEASED(voGetAMRWBEncAPI), mode, dtx);
    for (int frame = 0; frame < n_frames; frame++) {
        int16_t pcm[L_FRAME16k];
        for (int i = 0; i < L_FRAME16k; i++) {
            pcm[i] = sample_of(kind, frame * L_FRAME16k + i, period);
        }
        uint8_t packet[64] = {0}, released_packet[64] = {0};
        CHECK_EQ(encode(&ours, pcm, packet), encode(&theirs, pcm, released_packet));
        CHECK(memcmp(packet, released_packet, sizeof(packet)) == 0);
    }
    ours.api.Uninit(ours.handle);
    theirs.api.Uninit(theirs.handle);
}

// In every mode, with and without DTX.
static void check_material(enum kind kind, int period, int n_frames) {
    for (int mode = 0; mode < 9; mode++) {
        for (int dtx = 0; dtx < 2; dtx++) {
            check_encoders(mode, dtx, kind, period, n_frames);
        }
    }
}

CASE(encoder_silence) {
    check_material(SILENCE, 1, 50);
}

CASE(encoder_noise) {
    check_material(NOISE, 1, 50);
    check_material(MIDDLE, 1, 50);
    check_material(QUIET, 1, 50);
}

CASE(encoder_square_waves) {
    static const int periods[] = {1, 2, 7, 24, 50, 161, 400};
    for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++) {
        check_material(EXTREMES, periods[i], 30);
    }
}

CASE(encoder_constant) {
    check_material(EXTREMES, INT32_MAX, 30);
}

CASE(encoder_clicks) {
    check_material(CLICKS, 1, 100);
}

CASE(encoder_tones) {
    static const int periods[] = {2, 5, 16, 40, 160};
    for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++) {
        check_material(SINE, periods[i], 30);
    }
}
