// Authenticated encryption: AES-128 or AES-256 in Galois/Counter Mode (NIST SP 800-38D), nonce of
// 96 bits, tag of 128 bits.
//
// Whoever seals must never use a nonce twice with the same key: the second time gives both texts
// and the means to forge away. Nothing in here can notice.
#ifndef VAULT_AEAD_H
#define VAULT_AEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VAULT_AEAD_NONCE_BYTES 12u
#define VAULT_AEAD_TAG_BYTES 16u

// A key, ready for use. Lives in the caller's memory; nothing is allocated (but by ESP-IDF's driver
// of the AES hardware). Not to be copied, and used by one thread at a time.
struct vault_aead {
    uint64_t opaque[80];
};

// Takes a key of 16 or 32 bytes; of any other size, false. An object that holds a key must be
// forgotten first.
bool vault_aead_init(struct vault_aead *aead, const uint8_t *key, size_t n_key_bytes);

// Encrypts `text` in place and makes the tag over it and the additional data `aad`, which goes in
// clear. `aad` and `text` may be NULL where their size is 0. False when the cipher failed (only
// hardware can): then text and tag are zeroed.
bool vault_aead_seal(struct vault_aead *aead, const uint8_t nonce[VAULT_AEAD_NONCE_BYTES],
    const uint8_t *aad, size_t n_aad, uint8_t *text, size_t n_text,
    uint8_t tag[VAULT_AEAD_TAG_BYTES]);

// Decrypts `text` in place. False when it is not authentic: then it is zeroed.
bool vault_aead_open(struct vault_aead *aead, const uint8_t nonce[VAULT_AEAD_NONCE_BYTES],
    const uint8_t *aad, size_t n_aad, uint8_t *text, size_t n_text,
    const uint8_t tag[VAULT_AEAD_TAG_BYTES]);

// Erases the key and what was made of it. The object may then be initialised again.
void vault_aead_forget(struct vault_aead *aead);

#endif
