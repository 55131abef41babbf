// What lies between decoder and loudspeaker, and how it becomes a little shorter or longer without
// a change of pitch: one or more pitch periods are taken out or put in where the sound resembles
// itself, and the two ends are blended into each other (WSOLA).
//
// A call looks at one place only, the next samples to be played, and leaves them as they are when
// they resemble nothing near. What is silent resembles everything.
#ifndef VOICE_TIMESCALE_H
#define VOICE_TIMESCALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec.h"

// Lags that are looked at: 2.5 to 15 ms.
#define VOICE_TIMESCALE_LAG_MIN 40u
#define VOICE_TIMESCALE_LAG_MAX 240u
// Half of what is compared; so much must wait to be played.
#define VOICE_TIMESCALE_HALF 80u
#define VOICE_TIMESCALE_HISTORY VOICE_FRAME_SAMPLES
#define VOICE_TIMESCALE_WAITING_MAX (2u * VOICE_FRAME_SAMPLES)

struct voice_timescale {
    uint16_t n_waiting;
    uint16_t level; // peak of what was loud of late
    // What was played last, then what waits to be played.
    int16_t samples[VOICE_TIMESCALE_HISTORY + VOICE_TIMESCALE_WAITING_MAX];
};

void voice_timescale_init(struct voice_timescale *timescale);

// Where the next frame is to be written: VOICE_FRAME_SAMPLES samples, which
// voice_timescale_append() then takes in. At most one frame may be waiting.
int16_t *voice_timescale_room(struct voice_timescale *timescale);
void voice_timescale_append(struct voice_timescale *timescale);

// Takes one lag out, at most `lag_max` samples, if the likeness of what is blended is `likeness`
// or more (1000: the same shape). At least a frame must be waiting. Returns the samples taken out.
unsigned voice_timescale_compress(struct voice_timescale *timescale, unsigned lag_max,
    unsigned likeness);
// Puts one lag in likewise. At least VOICE_TIMESCALE_HALF samples must be waiting, at most
// VOICE_TIMESCALE_WAITING_MAX - VOICE_TIMESCALE_LAG_MAX.
unsigned voice_timescale_stretch(struct voice_timescale *timescale, unsigned lag_max,
    unsigned likeness);

// The next frame for the loudspeaker; silence behind what there is.
void voice_timescale_play(struct voice_timescale *timescale, int16_t pcm[VOICE_FRAME_SAMPLES]);

#endif
