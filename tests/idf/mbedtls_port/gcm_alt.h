// Size and members as in components/mbedtls/port/include/aes/esp_aes_gcm.h, with the pointer to a
// software context that later versions add.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "aes_alt.h"

typedef struct {
    uint8_t H[16];
    uint8_t ghash[16];
    uint8_t J0[16];
    uint64_t HL[16];
    uint64_t HH[16];
    uint8_t ori_j0[16];
    const uint8_t *iv;
    size_t iv_len;
    uint64_t aad_len;
    size_t data_len;
    int mode;
    const unsigned char *aad;
    mbedtls_aes_context aes_ctx;
    int gcm_state;
    void *ctx_soft;
} mbedtls_gcm_context;

#define mbedtls_gcm_init esp_aes_gcm_init
#define mbedtls_gcm_free esp_aes_gcm_free
#define mbedtls_gcm_setkey esp_aes_gcm_setkey
#define mbedtls_gcm_crypt_and_tag esp_aes_gcm_crypt_and_tag
#define mbedtls_gcm_auth_decrypt esp_aes_gcm_auth_decrypt
