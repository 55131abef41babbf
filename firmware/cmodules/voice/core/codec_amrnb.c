#include "codec_amrnb.h"

#include <string.h>

#include "payload_amr.h"
#include "resample.h"

// The library's own headers, with the prefix of its names in front of them.
#include "names.h"
#include "oscl_mem.h"
#include "sp_dec.h"
#include "wmf_to_ets.h"
#include "amrdecode.h"
#include "amrencode.h"

static const uint32_t bitrates_bps[VOICE_AMRNB_SPEECH_TYPES] = {
    4750, 5150, 5900, 6700, 7400, 7950, 10200, 12200,
};

static bool bitrate_ok(uint32_t bitrate_bps) {
    for (size_t i = 0; i < VOICE_AMRNB_SPEECH_TYPES; i++) {
        if (bitrates_bps[i] == bitrate_bps) {
            return true;
        }
    }
    return false;
}

static uint8_t mode_of(uint32_t bitrate_bps) {
    uint8_t mode = 0;
    while (bitrates_bps[mode] != bitrate_bps) {
        mode++;
    }
    return mode;
}

// --- encoder ----------------------------------------------------------------------------------

// The library asks for a dozen blocks at start: 3368 bytes where pointers have 8 bytes, and less
// where they have 4.
#define ENCODER_ARENA_BYTES 3392u

struct encoder {
    void *speech; // the library's two states, inside the arena
    void *sid;
    struct voice_downsample downsample;
    uint8_t mode;
    uint8_t cmr; // codec mode request in each payload
    size_t n_arena_used;
    uint8_t arena[ENCODER_ARENA_BYTES] VOICE_ALIGNED;
};

// The library's allocator gets no pointer of ours, so initialisation says here whose arena is
// meant. Only one encoder may be initialised at a time; encoding does not use it.
static struct encoder *under_construction;

// A multiple of what a pointer or a 32-bit number must be aligned to.
#define ARENA_ALIGN sizeof(void *)

void *oscl_malloc(size_t n_bytes) {
    struct encoder *encoder = under_construction;
    if (encoder == NULL || n_bytes > ENCODER_ARENA_BYTES - encoder->n_arena_used) {
        return NULL;
    }
    void *block = encoder->arena + encoder->n_arena_used;
    encoder->n_arena_used += (n_bytes + ARENA_ALIGN - 1u) & ~(ARENA_ALIGN - 1u);
    return block;
}

void oscl_free(void *block) {
    (void)block;
}

static size_t encoder_bytes(void) {
    return sizeof(struct encoder);
}

static bool encoder_init(void *memory, const struct voice_encoder_options *options) {
    struct encoder *encoder = memory;
    memset(encoder, 0, sizeof(*encoder));
    encoder->mode = mode_of(options->bitrate_bps);
    encoder->cmr = VOICE_AMR_CMR_NONE;
    under_construction = encoder;
    Word16 error = AMREncodeInit(&encoder->speech, &encoder->sid, options->dtx);
    under_construction = NULL;
    return error == 0;
}

static bool encoder_set_bitrate(void *memory, uint32_t bitrate_bps) {
    struct encoder *encoder = memory;
    encoder->mode = mode_of(bitrate_bps);
    return true;
}

static void request_bitrate(void *memory, uint32_t bitrate_bps) {
    struct encoder *encoder = memory;
    encoder->cmr = bitrate_bps == 0 ? VOICE_AMR_CMR_NONE : mode_of(bitrate_bps);
}

static int encode(void *memory, const int16_t pcm[VOICE_FRAME_SAMPLES], uint8_t *payload,
    size_t capacity_bytes) {
    struct encoder *encoder = memory;
    if (capacity_bytes < VOICE_AMRNB_PAYLOAD_MAX_BYTES) {
        return VOICE_ENCODE_FAILED;
    }
    int16_t low[VOICE_RESAMPLE_LOW_SAMPLES];
    voice_downsample(&encoder->downsample, pcm, low);
    // What RFC 4867 calls the storage format: one table-of-contents octet, then the speech bits.
    uint8_t frame[1u + VOICE_AMRNB_SPEECH_MAX_BYTES];
    enum Frame_Type_3GPP type = (enum Frame_Type_3GPP)encoder->mode;
    int n_bytes = AMREncode(encoder->speech, encoder->sid, (enum Mode)encoder->mode, low, frame,
        &type, AMR_TX_IETF);
    if (n_bytes < 1) {
        return VOICE_ENCODE_FAILED;
    }
    if (type == AMR_NO_DATA) {
        return VOICE_ENCODE_NOTHING;
    }
    size_t n_speech = (size_t)n_bytes - 1u;
    voice_amr_write_header(payload, encoder->cmr, (uint8_t)type, true);
    memcpy(payload + VOICE_AMR_HEADER_BYTES, frame + 1, n_speech);
    return (int)(VOICE_AMR_HEADER_BYTES + n_speech);
}

