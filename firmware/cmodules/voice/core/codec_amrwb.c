#include "codec_amrwb.h"

#include <string.h>

#include "payload_amr.h"

// The libraries' own headers.
#include "voAMRWB.h"
#include "pvamrwbdecoder_api.h"
#include "pvamrwbdecoder.h"
#include "pvamrwbdecoder_cnst.h"
#include "dtx.h"

static const uint32_t bitrates_bps[VOICE_AMRWB_SPEECH_TYPES] = {
    6600, 8850, 12650, 14250, 15850, 18250, 19850, 23050, 23850,
};

static bool bitrate_ok(uint32_t bitrate_bps) {
    for (size_t i = 0; i < VOICE_AMRWB_SPEECH_TYPES; i++) {
        if (bitrates_bps[i] == bitrate_bps) {
            return true;
        }
    }
    return false;
}

static int mode_of(uint32_t bitrate_bps) {
    int mode = 0;
    while (bitrates_bps[mode] != bitrate_bps) {
        mode++;
    }
    return mode;
}

// --- encoder: vo-amrwbenc through its VO interface --------------------------------------------

// The library asks for five blocks at start: 3676 bytes where pointers have 8 bytes, and less
// where they have 4.
#define ENCODER_ARENA_BYTES 3840u

struct encoder {
    VO_HANDLE handle;
    size_t n_arena_used;
    uint8_t cmr; // codec mode request in each payload
    uint8_t arena[ENCODER_ARENA_BYTES] VOICE_ALIGNED;
};

// The library's allocator gets no pointer of ours, so initialisation says here whose arena is
// meant. Only one encoder may be initialised at a time; encoding does not use it.
static struct encoder *under_construction;

static VO_U32 arena_alloc(VO_S32 id, VO_MEM_INFO *info) {
    (void)id;
    struct encoder *encoder = under_construction;
    size_t start = (encoder->n_arena_used + VOICE_CODEC_ALIGN - 1u) & ~(VOICE_CODEC_ALIGN - 1u);
    size_t n_bytes = (size_t)info->Size;
    if (start > ENCODER_ARENA_BYTES || n_bytes > ENCODER_ARENA_BYTES - start) {
        return VO_ERR_OUTOF_MEMORY;
    }
    encoder->n_arena_used = start + n_bytes;
    info->VBuffer = encoder->arena + start;
    return VO_ERR_NONE;
}

static VO_U32 arena_free(VO_S32 id, VO_PTR block) {
    (void)id;
    (void)block;
    return VO_ERR_NONE;
}

static VO_U32 memory_set(VO_S32 id, VO_PTR block, VO_U8 value, VO_U32 n_bytes) {
    (void)id;
    memset(block, value, n_bytes);
    return VO_ERR_NONE;
}

static VO_U32 memory_copy(VO_S32 id, VO_PTR to, VO_PTR from, VO_U32 n_bytes) {
    (void)id;
    memcpy(to, from, n_bytes);
    return VO_ERR_NONE;
}

static VO_U32 memory_check(VO_S32 id, VO_PTR block, VO_U32 n_bytes) {
    (void)id;
    (void)block;
    (void)n_bytes;
    return VO_ERR_NONE;
}

// The encoder keeps the pointer, and only ever reads through it.
static VO_MEM_OPERATOR memory_operator = {
    .Alloc = arena_alloc,
    .Free = arena_free,
    .Set = memory_set,
    .Copy = memory_copy,
    .Check = memory_check,
};

static size_t encoder_bytes(void) {
    return sizeof(struct encoder);
}

static bool encoder_init(void *memory, const struct voice_encoder_options *options) {
    struct encoder *encoder = memory;
    memset(encoder, 0, sizeof(*encoder));
    encoder->cmr = VOICE_AMR_CMR_NONE;
    VO_AUDIO_CODECAPI api;
    voGetAMRWBEncAPI(&api);
    VO_CODEC_INIT_USERDATA user = {.memflag = VO_IMF_USERMEMOPERATOR, .memData = &memory_operator};
    under_construction = encoder;
    VO_U32 error = api.Init(&encoder->handle, VO_AUDIO_CodingAMRWB, &user);
    under_construction = NULL;
    if (error != VO_ERR_NONE) {
        return false;
    }
    int frame_type = VOAMRWB_RFC3267;
    int mode = mode_of(options->bitrate_bps);
    int dtx = options->dtx;
    return api.SetParam(encoder->handle, VO_PID_AMRWB_FRAMETYPE, &frame_type) == VO_ERR_NONE
           && api.SetParam(encoder->handle, VO_PID_AMRWB_MODE, &mode) == VO_ERR_NONE
           && api.SetParam(encoder->handle, VO_PID_AMRWB_DTX, &dtx) == VO_ERR_NONE;
}

