// What vault_device_derive() computes (../device_secret.h), for ports without hardware for it.
#ifndef VAULT_DEVICE_H
#define VAULT_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "../device_secret.h"

bool vault_device_hmac(const uint8_t secret[VAULT_DEVICE_SECRET_BYTES], const char *label,
    uint8_t out[32]);

#endif
