// AMR-WB (3GPP TS 26.171): vo-amrwbenc encodes, opencore-amr decodes; payload RFC 4867.
#ifndef VOICE_CODEC_AMRWB_H
#define VOICE_CODEC_AMRWB_H

#include "codec.h"

extern const struct voice_codec voice_codec_amrwb;

#endif
