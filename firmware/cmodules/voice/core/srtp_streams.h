// Who is heard under SRTP or SRTCP: their keys, and which of their packets have been here.
//
// Two tables, each giving up the entry that was silent longest. Keys are large and can be derived
// again: few are kept. What has been heard of a source is small and can not be had again: it is
// kept for many, so that nobody's packets come twice while he waits for his keys.
//
// Nothing enters a table before a packet was authentic. Deriving keys costs time that anybody can
// ask for with a made-up packet: only so often per tick.
#ifndef VOICE_SRTP_STREAMS_H
#define VOICE_SRTP_STREAMS_H

#include "srtp_keys.h"

#define VOICE_SRTP_STREAMS 8u
#define VOICE_SRTP_REPLAY_WINDOW 64u
#define VOICE_SRTP_DERIVATIONS_PER_TICK 2u

enum voice_srtp_result {
    VOICE_SRTP_OK,
    VOICE_SRTP_MALFORMED,   // no such packet leaves a sender of ours
    VOICE_SRTP_UNKNOWN_KEY, // of a key that is not in the keyring
    VOICE_SRTP_FORGED,      // the tag is not right: text, header, SSRC, epoch or counter is not the sender's
    VOICE_SRTP_REPLAYED,    // has been here
    VOICE_SRTP_STALE,       // so old that nobody knows whether it has been here
    VOICE_SRTP_BUSY,        // of a source without keys here, and none may be derived now
};

struct voice_srtp_stream {
    struct voice_srtp_source source;
    uint32_t highest_index;
    uint64_t heard; // bit i: the packet highest_index - i has been here; 0: nobody's entry
    uint32_t last_used;
};

struct voice_srtp_slot {
    struct voice_srtp_source source;
    uint32_t last_used;
    bool taken;
    struct voice_srtp_session session; // keys only if taken
};

// One slot is always free: a first packet is tried in it.
struct voice_srtp_streams {
    enum voice_srtp_use use;
    uint8_t n_slots;
    uint8_t n_derivations_left;
    uint32_t clock; // packets that were authentic
    const struct voice_srtp_source *own; // who sends here: what comes back of that is a replay
    struct voice_srtp_slot *slots;
    struct voice_srtp_stream streams[VOICE_SRTP_STREAMS];
};

// What a packet says of itself, and where its parts are.
struct voice_srtp_sealed {
    struct voice_srtp_source source;
    uint32_t index;
    const uint8_t *aad;
    size_t n_aad;
    uint8_t *text;
    size_t n_text;
    const uint8_t *tag;
};

// Takes memory for n_slots slots (two or more), which keeps the keys of one source less. What `slots`
// held before must have been forgotten.
void voice_srtp_streams_init(struct voice_srtp_streams *streams, enum voice_srtp_use use,
    struct voice_srtp_slot *slots, uint8_t n_slots);

// Whose packets are this side's own, wherever they come from; NULL for nobody.
void voice_srtp_streams_set_own(struct voice_srtp_streams *streams,
    const struct voice_srtp_source *own);

// Erases all keys; what has been heard stays known.
void voice_srtp_streams_forget_keys(struct voice_srtp_streams *streams);

// 20 ms went by: keys may be derived again.
void voice_srtp_streams_tick(struct voice_srtp_streams *streams);

// Decrypts the text in place if the packet is authentic and has not been here. When it is forged the
// text is zeroed.
enum voice_srtp_result voice_srtp_streams_open(struct voice_srtp_streams *streams,
    const struct voice_keyring *keyring, const struct voice_srtp_sealed *sealed);

#endif
