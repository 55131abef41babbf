#include "codec_opus.h"

#include <string.h>

#include "opus.h"

#define BITRATE_MIN_BPS 6000u
#define BITRATE_MAX_BPS 24000u
#define FRAMES_PER_SECOND 50u

static bool bitrate_ok(uint32_t bitrate_bps) {
    return bitrate_bps >= BITRATE_MIN_BPS && bitrate_bps <= BITRATE_MAX_BPS;
}

static size_t encoder_bytes(void) {
    return (size_t)opus_encoder_get_size(1);
}

static bool encoder_init(void *encoder, const struct voice_encoder_options *options) {
    return opus_encoder_init(encoder, VOICE_SAMPLE_RATE_HZ, 1, OPUS_APPLICATION_VOIP) == OPUS_OK
           && opus_encoder_ctl(encoder, OPUS_SET_BITRATE((opus_int32)options->bitrate_bps)) == OPUS_OK
           && opus_encoder_ctl(encoder, OPUS_SET_VBR(0)) == OPUS_OK
           && opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(0)) == OPUS_OK
           && opus_encoder_ctl(encoder, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE)) == OPUS_OK
           && opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(0)) == OPUS_OK
           && opus_encoder_ctl(encoder, OPUS_SET_DTX(0)) == OPUS_OK;
}

static bool encoder_set_bitrate(void *encoder, uint32_t bitrate_bps) {
    return opus_encoder_ctl(encoder, OPUS_SET_BITRATE((opus_int32)bitrate_bps)) == OPUS_OK;
}

static int encode(void *encoder, const int16_t pcm[VOICE_FRAME_SAMPLES], uint8_t *payload,
    size_t capacity_bytes) {
    if (capacity_bytes < BITRATE_MAX_BPS / 8u / FRAMES_PER_SECOND) {
        return VOICE_ENCODE_FAILED;
    }
    opus_int32 n_bytes = opus_encode(encoder, pcm, (int)VOICE_FRAME_SAMPLES, payload,
        (opus_int32)capacity_bytes);
    return n_bytes > 0 ? (int)n_bytes : VOICE_ENCODE_FAILED;
}

static size_t decoder_bytes(void) {
    return (size_t)opus_decoder_get_size(1);
}

static bool decoder_init(void *decoder) {
    return opus_decoder_init(decoder, VOICE_SAMPLE_RATE_HZ, 1) == OPUS_OK;
}

// Opus packets may last 2.5 to 120 ms; the jitter buffer's unit is 20 ms.
static enum voice_payload_kind payload_kind(const uint8_t *payload, size_t n_bytes) {
    if (n_bytes == 0) {
        return VOICE_PAYLOAD_BAD;
    }
    opus_int32 length = (opus_int32)n_bytes;
    if (opus_packet_get_nb_samples(payload, length, VOICE_SAMPLE_RATE_HZ)
        != (int)VOICE_FRAME_SAMPLES) {
        return VOICE_PAYLOAD_BAD;
    }
    opus_int16 sizes[48];
    bool whole = opus_packet_parse(payload, length, NULL, NULL, sizes, NULL) > 0;
    return whole ? VOICE_PAYLOAD_SPEECH : VOICE_PAYLOAD_BAD;
}

static bool decode(void *decoder, const uint8_t *payload, size_t n_bytes,
    int16_t pcm[VOICE_FRAME_SAMPLES]) {
    int n_samples = opus_decode(decoder, payload, payload == NULL ? 0 : (opus_int32)n_bytes, pcm,
        (int)VOICE_FRAME_SAMPLES, 0);
    if (n_samples != (int)VOICE_FRAME_SAMPLES) {
        memset(pcm, 0, VOICE_FRAME_SAMPLES * sizeof(pcm[0]));
        return false;
    }
    return true;
}

const struct voice_codec voice_codec_opus = {
    .name = "opus",
    .timestamp_step = 960, // RFC 7587: the RTP clock is 48 kHz whatever the sample rate
    .encoder_bytes = encoder_bytes,
    .decoder_bytes = decoder_bytes,
    .bitrate_ok = bitrate_ok,
    .encoder_init = encoder_init,
    .encoder_set_bitrate = encoder_set_bitrate,
    .encode = encode,
    .decoder_init = decoder_init,
    .payload_kind = payload_kind,
    .decode = decode,
};
