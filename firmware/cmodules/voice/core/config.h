// What the engine is configured with: one codec, and the RTP stream it sends.
#ifndef VOICE_CONFIG_H
#define VOICE_CONFIG_H

#include "codec.h"

struct voice_config {
    const struct voice_codec *codec;
    struct voice_encoder_options options;
    bool agc;             // automatic gain of the microphone
    bool follow_requests; // use the bit rate that others ask for (CMR)
    uint8_t payload_type;
    uint32_t ssrc;
    uint16_t sequence;  // of the first packet
    uint32_t timestamp; // of the next frame
};

#endif
