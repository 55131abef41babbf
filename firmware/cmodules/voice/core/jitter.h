// Jitter buffer: puts the packets of one talker back into order and hands out one frame every
// 20 ms, after a fixed delay (the target) that swallows the network's jitter.
//
// Sequence numbers order the packets; timestamps say when they play. A burst starts (and the
// delay is built up anew) with the first packet after silence, at a marker bit, and wherever
// timestamp or sequence number jump. When the buffer runs empty in the middle of a burst, losses
// are concealed for VOICE_JITTER_CONCEAL_MAX frames, then there is silence until packets come
// again. The time so spent makes the delay longer, and a delay that stays longer than the target
// for a while is taken back by merging two frames into one.
#ifndef VOICE_JITTER_H
#define VOICE_JITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VOICE_JITTER_SLOTS 16u
#define VOICE_JITTER_TARGET_FRAMES 3u
#define VOICE_JITTER_CONCEAL_MAX 5u
#define VOICE_PAYLOAD_MAX_BYTES 244u

struct voice_jitter_slot {
    bool full;
    bool marker;
    uint16_t sequence;
    uint16_t n_bytes;
    uint32_t timestamp;
    uint8_t payload[VOICE_PAYLOAD_MAX_BYTES];
};

enum voice_jitter_state {
    VOICE_JITTER_IDLE,    // nobody talks
    VOICE_JITTER_PRIMING, // packets are there, the delay is being built up
    VOICE_JITTER_PLAYING,
};

struct voice_jitter {
    enum voice_jitter_state state;
    uint16_t timestamp_step;
    uint16_t target_frames;

    uint16_t next_sequence;   // the next one to play; older ones are late
    uint16_t newest_sequence; // of those stored since the last restart
    uint64_t history;         // bit i: newest_sequence - i has been here
    bool history_valid;
    bool may_start_earlier; // first frames of a burst: a reordered predecessor is welcome
    uint16_t n_stored;

    uint32_t next_timestamp;
    bool timestamp_known;

    uint16_t expected_after_jump; // a jump is believed when the packet after it comes as well
    bool jump_pending;

    uint16_t waited_frames;    // while priming
    uint16_t concealed_frames; // in a row
    uint16_t starved_frames;   // concealed while nothing was there: the stream may be that late
    uint16_t idle_frames;      // since the last burst ended

    uint16_t depth_min; // fewest frames buffered in the present observation
    uint16_t depth_observations;

    struct voice_jitter_slot slots[VOICE_JITTER_SLOTS];
};

enum voice_jitter_put {
    VOICE_JITTER_STORED,
    VOICE_JITTER_STORED_RESTART, // stored, and everything older was forgotten
    VOICE_JITTER_LATE,
    VOICE_JITTER_DUPLICATE,
    VOICE_JITTER_SUSPECT, // far away from the others; dropped unless the next one agrees
};

struct voice_jitter_frame {
    enum {
        VOICE_FRAME_SILENCE,
        VOICE_FRAME_CONCEAL, // play the codec's guess
        VOICE_FRAME_PACKET,  // play payload
        VOICE_FRAME_MERGE,   // play payload and second, blended into one
    } kind;
    bool first; // of a burst: start with a fresh decoder, out of silence
    bool last;  // silence follows
    uint16_t n_lost; // packets given up just before this one
    const struct voice_jitter_slot *packet; // valid until the next put
    const struct voice_jitter_slot *second;
};

// Empties the buffer. `timestamp_step`: RTP clock ticks in a frame.
void voice_jitter_init(struct voice_jitter *jitter, uint16_t timestamp_step,
    uint16_t target_frames);

// Takes a packet in. `n_dropped`: frames thrown away because the buffer was full.
enum voice_jitter_put voice_jitter_put(struct voice_jitter *jitter, uint16_t sequence,
    uint32_t timestamp, bool marker, const uint8_t *payload, size_t n_bytes, uint16_t *n_dropped);

// What to play in the next 20 ms.
void voice_jitter_pull(struct voice_jitter *jitter, struct voice_jitter_frame *frame);

// A whole frame of time passed without a pull (the audio device skipped).
void voice_jitter_skip(struct voice_jitter *jitter);

#endif