// --- decoder ----------------------------------------------------------------------------------

struct decoder {
    Speech_Decode_FrameState state;
    struct voice_upsample upsample;
};

static size_t decoder_bytes(void) {
    return sizeof(struct decoder);
}

static bool decoder_init(void *memory) {
    struct decoder *decoder = memory;
    memset(decoder, 0, sizeof(*decoder));
    return Decoder_amr_init(&decoder->state.decoder_amrState) == 0
           && Post_Process_reset(&decoder->state.postHP_state) == 0
           && Speech_Decode_Frame_reset(&decoder->state) == 0;
}

static enum voice_payload_kind payload_kind(const uint8_t *payload, size_t n_bytes) {
    struct voice_amr_frame frame;
    if (!voice_amr_read(VOICE_AMR_NB, payload, n_bytes, &frame)) {
        return VOICE_PAYLOAD_BAD;
    }
    return frame.type == VOICE_AMRNB_SID ? VOICE_PAYLOAD_NOISE : VOICE_PAYLOAD_SPEECH;
}

static uint32_t requested_bitrate(const uint8_t *payload, size_t n_bytes) {
    struct voice_amr_frame frame;
    bool asks = voice_amr_read(VOICE_AMR_NB, payload, n_bytes, &frame)
        && frame.cmr < VOICE_AMRNB_SPEECH_TYPES;
    return asks ? bitrates_bps[frame.cmr] : 0;
}

// The library's receive frame type (TS 26.093 clause 6.1) and, in `mode`, the rate to decode with.
// A SID tells in its last bits whether it updates the noise, and the rate of the speech around it.
static enum RXFrameType rx_type_of(const struct voice_amr_frame *frame, const Word16 *bits,
    enum Mode *mode) {
    if (frame->type < VOICE_AMRNB_SPEECH_TYPES) {
        *mode = (enum Mode)frame->type;
        return frame->good ? RX_SPEECH_GOOD : RX_SPEECH_BAD;
    }
    if (frame->type != VOICE_AMRNB_SID) {
        return RX_NO_DATA;
    }
    unsigned around = 0;
    for (unsigned i = 0; i < NUM_AMRSID_RXMODE_BITS; i++) {
        around |= (unsigned)bits[AMRSID_RXMODE_BIT_OFFSET + i] << i;
    }
    *mode = (enum Mode)around;
    if (!frame->good) {
        return RX_SID_BAD;
    }
    return bits[AMRSID_RXTYPE_BIT_OFFSET] == 0 ? RX_SID_FIRST : RX_SID_UPDATE;
}

static void decode_frame(struct decoder *decoder, const struct voice_amr_frame *frame,
    int16_t low[VOICE_RESAMPLE_LOW_SAMPLES]) {
    Word16 bits[MAX_SERIAL_SIZE] = {0};
    // The library's prototype lacks a const: it only reads the speech bits.
    wmf_to_ets((enum Frame_Type_3GPP)frame->type, (UWord8 *)(uintptr_t)frame->speech, bits,
        &decoder->state.decoder_amrState.common_amr_tbls);
    enum Mode mode = decoder->state.prev_mode;
    enum RXFrameType rx_type = rx_type_of(frame, bits, &mode);
    GSMFrameDecode(&decoder->state, mode, bits, rx_type, low);
    decoder->state.prev_mode = mode;
}

static bool decode(void *memory, const uint8_t *payload, size_t n_bytes,
    int16_t pcm[VOICE_FRAME_SAMPLES]) {
    struct decoder *decoder = memory;
    struct voice_amr_frame frame = {.type = VOICE_AMR_NO_DATA, .good = true};
    if (payload != NULL && !voice_amr_read(VOICE_AMR_NB, payload, n_bytes, &frame)) {
        memset(pcm, 0, VOICE_FRAME_SAMPLES * sizeof(pcm[0]));
        return false;
    }
    int16_t low[VOICE_RESAMPLE_LOW_SAMPLES];
    decode_frame(decoder, &frame, low);
    voice_upsample(&decoder->upsample, low, pcm);
    return true;
}

const struct voice_codec voice_codec_amrnb = {
    .name = "amrnb",
    .timestamp_step = 160, // RFC 4867: the RTP clock is the sample rate
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
