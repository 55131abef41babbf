// Key agreement on Curve25519 (RFC 7748), by the verified code of Project Everest that mbedTLS
// brings along: constant in time, and no table, no heap.
#ifndef VAULT_X25519_H
#define VAULT_X25519_H

#include <stdbool.h>
#include <stdint.h>

#define VAULT_X25519_BYTES 32u

// Any 32 random bytes are a private key.
void vault_x25519_public(const uint8_t private_key[VAULT_X25519_BYTES],
    uint8_t public_key[VAULT_X25519_BYTES]);

// False when the other's public key is none (of small order): then `secret` is zeroed.
bool vault_x25519(const uint8_t private_key[VAULT_X25519_BYTES],
    const uint8_t public_key[VAULT_X25519_BYTES], uint8_t secret[VAULT_X25519_BYTES]);

#endif
