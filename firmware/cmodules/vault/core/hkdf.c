#include "hkdf.h"

#include <string.h>

#include "erase.h"
#include "hmac.h"

#define HASH_BYTES VAULT_SHA256_BYTES

bool vault_hkdf_extract(const uint8_t *salt, size_t n_salt, const uint8_t *ikm, size_t n_ikm,
    uint8_t prk[VAULT_HKDF_PRK_BYTES]) {
    struct vault_hmac hmac;
    // HMAC fills a short key up with zeros: no salt is the same as a salt of zeros.
    if (!vault_hmac_start(&hmac, salt, n_salt)) {
        vault_erase(prk, VAULT_HKDF_PRK_BYTES);
        return false;
    }
    bool added = vault_hmac_add(&hmac, ikm, n_ikm);
    bool finished = vault_hmac_finish(&hmac, prk);
    if (!added) {
        vault_erase(prk, VAULT_HKDF_PRK_BYTES);
    }
    return added && finished;
}

// T(i) = HMAC(PRK, T(i-1) | info | i), in place; T(0) is empty.
static bool next_block(const uint8_t *prk, const uint8_t *info, size_t n_info, uint8_t i,
    uint8_t block[HASH_BYTES]) {
    struct vault_hmac hmac;
    if (!vault_hmac_start(&hmac, prk, VAULT_HKDF_PRK_BYTES)) {
        return false;
    }
    bool added = vault_hmac_add(&hmac, block, i == 1 ? 0 : HASH_BYTES)
        && vault_hmac_add(&hmac, info, n_info) && vault_hmac_add(&hmac, &i, 1);
    return vault_hmac_finish(&hmac, block) && added;
}

bool vault_hkdf_expand(const uint8_t prk[VAULT_HKDF_PRK_BYTES], const uint8_t *info, size_t n_info,
    uint8_t *out, size_t n_out) {
    if (n_out > VAULT_HKDF_OUT_BYTES_MAX) {
        return false;
    }
    uint8_t block[HASH_BYTES];
    bool done = true;
    uint8_t i = 1;
    for (size_t at = 0; done && at < n_out; at += HASH_BYTES, i++) {
        size_t n_left = n_out - at;
        done = next_block(prk, info, n_info, i, block);
        memcpy(out + at, block, n_left < HASH_BYTES ? n_left : HASH_BYTES);
    }
    vault_erase(block, sizeof block);
    if (!done) {
        vault_erase(out, n_out);
    }
    return done;
}
