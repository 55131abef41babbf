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

struct voice_codec {
    const char *name;
    // RTP clock ticks in a frame (16 kHz clock: 320, 48 kHz clock: 960).
    uint16_t timestamp_step;

    // Bytes of memory that each direction needs.
    size_t (*encoder_bytes)(void);
    size_t (*decoder_bytes)(void);

    bool (*bitrate_ok)(uint32_t bitrate_bps);

    // Makes a fresh encoder in encoder_bytes() of aligned memory. False when the library refuses.
    bool (*encoder_init)(void *encoder, uint32_t bitrate_bps);
    // Encodes a frame; returns the payload's length, 0 when it failed or does not fit.
    size_t (*encode)(void *encoder, const int16_t pcm[VOICE_FRAME_SAMPLES], uint8_t *payload,
        size_t capacity_bytes);

    bool (*decoder_init)(void *decoder);
    // True when the payload is one whole 20 ms frame that decode() may be given.
    bool (*payload_ok)(const uint8_t *payload, size_t n_bytes);
    // Decodes a payload that payload_ok() accepted; NULL conceals a frame that did not come.
    // False when the library refuses; pcm is silence then.
    bool (*decode)(void *decoder, const uint8_t *payload, size_t n_bytes,
        int16_t pcm[VOICE_FRAME_SAMPLES]);
};

// Ends with NULL.
extern const struct voice_codec *const voice_codecs[];

// The codec of that name, or NULL.
const struct voice_codec *voice_codec_find(const char *name);

#endif
