// SRTP with AEAD_AES_128_GCM (RFC 3711, RFC 7714): protects the packets of rtp.h.
//
//   RTP header (in clear) | payload (encrypted) | tag, 16 bytes | MKI, 10 bytes (srtp_keys.h)
//
// A packet's index is its roll-over counter and its sequence number, 32 bits, from 0 on. The sender
// alone counts; the roll-over counter is in every packet, so a receiver has nothing to estimate.
#ifndef VOICE_SRTP_H
#define VOICE_SRTP_H

#include "srtp_streams.h"

#define VOICE_SRTP_OVERHEAD_BYTES (VOICE_SRTP_TAG_BYTES + VOICE_SRTP_MKI_BYTES)
#define VOICE_SRTP_PACKETS_MAX UINT32_MAX

// --- sending ----------------------------------------------------------------------------------

struct voice_srtp_sender {
    struct voice_srtp_session session;
    struct voice_srtp_source source;
    uint32_t n_packets_left; // with this key; 0 without a key
};

// Installs a key: the index starts at 0. `epoch` is drawn from vault_rng_fill for this call and never
// used again. False when the cipher failed: then nothing can be sent. A sender that holds a key must
// be forgotten first; one of zeros holds none.
bool voice_srtp_sender_init(struct voice_srtp_sender *sender, const struct voice_group_key *group,
    uint32_t ssrc, const uint8_t epoch[VOICE_SRTP_EPOCH_BYTES]);

// For a stream that goes on under a new key: its first packet has this sequence number, and the index
// starts there. Only before the first packet; false afterwards.
bool voice_srtp_sender_start_at(struct voice_srtp_sender *sender, uint16_t sequence);

// Erases the key.
void voice_srtp_sender_forget(struct voice_srtp_sender *sender);

// The sequence number that the next packet must have. False without a key, and when the key is
// exhausted: it never starts again, install another (or the same with a new epoch).
bool voice_srtp_next_sequence(const struct voice_srtp_sender *sender, uint16_t *sequence);

// Protects an RTP packet of n_bytes in place, in a buffer of `capacity`. Returns the bytes it has
// now. 0, and nothing may be sent of it, when it is no RTP packet of the sender's SSRC and next
// sequence number, it does not fit, or the key is exhausted.
size_t voice_srtp_protect(struct voice_srtp_sender *sender, uint8_t *packet, size_t n_bytes,
    size_t capacity);

// --- receiving --------------------------------------------------------------------------------

// Keys of two sources at a time: the talker, and who talks next.
#define VOICE_SRTP_SLOTS 3u

struct voice_srtp_receiver {
    struct voice_srtp_streams streams;
    struct voice_srtp_slot slots[VOICE_SRTP_SLOTS];
};

// Forgets everything. One that holds keys must forget them first.
void voice_srtp_receiver_init(struct voice_srtp_receiver *receiver);

// Erases the keys derived from the keyring: after each change to it, and at the end.
void voice_srtp_receiver_forget_keys(struct voice_srtp_receiver *receiver);

// To be called every 20 ms.
void voice_srtp_receiver_tick(struct voice_srtp_receiver *receiver);

// Checks and decrypts a packet in place; it is a plain RTP packet of *n_bytes afterwards. Otherwise
// its bytes are of no use any more, and *n_bytes is as it was.
enum voice_srtp_result voice_srtp_unprotect(struct voice_srtp_receiver *receiver,
    const struct voice_keyring *keyring, uint8_t *packet, size_t *n_bytes);

#endif
