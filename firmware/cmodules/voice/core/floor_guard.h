// Protects floor control messages with SRTCP, beside the engine and with the same group keys. Belongs
// to the control side alone.
#ifndef VOICE_FLOOR_GUARD_H
#define VOICE_FLOOR_GUARD_H

#include "srtcp.h"
#include "stats.h"

struct voice_floor_guard {
    struct voice_stats *stats;
    uint32_t frames; // of the engine, when keys could be derived last
    struct voice_keyring keyring;
    struct voice_srtcp_sender sender;
    struct voice_srtcp_receiver receiver;
};

// Without keys. One that holds keys must be forgotten first.
void voice_floor_guard_init(struct voice_floor_guard *guard, struct voice_stats *stats);

// Sends with the keyring's first key, accepts all. `epoch` as in srtp.h. False when the cipher
// failed; then nothing can be sent.
bool voice_floor_guard_set_keys(struct voice_floor_guard *guard,
    const struct voice_keyring *keyring, uint32_t ssrc,
    const uint8_t epoch[VOICE_SRTP_EPOCH_BYTES]);

// Erases all keys.
void voice_floor_guard_forget(struct voice_floor_guard *guard);

// RTCP to SRTCP in place; returns the new length, 0 when it must not be sent (see srtcp.h).
size_t voice_floor_guard_protect(struct voice_floor_guard *guard, uint8_t *packet, size_t n_bytes,
    size_t capacity);

// SRTCP to RTCP in place; returns the new length, 0 when it is refused, and counts why.
size_t voice_floor_guard_open(struct voice_floor_guard *guard, uint8_t *packet, size_t n_bytes);

#endif
