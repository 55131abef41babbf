// Opus (RFC 6716) in fixed point: constant bit rate, complexity 0; payload RFC 7587.
#ifndef VOICE_CODEC_OPUS_H
#define VOICE_CODEC_OPUS_H

#include "codec.h"

extern const struct voice_codec voice_codec_opus;

#endif