static bool encoder_set_bitrate(void *memory, uint32_t bitrate_bps) {
    struct encoder *encoder = memory;
    VO_AUDIO_CODECAPI api;
    voGetAMRWBEncAPI(&api);
    int mode = mode_of(bitrate_bps);
    return api.SetParam(encoder->handle, VO_PID_AMRWB_MODE, &mode) == VO_ERR_NONE;
}

static void request_bitrate(void *memory, uint32_t bitrate_bps) {
    struct encoder *encoder = memory;
    encoder->cmr = bitrate_bps == 0 ? VOICE_AMR_CMR_NONE : (uint8_t)mode_of(bitrate_bps);
}

static int encode(void *memory, const int16_t pcm[VOICE_FRAME_SAMPLES], uint8_t *payload,
    size_t capacity_bytes) {
    struct encoder *encoder = memory;
    if (capacity_bytes < VOICE_AMRWB_PAYLOAD_MAX_BYTES) {
        return VOICE_ENCODE_FAILED;
    }
    VO_AUDIO_CODECAPI api;
    voGetAMRWBEncAPI(&api);
    // The library copies the input before it changes anything, and writes what RFC 4867 calls the
    // storage format: one table-of-contents octet, then the speech bits.
    uint8_t frame[1u + VOICE_AMRWB_SPEECH_MAX_BYTES] VOICE_ALIGNED;
    VO_CODECBUFFER in = {.Buffer = (VO_PBYTE)(uintptr_t)pcm,
                         .Length = VOICE_FRAME_SAMPLES * sizeof(int16_t)};
    VO_CODECBUFFER out = {.Buffer = frame, .Length = sizeof(frame)};
    VO_AUDIO_OUTPUTINFO info;
    if (api.SetInputData(encoder->handle, &in) != VO_ERR_NONE
        || api.GetOutputData(encoder->handle, &out, &info) != VO_ERR_NONE
        || out.Length < 1 || out.Length > sizeof(frame)) {
        return VOICE_ENCODE_FAILED;
    }
    uint8_t type = (frame[0] >> 3) & 0x0fu;
    if (type == VOICE_AMR_NO_DATA) {
        return VOICE_ENCODE_NOTHING;
    }
    size_t n_speech = (size_t)out.Length - 1u;
    voice_amr_write_header(payload, encoder->cmr, type, true);
    memcpy(payload + VOICE_AMR_HEADER_BYTES, frame + 1, n_speech);
    return (int)(VOICE_AMR_HEADER_BYTES + n_speech);
}

// --- decoder: opencore-amr's core, without the wrapper that allocates -------------------------

// What pvDecoder_AmrWbMemRequirements() answers: 4392 bytes; checked at start.
#define DECODER_STATE_BYTES 4416u

struct decoder {
    uint8_t memory[DECODER_STATE_BYTES] VOICE_ALIGNED;
    void *state;    // inside memory
    int16 *scratch; // inside memory
    RX_State rx;
    int16 last_mode; // of the last frame that carried speech or noise
    bool homed;      // the last frame was the homing frame: the decoder is in its start state
    int16 parameters[KAMRWB_NB_BITS_MAX];
};

static size_t decoder_bytes(void) {
    return sizeof(struct decoder);
}

static bool decoder_init(void *memory) {
    struct decoder *decoder = memory;
    if (pvDecoder_AmrWbMemRequirements() > (int32)sizeof(decoder->memory)) {
        return false;
    }
    memset(decoder, 0, sizeof(*decoder));
    decoder->rx.prev_ft = RX_SPEECH_GOOD;
    decoder->homed = true;
    pvDecoder_AmrWb_Init(&decoder->state, decoder->memory, &decoder->scratch);
    return true;
}

