// What vault_device_derive() computes (../device_secret.h), for ports without hardware for it.
#ifndef VAULT_DEVICE_H
#define VAULT_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "../device_secret.h"

// `is_there`: whether the port could read the secret. Erases it, or what there is of it.
bool vault_device_hmac(bool is_there, uint8_t secret[VAULT_DEVICE_SECRET_BYTES], const char *label,
    uint8_t out[32]);

#endif
