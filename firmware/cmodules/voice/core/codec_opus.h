// Opus (RFC 6716) in fixed point at a constant bit rate; payload RFC 7587.
//
// 6 to 24 kbit/s. Up to VOICE_OPUS_NARROW_MAX_BPS the sound is narrow band (coded at 8 kHz), above it
// is wide band (16 kHz): by the bit rate alone, not as the library feels. Another bit rate during a
// burst holds from the next frame on; where it needs the other band, that comes with the talker's
// next pause, and until then wide band takes no less than VOICE_OPUS_NARROW_MAX_BPS.
//
// With `dtx` a pause costs two packets every 400 ms, after the first 200 ms: one that says how the
// noise is, and one without sound, which says that nothing follows.
//
// With `fec` the encoder expects losses: it leans less on what came before, and repeats each frame of
// speech at a lower rate in the next packet where the bit rate affords it. That is from about
// 23.5 kbit/s on at complexity 0 and 18 kbit/s at complexity 5, in medium band (12 kHz); below, a
// repeat costs more than it saves.
#ifndef VOICE_CODEC_OPUS_H
#define VOICE_CODEC_OPUS_H

#include "codec.h"

#define VOICE_OPUS_NARROW_MAX_BPS 11000u

// How much the encoder computes for its bit rate, 0 to 10: a fact of the board (`[voice]
// opus_complexity` in its board.toml).
#ifndef VOICE_OPUS_COMPLEXITY
#define VOICE_OPUS_COMPLEXITY 0
#endif

extern const struct voice_codec voice_codec_opus;

#endif