static enum voice_payload_kind payload_kind(const uint8_t *payload, size_t n_bytes) {
    struct voice_amr_frame frame;
    if (!voice_amr_read(VOICE_AMR_WB, payload, n_bytes, &frame)) {
        return VOICE_PAYLOAD_BAD;
    }
    return frame.type == VOICE_AMRWB_SID ? VOICE_PAYLOAD_NOISE : VOICE_PAYLOAD_SPEECH;
}

static uint32_t requested_bitrate(const uint8_t *payload, size_t n_bytes) {
    struct voice_amr_frame frame;
    bool asks = voice_amr_read(VOICE_AMR_WB, payload, n_bytes, &frame) && frame.cmr < VOICE_AMRWB_SPEECH_TYPES;
    return asks ? bitrates_bps[frame.cmr] : 0;
}

// Takes the speech bits apart into `parameters`. Returns the library's receive frame type and, in
// `mode`, the rate to decode with.
static int16 unpack(struct decoder *decoder, const struct voice_amr_frame *frame, int16 *mode) {
    // The library reads one octet past the end of a frame type that carries no bits.
    uint8_t speech[VOICE_AMRWB_SPEECH_MAX_BYTES + 1u] = {0};
    if (frame->n_speech_bytes > 0) {
        memcpy(speech, frame->speech, frame->n_speech_bytes);
    }
    int16 rx_type = RX_NO_DATA;
    *mode = frame->type;
    mime_unsorting(speech, decoder->parameters, &rx_type, mode, frame->good, &decoder->rx);
    return rx_type;
}

static void decode_frame(struct decoder *decoder, const struct voice_amr_frame *frame,
    int16_t pcm[VOICE_FRAME_SAMPLES]) {
    int16 mode;
    int16 rx_type = unpack(decoder, frame, &mode);
    bool homing = false;
    if (rx_type == RX_NO_DATA || rx_type == RX_SPEECH_LOST) {
        mode = decoder->last_mode;
    } else {
        decoder->last_mode = mode;
        if (decoder->homed) {
            homing = pvDecoder_AmrWb_homing_frame_test_first(decoder->parameters, mode) != 0;
        }
    }

    if (homing) {
        // Homing frames in a row: answer with the encoder's homing frame (TS 26.173).
        for (size_t i = 0; i < VOICE_FRAME_SAMPLES; i++) {
            pcm[i] = EHF_MASK;
        }
    } else {
        int16 n_samples;
        pvDecoder_AmrWb(mode, decoder->parameters, pcm, &n_samples, decoder->state, rx_type,
            decoder->scratch);
    }
    // AMR-WB is specified for 14-bit samples.
    for (size_t i = 0; i < VOICE_FRAME_SAMPLES; i++) {
        pcm[i] = (int16_t)(pcm[i] & ~3);
    }

    if (!decoder->homed) {
        homing = pvDecoder_AmrWb_homing_frame_test(decoder->parameters, mode) != 0;
    }
    if (homing) {
        pvDecoder_AmrWb_Reset(decoder->state, 1);
    }
    decoder->homed = homing;
}

static bool decode(void *memory, const uint8_t *payload, size_t n_bytes,
    int16_t pcm[VOICE_FRAME_SAMPLES]) {
    struct voice_amr_frame frame = {.type = VOICE_AMR_NO_DATA, .good = true};
    if (payload != NULL && !voice_amr_read(VOICE_AMR_WB, payload, n_bytes, &frame)) {
        memset(pcm, 0, VOICE_FRAME_SAMPLES * sizeof(pcm[0]));
        return false;
    }
    decode_frame(memory, &frame, pcm);
    return true;
}

const struct voice_codec voice_codec_amrwb = {
    .name = "amrwb",
    .timestamp_step = 320, // RFC 4867: the RTP clock is the sample rate
    .encoder_bytes = encoder_bytes,
    .decoder_bytes = decoder_bytes,
    .bitrate_ok = bitrate_ok,
    .encoder_init = encoder_init,
    .encoder_set_bitrate = encoder_set_bitrate,
    .encode = encode,
    .request_bitrate = request_bitrate,
    .decoder_init = decoder_init,
    .payload_kind = payload_kind,
    .requested_bitrate = requested_bitrate,
    .decode = decode,
};
