// Keys of SRTP and SRTCP: from the group's key to what protects the packets of one sender.
//
//   group key --HKDF-Extract--> PRK --HKDF-Expand--> master key and salt --RFC 3711 4.3--> session
//              (RFC 5869)           use, key id,                          (AES-CM PRF)   key and salt
//                                   SSRC, epoch
//
// Whoever installs a key to send with draws a new epoch, so every installation has master keys of
// its own: a counter that starts again at 0 meets another key. See SECURITY.md.
#ifndef VOICE_SRTP_KEYS_H
#define VOICE_SRTP_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vault/core/aead.h"
#include "vault/core/hkdf.h"

#define VOICE_KEYRING_KEYS 3u
#define VOICE_SRTP_EPOCH_BYTES 6u
#define VOICE_SRTP_TAG_BYTES VAULT_AEAD_TAG_BYTES
#define VOICE_SRTP_NONCE_BYTES VAULT_AEAD_NONCE_BYTES

// The key of a talk group, as far as it is kept: the pseudo-random key made of it.
struct voice_group_key {
    uint16_t id;
    uint8_t prk[VAULT_HKDF_PRK_BYTES];
};

// Keys that are accepted at the same time, so that a group can change its key in operation.
struct voice_keyring {
    uint8_t n_keys;
    struct voice_group_key keys[VOICE_KEYRING_KEYS];
};

// Takes a group key of 16 or 32 bytes; of any other size, false.
bool voice_group_key_init(struct voice_group_key *group, uint16_t id, const uint8_t *key,
    size_t n_key_bytes);

// NULL when there is none of that id.
const struct voice_group_key *voice_keyring_find(const struct voice_keyring *keyring, uint16_t id);

// Who sends: all that tells one sending key from another. On the air in every packet.
struct voice_srtp_source {
    uint32_t ssrc;
    uint16_t key_id;
    uint8_t epoch[VOICE_SRTP_EPOCH_BYTES];
};

bool voice_srtp_source_equal(const struct voice_srtp_source *a, const struct voice_srtp_source *b);

// Master key identifier (RFC 3711 clause 3.1): key id, epoch, and the low half of the roll-over
// counter, so that whoever comes late knows it from the first packet. A wrong one fails the tag.
#define VOICE_SRTP_MKI_BYTES 10u
void voice_srtp_mki_write(uint8_t out[VOICE_SRTP_MKI_BYTES], const struct voice_srtp_source *source,
    uint16_t roll_over);
// Fills all of `source` but the SSRC; returns the roll-over counter.
uint16_t voice_srtp_mki_read(const uint8_t in[VOICE_SRTP_MKI_BYTES],
    struct voice_srtp_source *source);

// Sounds and floor messages never share a key.
enum voice_srtp_use {
    VOICE_SRTP_MEDIA,
    VOICE_SRTP_FLOOR,
};

// What packets of one source are sealed and opened with. Not to be copied (see aead.h).
struct voice_srtp_session {
    struct vault_aead aead;
    uint8_t salt[VOICE_SRTP_NONCE_BYTES];
};

// Derives the session of a source; `group` is the key it names. False when the cipher failed (only
// hardware can). A session that holds keys must be forgotten first; one of zeros holds none.
bool voice_srtp_session_derive(struct voice_srtp_session *session, enum voice_srtp_use use,
    const struct voice_group_key *group, const struct voice_srtp_source *source);

void voice_srtp_session_forget(struct voice_srtp_session *session);

// The nonce of a packet (RFC 7714 clauses 8.1 and 9.1). `index`: roll-over counter and sequence
// number of SRTP, or the index of SRTCP.
void voice_srtp_session_nonce(const struct voice_srtp_session *session, uint32_t ssrc,
    uint32_t index, uint8_t nonce[VOICE_SRTP_NONCE_BYTES]);

#endif
