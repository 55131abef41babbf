// AMR (3GPP TS 26.071), here AMR-NB: opencore-amr both ways, at 8 kHz; payload RFC 4867.
#ifndef VOICE_CODEC_AMRNB_H
#define VOICE_CODEC_AMRNB_H

#include "codec.h"

extern const struct voice_codec voice_codec_amrnb;

#endif
