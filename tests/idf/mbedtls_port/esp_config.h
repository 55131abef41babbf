// What stands for ESP-IDF's mbedtls/esp_config.h: AES, GCM and SHA-256 by the chip's hardware
// (CONFIG_MBEDTLS_HARDWARE_AES and _SHA, which are on by default).
#pragma once

#define MBEDTLS_AES_C
#define MBEDTLS_AES_ALT
#define MBEDTLS_GCM_C
#define MBEDTLS_GCM_ALT
#define MBEDTLS_CIPHER_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA256_ALT
