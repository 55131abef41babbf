// Jitter buffer: puts the packets of one talker back into order and says frame by frame what
// plays next.
//
// Sequence numbers order the packets; timestamps say when they play. How long a packet waits is
// not decided here: whoever pulls says up to which timestamp packets are due (see delay.h). That
// matters where time may be won or lost: at the start of a burst, and in a talker's pause.
//
// A burst starts with the first packet after silence, at a marker bit outside a pause, and wherever
// timestamp or sequence number jump. When the buffer runs empty in the middle of a burst, losses
// are concealed for VOICE_JITTER_CONCEAL_MAX frames, then there is silence until packets come
// again. After comfort noise (DTX) nothing is lost when nothing comes: the noise goes on, for
// VOICE_JITTER_PAUSE_MAX frames.
#ifndef VOICE_JITTER_H
#define VOICE_JITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What a talker said between the press of the key and the grant comes at once: 500 ms.
#define VOICE_JITTER_SLOTS 26u
#define VOICE_JITTER_CONCEAL_MAX 5u
// Nothing waits longer than the longest delay there is, whatever the timestamps say.
#define VOICE_JITTER_WAIT_MAX 12u
// Comfort noise is renewed every 8 frames (AMR) or every 20 (Opus).
#define VOICE_JITTER_PAUSE_MAX 25u
#ifndef VOICE_WITHOUT_OPUS
#define VOICE_PAYLOAD_MAX_BYTES 128u
#else
#define VOICE_PAYLOAD_MAX_BYTES 64u
#endif

struct voice_jitter_packet {
    uint16_t sequence;
    uint32_t timestamp;
    bool marker;
    bool noise; // comfort noise: a pause follows
    const uint8_t *payload;
    size_t n_bytes;
};

struct voice_jitter_slot {
    uint32_t timestamp;
    uint16_t sequence;
    uint8_t n_bytes;
    bool full;
    bool marker;
    bool noise;
    uint8_t payload[VOICE_PAYLOAD_MAX_BYTES];
};

enum voice_jitter_state {
    VOICE_JITTER_IDLE,    // nobody talks
    VOICE_JITTER_PRIMING, // packets are there, the first of them is not due yet
    VOICE_JITTER_PLAYING,
};

struct voice_jitter {
    enum voice_jitter_state state;
    uint16_t timestamp_step;

    uint16_t next_sequence;   // the next one to play; older ones are late
    uint16_t newest_sequence; // of those stored since the last restart
    uint64_t history;         // bit i: newest_sequence - i has been here
    bool history_valid;
    bool interrupted;       // priming goes on with the burst that there was
    bool may_start_earlier; // first frames of a burst: a reordered predecessor is welcome
    uint16_t n_stored;

    uint32_t next_timestamp; // of the frame after the last one that a packet or a loss has filled
    bool timestamp_known;

    uint16_t expected_after_jump; // a jump is believed when the packet after it comes as well
    bool jump_pending;

    uint16_t waited_frames;    // while priming
    bool pausing;              // the last packet was comfort noise
    bool ran_dry;              // the burst ended in the middle of speech
    uint16_t concealed_frames; // in a row
    uint16_t starved_frames;   // made up while nothing was there: the stream may be that late
    uint16_t idle_frames;      // since the last burst ended

    struct voice_jitter_slot slots[VOICE_JITTER_SLOTS];
};

enum voice_jitter_put {
    VOICE_JITTER_STORED,
    VOICE_JITTER_STORED_FIRST,   // stored, and a burst begins after silence
    VOICE_JITTER_STORED_RESTART, // stored after a jump, and everything older was forgotten
    VOICE_JITTER_LATE,
    VOICE_JITTER_DUPLICATE,
    VOICE_JITTER_SUSPECT, // far away from the others; dropped unless the next one agrees
};

enum voice_jitter_kind {
    VOICE_FRAME_SILENCE,
    VOICE_FRAME_CONCEAL, // a loss: play the codec's guess
    VOICE_FRAME_NOISE,   // a pause: the comfort noise goes on
    VOICE_FRAME_PACKET,  // play the packet
};

struct voice_jitter_frame {
    enum voice_jitter_kind kind;
    bool fresh;      // the first of a burst: start with a fresh decoder
    bool first;      // after silence; without `fresh` it goes on with a burst that was interrupted
    bool last;       // silence follows
    bool underrun;   // packets came too late for what was played before this one
    uint16_t n_lost; // packets given up just before this frame, or with it
    // The one to play; of a loss the one right after it, when that is there. Valid until the next
    // put.
    const struct voice_jitter_slot *packet;
};

// Empties the buffer. `timestamp_step`: RTP clock ticks in a frame.
void voice_jitter_init(struct voice_jitter *jitter, uint16_t timestamp_step);

// Takes a packet in, of at most VOICE_PAYLOAD_MAX_BYTES. `n_dropped`: packets thrown away because
// the buffer was full.
enum voice_jitter_put voice_jitter_put(struct voice_jitter *jitter,
    const struct voice_jitter_packet *packet, uint16_t *n_dropped);

// What to play in the next 20 ms. Packets with timestamps up to `due` have waited long enough.
void voice_jitter_pull(struct voice_jitter *jitter, uint32_t due,
    struct voice_jitter_frame *frame);

// Whether the next pull gives the packet that follows the last one without a seam.
bool voice_jitter_follows(const struct voice_jitter *jitter);

// A whole frame of time passed without a pull (the audio device skipped).
void voice_jitter_skip(struct voice_jitter *jitter);

#endif
