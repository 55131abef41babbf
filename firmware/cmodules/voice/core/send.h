// The way out, 20 ms at a time: microphone -> high-pass -> voice activity -> automatic gain ->
// encoder -> backlog -> RTP -> protection -> transmit ring.
//
// A burst starts with voice_send_start(), at the press of the key: from then on frames are encoded
// and kept. They leave with voice_send_release(), when the floor is granted, several in each frame
// of time until they have caught up; what is said before the grant is heard. Time is made up by
// leaving silence out, which makes the stream shorter: its timestamps stay contiguous.
#ifndef VOICE_SEND_H
#define VOICE_SEND_H

#include "agc.h"
#include "backlog.h"
#include "config.h"
#include "highpass.h"
#include "ring.h"
#include "stats.h"
#include "vad.h"

// Protects a finished RTP packet in place (SRTP). Returns its new length, at most `capacity_bytes`,
// or 0: it must not leave. Called once for each packet, in the order in which they leave. It may
// put a sequence number of its own into the header (bytes 2 and 3), where numbers must never be used
// twice under a key and so are its to give.
typedef size_t voice_protect(void *context, uint8_t *packet, size_t n_bytes, size_t capacity_bytes);

struct voice_send {
    uint64_t (*now_us)(void);
    struct voice_ring *ring;
    struct voice_stats *stats;
    struct voice_config config; // sequence and timestamp move on
    void *encoder;
    voice_protect *protect; // NULL: in the clear
    void *protect_context;

    // The microphone, talking or not: settled and used to the noise when the key is pressed.
    struct voice_highpass highpass;
    struct voice_vad vad;
    struct voice_agc agc;

    // The burst.
    bool talking;
    bool released;
    bool begun;         // its first packet has left
    bool pausing;       // comfort noise, or nothing, was sent last
    uint32_t timestamp; // of the oldest frame that waits, or else of the next one
    struct voice_backlog backlog;
    struct voice_load load;
};

// Not configured, not talking, in the clear. The send side is the ring's only producer.
void voice_send_init(struct voice_send *send, struct voice_ring *ring, struct voice_stats *stats,
    uint64_t (*now_us)(void));

// `encoder`: aligned memory of codec->encoder_bytes(). False when the library refuses; nothing is
// configured then. Ends a burst.
bool voice_send_configure(struct voice_send *send, const struct voice_config *config,
    void *encoder);

// From the next packet on; NULL for none.
void voice_send_protect_with(struct voice_send *send, voice_protect *protect, void *context);

// Starts a burst with a fresh encoder; its frames are kept until voice_send_release().
void voice_send_start(struct voice_send *send);
void voice_send_release(struct voice_send *send);
// Ends the burst. What was released and still waits leaves now, as far as the ring takes it; what
// was never released is forgotten.
void voice_send_stop(struct voice_send *send);

// Another bit rate from the next frame on, in this burst and those after it. False when the codec
// has no such rate.
bool voice_send_set_bitrate(struct voice_send *send, uint32_t bitrate_bps);
// The other side asks for a bit rate, or for none in particular (0). Obeyed when the configuration
// says so and the codec has it.
void voice_send_follow_request(struct voice_send *send, uint32_t bitrate_bps);

// One frame of time: `mic` in, filtered in place. Call in every frame, talking or not.
void voice_send_tick(struct voice_send *send, int16_t mic[VOICE_FRAME_SAMPLES]);
// A frame of time passed in which nothing could be captured.
void voice_send_skip(struct voice_send *send);

#endif
