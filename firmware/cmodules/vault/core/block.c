#include "block.h"

#include <mbedtls/aes.h>

#include "erase.h"

bool vault_aes128_block(const uint8_t key[VAULT_AES128_KEY_BYTES],
    const uint8_t in[VAULT_AES_BLOCK_BYTES], uint8_t out[VAULT_AES_BLOCK_BYTES]) {
    mbedtls_aes_context aes;
    mbedtls_aes_init(&aes);
    bool done = mbedtls_aes_setkey_enc(&aes, key, 8u * VAULT_AES128_KEY_BYTES) == 0
        && mbedtls_aes_crypt_ecb(&aes, MBEDTLS_AES_ENCRYPT, in, out) == 0;
    mbedtls_aes_free(&aes);
    if (!done) {
        vault_erase(out, VAULT_AES_BLOCK_BYTES);
    }
    return done;
}
