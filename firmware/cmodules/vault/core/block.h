// One block of AES-128 (FIPS 197): what the key derivation of SRTP is made of (RFC 3711 clause
// 4.3.3). No mode of operation: to encrypt data, see aead.h.
#ifndef VAULT_BLOCK_H
#define VAULT_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define VAULT_AES128_KEY_BYTES 16u
#define VAULT_AES_BLOCK_BYTES 16u

// `out` may be `in`. False when the cipher failed (only hardware can): then `out` is zeroed.
bool vault_aes128_block(const uint8_t key[VAULT_AES128_KEY_BYTES],
    const uint8_t in[VAULT_AES_BLOCK_BYTES], uint8_t out[VAULT_AES_BLOCK_BYTES]);

#endif
