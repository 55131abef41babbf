// SRTCP with AEAD_AES_128_GCM (RFC 3711, RFC 7714): protects floor control messages, which are RTCP.
//
//   RTCP header, 8 bytes (in clear) | rest (encrypted) | tag, 16 bytes
//       | "encrypted" bit and index, 4 bytes | MKI, 10 bytes (srtp_keys.h)
#ifndef VOICE_SRTCP_H
#define VOICE_SRTCP_H

#include "srtp_streams.h"

#define VOICE_SRTCP_HEADER_BYTES 8u
#define VOICE_SRTCP_INDEX_BYTES 4u
#define VOICE_SRTCP_OVERHEAD_BYTES \
    (VOICE_SRTP_TAG_BYTES + VOICE_SRTCP_INDEX_BYTES + VOICE_SRTP_MKI_BYTES)
#define VOICE_SRTCP_PACKETS_MAX (UINT32_C(1) << 31)

// --- sending ----------------------------------------------------------------------------------

struct voice_srtcp_sender {
    struct voice_srtp_session session;
    struct voice_srtp_source source;
    uint32_t n_packets_left; // with this key; 0 without a key
};

// As in srtp.h, with the same rule for the epoch. SRTP's may be shared: its keys are others.
bool voice_srtcp_sender_init(struct voice_srtcp_sender *sender,
    const struct voice_group_key *group, uint32_t ssrc,
    const uint8_t epoch[VOICE_SRTP_EPOCH_BYTES]);

void voice_srtcp_sender_forget(struct voice_srtcp_sender *sender);

// Protects an RTCP packet of n_bytes in place, in a buffer of `capacity`. Returns the bytes it has
// now. 0, and nothing may be sent of it, when it is no RTCP packet of the sender's SSRC, it does not
// fit, or the key is exhausted.
size_t voice_srtcp_protect(struct voice_srtcp_sender *sender, uint8_t *packet, size_t n_bytes,
    size_t capacity);

// --- receiving --------------------------------------------------------------------------------

// Keys of two sources at a time: floor control has time to derive.
#define VOICE_SRTCP_SLOTS 3u

struct voice_srtcp_receiver {
    struct voice_srtp_streams streams;
    struct voice_srtp_slot slots[VOICE_SRTCP_SLOTS];
};

// As in srtp.h.
void voice_srtcp_receiver_init(struct voice_srtcp_receiver *receiver);
void voice_srtcp_receiver_forget_keys(struct voice_srtcp_receiver *receiver);
void voice_srtcp_receiver_tick(struct voice_srtcp_receiver *receiver);
enum voice_srtp_result voice_srtcp_unprotect(struct voice_srtcp_receiver *receiver,
    const struct voice_keyring *keyring, uint8_t *packet, size_t *n_bytes);

#endif
