// The way out, 20 ms at a time: microphone -> encoder -> RTP -> transmit ring.
//
// A burst starts with voice_send_start(): from then on frames are encoded and kept. They leave with
// voice_send_release(), so that what is said before the floor is granted is not lost.
#ifndef VOICE_SEND_H
#define VOICE_SEND_H

#include "config.h"
#include "ring.h"
#include "stats.h"

struct voice_send {
    uint64_t (*now_us)(void);
    struct voice_ring *ring;
    struct voice_stats *stats;
    struct voice_config config; // sequence and timestamp move on
    void *encoder;
    bool talking;
    bool released;
    bool burst_start;
    struct voice_load load;
};

// Not configured, not talking. The send side is the ring's only producer.
void voice_send_init(struct voice_send *send, struct voice_ring *ring, struct voice_stats *stats,
    uint64_t (*now_us)(void));

// `encoder`: aligned memory of codec->encoder_bytes(). False when the library refuses; nothing is
// configured then. Ends a burst.
bool voice_send_configure(struct voice_send *send, const struct voice_config *config,
    void *encoder);

// Starts a burst with a fresh encoder; its frames are kept until voice_send_release().
void voice_send_start(struct voice_send *send);
void voice_send_release(struct voice_send *send);
// Ends the burst; what was kept and never released is forgotten.
void voice_send_stop(struct voice_send *send);

// One frame of time: `mic` in. Call in every frame, talking or not.
void voice_send_tick(struct voice_send *send, const int16_t mic[VOICE_FRAME_SAMPLES]);
// A frame of time passed in which nothing could be captured.
void voice_send_skip(struct voice_send *send);

#endif
