#include "srtp_keys.h"

#include <string.h>

#include "bytes.h"
#include "vault/core/block.h"
#include "vault/core/erase.h"

#define SALT_BYTES VOICE_SRTP_NONCE_BYTES
#define MASTER_KEY_BYTES VAULT_AES128_KEY_BYTES
#define MASTER_BYTES (MASTER_KEY_BYTES + SALT_BYTES)

// Of this product and of this version of the derivation: the same group key elsewhere gives others.
static const char EXTRACT_SALT[] = "ptt handset srtp 1";

#define USE_LABEL_BYTES 5u
static const char USE_LABELS[][USE_LABEL_BYTES + 1u] = {"media", "floor"};
#define INFO_BYTES (USE_LABEL_BYTES + 2u + 4u + VOICE_SRTP_EPOCH_BYTES)

// Labels of RFC 3711 clauses 4.3.1 and 4.3.2. The key of the authentication has one between them: it
// has no use here.
#define LABEL_SRTP_KEY 0u
#define LABEL_SRTP_SALT 2u
#define LABEL_SRTCP_KEY 3u
#define LABEL_SRTCP_SALT 5u
#define LABEL_OFFSET 7u

bool voice_group_key_init(struct voice_group_key *group, uint16_t id, const uint8_t *key,
    size_t n_key_bytes) {
    group->id = id;
    return (n_key_bytes == 16 || n_key_bytes == 32)
        && vault_hkdf_extract((const uint8_t *)EXTRACT_SALT, sizeof EXTRACT_SALT - 1u, key,
            n_key_bytes, group->prk);
}

const struct voice_group_key *voice_keyring_find(const struct voice_keyring *keyring, uint16_t id) {
    for (unsigned i = 0; i < keyring->n_keys && i < VOICE_KEYRING_KEYS; i++) {
        if (keyring->keys[i].id == id) {
            return &keyring->keys[i];
        }
    }
    return NULL;
}

bool voice_srtp_source_equal(const struct voice_srtp_source *a, const struct voice_srtp_source *b) {
    return a->ssrc == b->ssrc && a->key_id == b->key_id
        && memcmp(a->epoch, b->epoch, VOICE_SRTP_EPOCH_BYTES) == 0;
}

void voice_srtp_mki_write(uint8_t out[VOICE_SRTP_MKI_BYTES], const struct voice_srtp_source *source,
    uint16_t roll_over) {
    voice_write_u16(out, source->key_id);
    memcpy(out + 2, source->epoch, VOICE_SRTP_EPOCH_BYTES);
    voice_write_u16(out + 2 + VOICE_SRTP_EPOCH_BYTES, roll_over);
}

uint16_t voice_srtp_mki_read(const uint8_t in[VOICE_SRTP_MKI_BYTES],
    struct voice_srtp_source *source) {
    source->key_id = voice_read_u16(in);
    memcpy(source->epoch, in + 2, VOICE_SRTP_EPOCH_BYTES);
    return voice_read_u16(in + 2 + VOICE_SRTP_EPOCH_BYTES);
}

static bool derive_master(const struct voice_group_key *group, enum voice_srtp_use use,
    const struct voice_srtp_source *source, uint8_t master[MASTER_BYTES]) {
    uint8_t info[INFO_BYTES];
    uint8_t *at = info;
    memcpy(at, USE_LABELS[use], USE_LABEL_BYTES);
    at += USE_LABEL_BYTES;
    voice_write_u16(at, source->key_id);
    voice_write_u32(at + 2, source->ssrc);
    memcpy(at + 6, source->epoch, VOICE_SRTP_EPOCH_BYTES);
    return vault_hkdf_expand(group->prk, info, sizeof info, master, MASTER_BYTES);
}

// One block of the pseudo-random function AES-CM (RFC 3711 clause 4.3.3), enough for key or salt. The
// salt of 96 bits stands for one of 112 that ends in zeros (RFC 7714 clause 11), and the last 16 bits
// count blocks from 0; no key derivation rate.
static bool derive_block(const uint8_t master[MASTER_BYTES], uint8_t label,
    uint8_t out[VAULT_AES_BLOCK_BYTES]) {
    uint8_t in[VAULT_AES_BLOCK_BYTES] = {0};
    memcpy(in, master + MASTER_KEY_BYTES, SALT_BYTES);
    in[LABEL_OFFSET] ^= label;
    return vault_aes128_block(master, in, out);
}

bool voice_srtp_session_derive(struct voice_srtp_session *session, enum voice_srtp_use use,
    const struct voice_group_key *group, const struct voice_srtp_source *source) {
    bool media = use == VOICE_SRTP_MEDIA;
    uint8_t master[MASTER_BYTES];
    uint8_t key[VAULT_AES_BLOCK_BYTES];
    uint8_t salt[VAULT_AES_BLOCK_BYTES];
    bool done = derive_master(group, use, source, master)
        && derive_block(master, media ? LABEL_SRTP_KEY : LABEL_SRTCP_KEY, key)
        && derive_block(master, media ? LABEL_SRTP_SALT : LABEL_SRTCP_SALT, salt)
        && vault_aead_init(&session->aead, key, VAULT_AES128_KEY_BYTES);
    if (done) {
        memcpy(session->salt, salt, SALT_BYTES);
    }
    vault_erase(master, sizeof master);
    vault_erase(key, sizeof key);
    vault_erase(salt, sizeof salt);
    return done;
}

void voice_srtp_session_forget(struct voice_srtp_session *session) {
    vault_aead_forget(&session->aead);
    vault_erase(session->salt, sizeof session->salt);
}

void voice_srtp_session_nonce(const struct voice_srtp_session *session, uint32_t ssrc,
    uint32_t index, uint8_t nonce[VOICE_SRTP_NONCE_BYTES]) {
    memset(nonce, 0, VOICE_SRTP_NONCE_BYTES);
    voice_write_u32(nonce + 2, ssrc);
    voice_write_u32(nonce + 8, index);
    for (unsigned i = 0; i < VOICE_SRTP_NONCE_BYTES; i++) {
        nonce[i] ^= session->salt[i];
    }
}
