#include "erase.h"

#include <mbedtls/platform_util.h>

void vault_erase(void *memory, size_t n_bytes) {
    mbedtls_platform_zeroize(memory, n_bytes);
}
