#include "codec_opus.h"

#include <string.h>

#include "opus.h"

#if VOICE_OPUS_COMPLEXITY < 0 || VOICE_OPUS_COMPLEXITY > 10
#error "VOICE_OPUS_COMPLEXITY is 0 to 10"
#endif

#define BITRATE_MIN_BPS 6000u
#define BITRATE_MAX_BPS 24000u
#define FRAMES_PER_SECOND 50u

// So long a talker is silent between words, not within them.
#define PAUSE_FRAMES 5u

// The most that makes a difference to the encoder: repeats then begin at the lowest bit rate, and
// speech suffers least from losses; without any, it is hardly worse.
#define EXPECTED_LOSS_PERCENT 25

// A packet of so few bytes stands for a pause (RFC 7587 clause 3.1.3); any speech is longer.
#define PAUSE_MAX_BYTES 2

// --- what a packet says -----------------------------------------------------------------------

// Whether there is speech in a packet, and a repeat of the one before.
struct contents {
    bool speech;
    bool repeat;
};

// A packet's first byte, RFC 6716 clause 3.1.
#define TOC_WITHOUT_SILK 0x80u
#define TOC_STEREO 0x04u

// Of a packet with one frame of 20 ms, which has `n_bytes` from `frame` on. SILK's flags are its first
// bits, RFC 6716 clause 4.2.3: speech and repeat, for each channel.
static struct contents contents_of(uint8_t toc, const uint8_t *frame, size_t n_bytes) {
    if (n_bytes < PAUSE_MAX_BYTES) {
        return (struct contents) {.speech = false, .repeat = false};
    }
    if ((toc & TOC_WITHOUT_SILK) != 0) {
        return (struct contents) {.speech = true, .repeat = false};
    }
    bool stereo = (toc & TOC_STEREO) != 0;
    return (struct contents) {
        .speech = (frame[0] & (stereo ? 0xa0u : 0x80u)) != 0,
        .repeat = (frame[0] & (stereo ? 0x50u : 0x40u)) != 0,
    };
}

// Opus packets may last 2.5 to 120 ms and have several frames; the jitter buffer's unit is 20 ms. False
// for any other.
static bool read_packet(const uint8_t *payload, size_t n_bytes, struct contents *contents) {
    opus_int32 length = (opus_int32)n_bytes;
    if (n_bytes == 0 || opus_packet_get_nb_samples(payload, length, (opus_int32)VOICE_SAMPLE_RATE_HZ)
        != (int)VOICE_FRAME_SAMPLES) {
        return false;
    }
    uint8_t toc;
    const uint8_t *frames[48];
    opus_int16 sizes[48];
    int n_frames = opus_packet_parse(payload, length, &toc, frames, sizes, NULL);
    if (n_frames == 1) {
        *contents = contents_of(toc, frames[0], (size_t)sizes[0]);
    } else {
        *contents = (struct contents) {.speech = true, .repeat = false};
    }
    return n_frames > 0;
}

static enum voice_payload_kind payload_kind(const uint8_t *payload, size_t n_bytes) {
    struct contents contents;
    if (!read_packet(payload, n_bytes, &contents)) {
        return VOICE_PAYLOAD_BAD;
    }
    return n_bytes <= PAUSE_MAX_BYTES ? VOICE_PAYLOAD_NOISE : VOICE_PAYLOAD_SPEECH;
}

// --- encoder ----------------------------------------------------------------------------------

// Behind the library's own state.
struct rate {
    uint16_t bitrate_bps; // that is wanted
    bool wide;            // the band that is coded
    bool pausing;         // the listener knows that nothing may follow
    uint8_t n_quiet;      // frames without speech in a row, up to PAUSE_FRAMES
};

static struct rate *rate_of(void *encoder) {
    return (struct rate *)(void *)((uint8_t *)encoder + opus_encoder_get_size(1));
}

static bool bitrate_ok(uint32_t bitrate_bps) {
    return bitrate_bps >= BITRATE_MIN_BPS && bitrate_bps <= BITRATE_MAX_BPS;
}

static size_t encoder_bytes(void) {
    return (size_t)opus_encoder_get_size(1) + sizeof(struct rate);
}

static bool is_wide(uint32_t bitrate_bps) {
    return bitrate_bps > VOICE_OPUS_NARROW_MAX_BPS;
}

static bool follow_rate(OpusEncoder *encoder) {
    const struct rate *rate = rate_of(encoder);
    opus_int32 bitrate_bps = rate->bitrate_bps;
    if (rate->wide && bitrate_bps < (opus_int32)VOICE_OPUS_NARROW_MAX_BPS) {
        bitrate_bps = (opus_int32)VOICE_OPUS_NARROW_MAX_BPS;
    }
    opus_int32 bandwidth = rate->wide ? OPUS_BANDWIDTH_WIDEBAND : OPUS_BANDWIDTH_NARROWBAND;
    return opus_encoder_ctl(encoder, OPUS_SET_BITRATE(bitrate_bps)) == OPUS_OK
           && opus_encoder_ctl(encoder, OPUS_SET_BANDWIDTH(bandwidth)) == OPUS_OK;
}

