// What custody.c, custody_keys.c and custody_box.c share. Nobody else looks in here.
#ifndef VAULT_CUSTODY_STATE_H
#define VAULT_CUSTODY_STATE_H

#include "aead.h"
#include "custody.h"
#include "hmac.h"
#include "pbkdf2.h"
#include "x25519.h"

#define CUSTODY_KEY_BYTES 32u
#define CUSTODY_DOMAINS 3u

struct custody_keys {
    bool open;
    uint8_t key[CUSTODY_KEY_BYTES];
    uint8_t nonce_key[CUSTODY_KEY_BYTES];
};

// Domains that boxes can be written for.
struct custody_pair {
    bool is_known;
    uint8_t public_key[VAULT_X25519_BYTES];
    uint8_t private_key[VAULT_X25519_BYTES]; // while the domain is open
};

// A writing session has no private key: it has given its chain, and is gone.
struct custody_writer {
    bool open;
    uint32_t step;
    uint8_t public_key[VAULT_X25519_BYTES];
    uint8_t chain[CUSTODY_KEY_BYTES];
};

// The session of the box that was read last: the next one is a step away.
struct custody_reader {
    enum vault_custody_domain domain; // 0: none
    uint32_t step;
    uint8_t public_key[VAULT_X25519_BYTES];
    uint8_t first_chain[CUSTODY_KEY_BYTES];
    uint8_t chain[CUSTODY_KEY_BYTES];
};

struct custody_state {
    bool begun;
    uint8_t store_salt[VAULT_CUSTODY_STORE_SALT_BYTES];
    struct vault_hmac chain_key; // prepared
    uint8_t name_key[CUSTODY_KEY_BYTES];
    uint8_t device_kek[CUSTODY_KEY_BYTES];
    uint8_t pepper[CUSTODY_KEY_BYTES];

    bool pin_running;
    bool pin_there;
    uint32_t pin_rounds;
    uint8_t pin_salt[VAULT_CUSTODY_PIN_SALT_BYTES];
    uint8_t pin_kek[CUSTODY_KEY_BYTES];
    struct vault_pbkdf2 pbkdf2;

    struct custody_keys keys[CUSTODY_DOMAINS];
    struct custody_pair pairs[CUSTODY_DOMAINS]; // none for service
    struct custody_writer writers[CUSTODY_DOMAINS];
    struct custody_reader reader;

    // The cipher and the nonce key in use: 900 bytes for all domains and boxes, not for each.
    bool ready;
    enum vault_custody_domain ready_for; // 0: for one record, or for keys
    struct vault_aead cipher;
    struct vault_hmac nonce_hmac; // prepared
};

extern struct custody_state custody;

// Makes cipher and nonce key ready. False when the hardware failed.
bool custody_ready(enum vault_custody_domain domain, const uint8_t key[CUSTODY_KEY_BYTES],
    const uint8_t nonce_key[CUSTODY_KEY_BYTES]);
void custody_unready(void);
// With what is ready. `box` is the end of the additional data, and may be NULL.
enum vault_custody_result custody_seal_ready(struct vault_custody_piece aad, const uint8_t *box,
    uint32_t version, struct vault_custody_text text, uint8_t salt[VAULT_CUSTODY_SALT_BYTES]);
enum vault_custody_result custody_open_ready(struct vault_custody_piece aad, const uint8_t *box,
    uint32_t version, const uint8_t salt[VAULT_CUSTODY_SALT_BYTES],
    struct vault_custody_text text);
// HKDF(key, salt, info), 32 bytes.
bool custody_derive(const uint8_t *key, size_t n_key, const uint8_t *salt, size_t n_salt,
    const char *info, uint8_t out[CUSTODY_KEY_BYTES]);
void custody_close(enum vault_custody_domain domain);

static inline struct custody_keys *custody_keys_of(enum vault_custody_domain domain) {
    return &custody.keys[(unsigned)domain - 1u];
}

static inline struct custody_pair *custody_pair_of(enum vault_custody_domain domain) {
    return &custody.pairs[(unsigned)domain - 1u];
}

static inline struct custody_writer *custody_writer_of(enum vault_custody_domain domain) {
    return &custody.writers[(unsigned)domain - 1u];
}

#endif
