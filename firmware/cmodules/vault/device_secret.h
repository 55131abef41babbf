// The secret that makes this device another than every other, given by each port in one file
// (firmware/ports/<port>/device_secret.c). It is asked for, never told: nobody here sees its bytes.
#ifndef VAULT_DEVICE_SECRET_H
#define VAULT_DEVICE_SECRET_H

#include <stdbool.h>
#include <stdint.h>

#define VAULT_DEVICE_SECRET_BYTES 32u

// `out` = HMAC-SHA256(device secret, label), or false with `out` zeroed: there is no such secret,
// and nothing takes its place.
bool vault_device_derive(const char *label, uint8_t out[32]);
// Where it lies, such as "eFuse".
const char *vault_device_secret_name(void);
// Whether the hardware keeps what is in the flash from who dumps it, and foreign programs out.
bool vault_flash_is_protected(void);

#endif
