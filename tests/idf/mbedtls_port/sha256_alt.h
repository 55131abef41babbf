// Size and members as in components/mbedtls/port/include/sha256_alt.h, for chips with DMA, which is
// the larger one.
#pragma once

#include <stdint.h>

typedef struct {
    uint32_t total[2];
    uint32_t state[8];
    unsigned char buffer[64];
    int first_block;
    int mode;
    int sha_state;
} mbedtls_sha256_context;