static bool encoder_set_bitrate(void *encoder, uint32_t bitrate_bps) {
    rate_of(encoder)->bitrate_bps = (uint16_t)bitrate_bps;
    return follow_rate(encoder);
}

// The library changes the band with a click, and at low bit rates with seconds of noise after it: a
// decoder starts anew there. So the encoder does too, and where there is nothing to be heard.
static bool follow_band(OpusEncoder *encoder) {
    struct rate *rate = rate_of(encoder);
    if (rate->wide == is_wide(rate->bitrate_bps) || rate->n_quiet < PAUSE_FRAMES) {
        return true;
    }
    rate->wide = !rate->wide;
    return opus_encoder_ctl(encoder, OPUS_RESET_STATE) == OPUS_OK && follow_rate(encoder);
}

static bool encoder_init(void *encoder, const struct voice_encoder_options *options) {
    int loss = options->fec ? EXPECTED_LOSS_PERCENT : 0;
    *rate_of(encoder) = (struct rate) {.wide = is_wide(options->bitrate_bps)};
    return opus_encoder_init(encoder, VOICE_SAMPLE_RATE_HZ, 1, OPUS_APPLICATION_VOIP) == OPUS_OK
           && encoder_set_bitrate(encoder, options->bitrate_bps)
           && opus_encoder_ctl(encoder, OPUS_SET_VBR(0)) == OPUS_OK
           && opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(VOICE_OPUS_COMPLEXITY)) == OPUS_OK
           && opus_encoder_ctl(encoder, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE)) == OPUS_OK
           && opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(options->fec)) == OPUS_OK
           && opus_encoder_ctl(encoder, OPUS_SET_PACKET_LOSS_PERC(loss)) == OPUS_OK
           && opus_encoder_ctl(encoder, OPUS_SET_DTX(options->dtx)) == OPUS_OK;
}

static int encode(void *encoder, const int16_t pcm[VOICE_FRAME_SAMPLES], uint8_t *payload,
    size_t capacity_bytes) {
    if (capacity_bytes < BITRATE_MAX_BPS / 8u / FRAMES_PER_SECOND || !follow_band(encoder)) {
        return VOICE_ENCODE_FAILED;
    }
    opus_int32 n_bytes = opus_encode(encoder, pcm, (int)VOICE_FRAME_SAMPLES, payload,
        (opus_int32)capacity_bytes);
    struct contents contents;
    if (n_bytes <= 0 || !read_packet(payload, (size_t)n_bytes, &contents)) {
        return VOICE_ENCODE_FAILED;
    }
    struct rate *rate = rate_of(encoder);
    if (contents.speech) {
        rate->n_quiet = 0;
    } else if (rate->n_quiet < PAUSE_FRAMES) {
        rate->n_quiet++;
    }
    // What stands for a pause is sent once: a frame without speech alone does not tell a listener that
    // others are left out, and a loss must not be taken for a pause.
    bool told = rate->pausing;
    rate->pausing = n_bytes <= PAUSE_MAX_BYTES;
    return rate->pausing && told ? VOICE_ENCODE_NOTHING : (int)n_bytes;
}

// --- decoder ----------------------------------------------------------------------------------

static size_t decoder_bytes(void) {
    return (size_t)opus_decoder_get_size(1);
}

static bool decoder_init(void *decoder) {
    return opus_decoder_init(decoder, VOICE_SAMPLE_RATE_HZ, 1) == OPUS_OK;
}

// `repeat`: the frame before, as the packet repeats it.
static bool decode_packet(OpusDecoder *decoder, const uint8_t *payload, size_t n_bytes, bool repeat,
    int16_t pcm[VOICE_FRAME_SAMPLES]) {
    int n_samples = opus_decode(decoder, payload, payload == NULL ? 0 : (opus_int32)n_bytes, pcm,
        (int)VOICE_FRAME_SAMPLES, repeat);
    if (n_samples != (int)VOICE_FRAME_SAMPLES) {
        memset(pcm, 0, VOICE_FRAME_SAMPLES * sizeof(pcm[0]));
        return false;
    }
    return true;
}

static bool decode(void *decoder, const uint8_t *payload, size_t n_bytes,
    int16_t pcm[VOICE_FRAME_SAMPLES]) {
    return decode_packet(decoder, payload, n_bytes, false, pcm);
}

static bool decode_lost(void *decoder, const uint8_t *next_payload, size_t n_bytes,
    int16_t pcm[VOICE_FRAME_SAMPLES]) {
    struct contents contents;
    return read_packet(next_payload, n_bytes, &contents) && contents.repeat
           && decode_packet(decoder, next_payload, n_bytes, true, pcm);
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
    .decode_lost = decode_lost,
};
