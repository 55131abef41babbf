// The board's microphone and loudspeaker: two I2S channels with DMA buffers of one frame each.
//
// On a half-duplex board they share a pin and only one of them runs; the other reads as silence and
// swallows what it gets, so that a caller need not know which.
#ifndef VOICE_IO_ESP32_I2S_H
#define VOICE_IO_ESP32_I2S_H

#include <stdbool.h>
#include <stdint.h>

#include "core/engine.h"

// Frames that came or went without anybody there: since open.
struct voice_i2s_lost {
    uint32_t microphone;
    uint32_t speaker;
};

// Starts them (half duplex: the loudspeaker). Returns 0 or an errno value, and then nothing is left
// of the attempt; why is in the log.
int voice_i2s_open(void);
// Idempotent. Nobody may be reading or playing.
void voice_i2s_close(void);

// Half duplex: from now on the microphone or the loudspeaker. False when the driver refuses.
bool voice_i2s_turn(bool to_microphone);
// A frame from the microphone: waits for it. A frame to the loudspeaker: on a half-duplex board
// waits for room. False when there was none; time that passed in vain is counted as lost frames.
bool voice_i2s_capture(int16_t mic[VOICE_FRAME_SAMPLES]);
bool voice_i2s_play(const int16_t speaker[VOICE_FRAME_SAMPLES]);

struct voice_i2s_lost voice_i2s_lost(void);

#endif
