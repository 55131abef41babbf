// Size and members as in components/mbedtls/port/include/aes/esp_aes.h.
#pragma once

#include <stdint.h>

typedef struct {
    uint8_t key_bytes;
    volatile uint8_t key_in_hardware;
    uint8_t key[32];
} mbedtls_aes_context;

#define mbedtls_aes_init esp_aes_init
#define mbedtls_aes_free esp_aes_free
#define mbedtls_aes_setkey_enc esp_aes_setkey
#define mbedtls_aes_crypt_ecb esp_aes_crypt_ecb
