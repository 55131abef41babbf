#include "device.h"

#include <string.h>

#include "erase.h"
#include "hmac.h"

bool vault_device_hmac(bool is_there, uint8_t secret[VAULT_DEVICE_SECRET_BYTES], const char *label,
    uint8_t out[32]) {
    struct vault_hmac hmac;
    bool done = is_there && vault_hmac_start(&hmac, secret, VAULT_DEVICE_SECRET_BYTES);
    vault_erase(secret, VAULT_DEVICE_SECRET_BYTES);
    if (done) {
        bool added = vault_hmac_add(&hmac, (const uint8_t *)label, strlen(label));
        done = vault_hmac_finish(&hmac, out) && added;
    }
    if (!done) {
        vault_erase(out, VAULT_SHA256_BYTES);
    }
    return done;
}
