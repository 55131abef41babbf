// What the engine knows of a codec. One entry a codec; `voice_codecs` lists them.
//
// A codec works on memory of its caller, keeps no other state and never allocates. A frame is
// always 20 ms: 320 samples of 16 bits at 16 kHz, one channel. The payload is what stands in the
// RTP packet, so the codec's RTP payload format is part of the entry.
#ifndef VOICE_CODEC_H
#define VOICE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VOICE_SAMPLE_RATE_HZ 16000u
#define VOICE_FRAME_SAMPLES 320u
#define VOICE_FRAME_US 20000u

// Alignment that encoder and decoder memory must have.
#define VOICE_CODEC_ALIGN 16u
#define VOICE_ALIGNED __attribute__((aligned(VOICE_CODEC_ALIGN)))

// What an encoder is told at its start.
struct voice_encoder_options {
    uint32_t bitrate_bps;
    bool dtx; // pauses are not sent, but for what the listener's comfort noise needs
    bool fec; // repeat of the frame before in each packet, where the codec has that
};

// Longest payload that an encoder makes: 62 bytes of AMR-WB, and Opus with as much room as it likes.
#ifndef VOICE_WITHOUT_OPUS
#define VOICE_ENCODED_MAX_BYTES 128u
#else
#define VOICE_ENCODED_MAX_BYTES 64u
#endif

enum voice_payload_kind {
    VOICE_PAYLOAD_BAD,    // not one whole 20 ms frame that decode() may be given
    VOICE_PAYLOAD_SPEECH, // a frame to play
    VOICE_PAYLOAD_NOISE,  // comfort noise: the talker pauses, and nothing may follow for a while
};

// encode() instead of a length: nothing to send (a pause, DTX), or the encoder refused the frame.
#define VOICE_ENCODE_NOTHING 0
#define VOICE_ENCODE_FAILED (-1)

struct voice_codec {
    const char *name;
    // RTP clock ticks in a frame (16 kHz clock: 320, 48 kHz clock: 960).
    uint16_t timestamp_step;

    // Bytes of memory that each direction needs.
    size_t (*encoder_bytes)(void);
    size_t (*decoder_bytes)(void);

    bool (*bitrate_ok)(uint32_t bitrate_bps);

    // Makes a fresh encoder in encoder_bytes() of aligned memory. False when the library refuses.
    bool (*encoder_init)(void *encoder, const struct voice_encoder_options *options);
    // Another bit rate (one that bitrate_ok() accepts) from the next frame on, without a restart.
    bool (*encoder_set_bitrate)(void *encoder, uint32_t bitrate_bps);
    // Encodes a frame; returns the payload's length in bytes, or one of VOICE_ENCODE_*.
    int (*encode)(void *encoder, const int16_t pcm[VOICE_FRAME_SAMPLES], uint8_t *payload,
        size_t capacity_bytes);
    // Codec mode request, RFC 4867 clause 4.3.1: asks the other side for a bit rate in each payload
    // from now on, 0 for none. NULL where the payload format has no such field.
    void (*request_bitrate)(void *encoder, uint32_t bitrate_bps);

    bool (*decoder_init)(void *decoder);
    enum voice_payload_kind (*payload_kind)(const uint8_t *payload, size_t n_bytes);
    // The bit rate that a payload's sender asks for, 0 for none. NULL as above.
    uint32_t (*requested_bitrate)(const uint8_t *payload, size_t n_bytes);
    // Decodes a payload that payload_kind() knows. NULL conceals a frame that did not come; after
    // comfort noise it goes on with that.
    // False when the library refuses; pcm is silence then.
    bool (*decode)(void *decoder, const uint8_t *payload, size_t n_bytes,
        int16_t pcm[VOICE_FRAME_SAMPLES]);
    // Instead of concealing: the lost frame as far as the packet after it repeats it (in-band FEC).
    // False when it does not. NULL where the codec has nothing of the kind.
    bool (*decode_lost)(void *decoder, const uint8_t *next_payload, size_t n_bytes,
        int16_t pcm[VOICE_FRAME_SAMPLES]);
};

// Ends with NULL.
extern const struct voice_codec *const voice_codecs[];

// The codec of that name, or NULL.
const struct voice_codec *voice_codec_find(const char *name);

#endif
