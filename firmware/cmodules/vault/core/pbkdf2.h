// PBKDF2 with HMAC-SHA256 (RFC 8018 clause 5.2): a PIN in, 32 bytes out, in slices that leave the
// caller's other work its turn.
#ifndef VAULT_PBKDF2_H
#define VAULT_PBKDF2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hmac.h"

#define VAULT_PBKDF2_BYTES VAULT_SHA256_BYTES

// Lives in the caller's memory, until it is forgotten.
struct vault_pbkdf2 {
    struct vault_hmac key; // prepared: a round then takes two blocks of SHA-256, not four
    uint8_t last[VAULT_PBKDF2_BYTES];
    uint8_t sum[VAULT_PBKDF2_BYTES];
    uint32_t n_left;
};

// Does the first of `n_rounds`, which are at least 1. False when the hash failed (only hardware
// can): then it is forgotten. The same goes for a step.
bool vault_pbkdf2_start(struct vault_pbkdf2 *derived, const uint8_t *password, size_t n_password,
    const uint8_t *salt, size_t n_salt, uint32_t n_rounds);
// Does `n_rounds` more, or what is left of them: `sum` is the result when n_left is 0.
bool vault_pbkdf2_step(struct vault_pbkdf2 *derived, uint32_t n_rounds);
void vault_pbkdf2_forget(struct vault_pbkdf2 *derived);

#endif
