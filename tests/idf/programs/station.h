// One handset on the fake chip: engine, a codec that can be looked through, and shortcuts.
#ifndef STATION_H
#define STATION_H

#include "check.h"
#include "core/engine.h"
#include "fake_idf.h"
#include "io.h"

#include "board_facts.h"

#define FRAME VOICE_FRAME_SAMPLES
#define FRAME_US ((int64_t)VOICE_FRAME_US)
// What the codec keeps of a frame: its first samples.
#define KEPT 30

extern struct voice_engine engine;
// How long the codec takes for a frame.
extern int64_t encode_us;

void station_open(void);
// And everything that was taken has been given back, and nothing was done that must not be.
void station_close(void);
void station_talk(bool on);
// Frame after frame; what it says is given back to it, from the same or from another station.
void run_frames(unsigned n);
void run_frames_to_itself(unsigned n);
void run_frames_with_other(unsigned n);
uint32_t stat(enum voice_stat stat);
// The next packet's samples; false when there is none.
bool next_packet(int16_t samples[KEPT]);
// Samples of the world from there on?
bool is_world(const int16_t *samples, int64_t sample);
bool is_silence(const struct fake_played *played);

#endif
