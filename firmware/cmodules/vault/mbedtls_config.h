// What of mbedTLS is compiled for boards without ESP-IDF (which brings its own copy and settings).
//
// No CIPHER_C: GCM then calls AES directly, and nothing in here allocates. No platform layer, no
// entropy, no files, no errors in words. mbedTLS follows its own rules for everything else.
#ifndef VAULT_MBEDTLS_CONFIG_H
#define VAULT_MBEDTLS_CONFIG_H

// AES by tables, as constants in flash; one table and rotations instead of four: 2.6 kB of flash less
// for a tenth more instructions, see README.md.
#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
// GCM and RFC 3711 only ever encrypt blocks.
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT

// GHASH with a table of 256 bytes a key (GCM_LARGE_TABLE would be 4 kB a key).
#define MBEDTLS_GCM_C

#define MBEDTLS_SHA256_C

#endif
