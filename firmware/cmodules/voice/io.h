// Who calls the engine: an audio device. One implementation a port (io_sim.c here).
#ifndef VOICE_IO_H
#define VOICE_IO_H

#include <stdbool.h>
#include <stdint.h>

#include "core/engine.h"

// Stack of the audio thread. The codecs want tens of kilobytes; STATS tells how many.
#ifndef VOICE_AUDIO_STACK_BYTES
#define VOICE_AUDIO_STACK_BYTES (128u * 1024u)
#endif

// Microseconds on a clock that runs evenly.
uint64_t voice_io_now_us(void);

// Opens the audio device and starts its thread. `paced`: the thread runs by the clock; otherwise
// it runs when voice_io_step() says. Returns 0 or an errno value; EBUSY when already open.
int voice_io_open(struct voice_engine *engine, const char *device, bool paced);
bool voice_io_is_open(void);
bool voice_io_is_paced(void);

// Runs n_frames frames and waits until they are done. Only on a device that is not paced.
void voice_io_step(uint32_t n_frames);

// Stops the thread, waits for its end (at most one frame) and closes the device. Idempotent.
void voice_io_close(void);

#endif
