// HMAC with SHA-256 (RFC 2104, FIPS 198-1), in the caller's memory. The library's own would
// allocate.
#ifndef VAULT_HMAC_H
#define VAULT_HMAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VAULT_SHA256_BYTES 32u

struct vault_hmac {
    uint64_t opaque[32];
};

// Start with a key of any size, add the message piece by piece, finish. A NULL piece of 0 bytes is
// fine. False when the hash failed (only hardware can). Finishing erases the key; so does a start
// that fails, and nothing else does.
bool vault_hmac_start(struct vault_hmac *hmac, const uint8_t *key, size_t n_key_bytes);
bool vault_hmac_add(struct vault_hmac *hmac, const uint8_t *piece, size_t n_bytes);
bool vault_hmac_finish(struct vault_hmac *hmac, uint8_t mac[VAULT_SHA256_BYTES]);

// A key that is used often: prepared once, copied for each message, which saves half the work of a
// short one. What is prepared is never finished, but forgotten.
bool vault_hmac_prepare(struct vault_hmac *prepared, const uint8_t *key, size_t n_key_bytes);
void vault_hmac_copy(struct vault_hmac *hmac, const struct vault_hmac *prepared);
void vault_hmac_forget(struct vault_hmac *hmac);

#endif
