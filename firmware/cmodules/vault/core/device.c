#include "device.h"

#include <string.h>

#include "erase.h"
#include "hmac.h"

bool vault_device_hmac(const uint8_t secret[VAULT_DEVICE_SECRET_BYTES], const char *label,
    uint8_t out[32]) {
    struct vault_hmac hmac;
    if (!vault_hmac_start(&hmac, secret, VAULT_DEVICE_SECRET_BYTES)) {
        vault_erase(out, VAULT_SHA256_BYTES);
        return false;
    }
    bool added = vault_hmac_add(&hmac, (const uint8_t *)label, strlen(label));
    bool finished = vault_hmac_finish(&hmac, out);
    if (!added) {
        vault_erase(out, VAULT_SHA256_BYTES);
    }
    return added && finished;
}
