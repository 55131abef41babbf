#include "aead.h"

#include <mbedtls/gcm.h>

#include "erase.h"
#include "static_assert.h"

#define TAG_BYTES VAULT_AEAD_TAG_BYTES
#define NONCE_BYTES VAULT_AEAD_NONCE_BYTES

VAULT_STATIC_ASSERT(gcm_context_fits, sizeof(mbedtls_gcm_context) <= sizeof(struct vault_aead));

static mbedtls_gcm_context *context(struct vault_aead *aead) {
    return (mbedtls_gcm_context *)(void *)aead->opaque;
}

bool vault_aead_init(struct vault_aead *aead, const uint8_t *key, size_t n_key_bytes) {
    mbedtls_gcm_init(context(aead));
    if (n_key_bytes != 16 && n_key_bytes != 32) {
        return false;
    }
    unsigned n_key_bits = (unsigned)n_key_bytes * 8u;
    if (mbedtls_gcm_setkey(context(aead), MBEDTLS_CIPHER_ID_AES, key, n_key_bits) != 0) {
        vault_aead_forget(aead);
        return false;
    }
    return true;
}

bool vault_aead_seal(struct vault_aead *aead, const uint8_t nonce[VAULT_AEAD_NONCE_BYTES],
    const uint8_t *aad, size_t n_aad, uint8_t *text, size_t n_text,
    uint8_t tag[VAULT_AEAD_TAG_BYTES]) {
    if (mbedtls_gcm_crypt_and_tag(context(aead), MBEDTLS_GCM_ENCRYPT, n_text, nonce, NONCE_BYTES,
            aad, n_aad, text, text, TAG_BYTES, tag) != 0) {
        // What could not be encrypted must not leave as it is.
        vault_erase(text, n_text);
        vault_erase(tag, TAG_BYTES);
        return false;
    }
    return true;
}

bool vault_aead_open(struct vault_aead *aead, const uint8_t nonce[VAULT_AEAD_NONCE_BYTES],
    const uint8_t *aad, size_t n_aad, uint8_t *text, size_t n_text,
    const uint8_t tag[VAULT_AEAD_TAG_BYTES]) {
    if (mbedtls_gcm_auth_decrypt(context(aead), n_text, nonce, NONCE_BYTES, aad, n_aad, tag,
            TAG_BYTES, text, text) != 0) {
        vault_erase(text, n_text);
        return false;
    }
    return true;
}

void vault_aead_forget(struct vault_aead *aead) {
    // The library first: with ESP-IDF it may hold memory beside the object.
    mbedtls_gcm_free(context(aead));
    vault_erase(aead, sizeof *aead);
}
