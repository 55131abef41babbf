// The virtual handset's secret: a file of 32 bytes beside its flash, named by HANDSET_DEVICE_SECRET.

#include "vault/device_secret.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "vault/core/device.h"

static bool read_secret(uint8_t secret[VAULT_DEVICE_SECRET_BYTES]) {
    const char *path = getenv("HANDSET_DEVICE_SECRET");
    int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    uint8_t beyond;
    bool whole = read(file, secret, VAULT_DEVICE_SECRET_BYTES) == (ssize_t)VAULT_DEVICE_SECRET_BYTES
        && read(file, &beyond, 1) == 0;
    close(file);
    return whole;
}

bool vault_device_derive(const char *label, uint8_t out[32]) {
    uint8_t secret[VAULT_DEVICE_SECRET_BYTES];
    bool is_there = read_secret(secret);
    return vault_device_hmac(is_there, secret, label, out);
}

const char *vault_device_secret_name(void) {
    return "file";
}

// The flash is a file of whoever runs this: neither fuses nor encryption.
bool vault_flash_is_protected(void) {
    return false;
}
