// HKDF with SHA-256 (RFC 5869): one secret in, keys for many purposes out.
#ifndef VAULT_HKDF_H
#define VAULT_HKDF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VAULT_HKDF_PRK_BYTES 32u
#define VAULT_HKDF_OUT_BYTES_MAX (255u * 32u)

// Clause 2.2. `salt` NULL or of 0 bytes counts as 32 zeros. False when the hash failed (only
// hardware can): then `prk` is zeroed.
bool vault_hkdf_extract(const uint8_t *salt, size_t n_salt, const uint8_t *ikm, size_t n_ikm,
    uint8_t prk[VAULT_HKDF_PRK_BYTES]);

// Clause 2.3. False when more than VAULT_HKDF_OUT_BYTES_MAX are asked for (nothing is written then)
// or the hash failed (then `out` is zeroed).
bool vault_hkdf_expand(const uint8_t prk[VAULT_HKDF_PRK_BYTES], const uint8_t *info, size_t n_info,
    uint8_t *out, size_t n_out);

#endif
