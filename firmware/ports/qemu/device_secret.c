// The bare machine's secret: the bench's note "device_secret", 32 bytes in hexadecimal.

#include "vault/device_secret.h"

#include "machine.h"
#include "vault/core/device.h"
#include "vault/core/erase.h"

#define DIGITS (2u * VAULT_DEVICE_SECRET_BYTES)

// 16 when it is none.
static unsigned value_of(char digit) {
    if (digit >= '0' && digit <= '9') {
        return (unsigned)(digit - '0');
    }
    return digit >= 'a' && digit <= 'f' ? (unsigned)(digit - 'a') + 10u : 16u;
}

static bool read_secret(uint8_t secret[VAULT_DEVICE_SECRET_BYTES]) {
    char digits[DIGITS];
    bool whole = strap_read("device_secret", digits, sizeof digits) == (int)DIGITS;
    for (unsigned i = 0; whole && i < VAULT_DEVICE_SECRET_BYTES; i++) {
        unsigned high = value_of(digits[2 * i]);
        unsigned low = value_of(digits[2 * i + 1]);
        whole = high < 16u && low < 16u;
        secret[i] = (uint8_t)(16u * high + low);
    }
    vault_erase(digits, sizeof digits);
    return whole;
}

bool vault_device_derive(const char *label, uint8_t out[32]) {
    uint8_t secret[VAULT_DEVICE_SECRET_BYTES];
    bool is_there = read_secret(secret);
    return vault_device_hmac(is_there, secret, label, out);
}

const char *vault_device_secret_name(void) {
    return "strap";
}

// The flash is a file of the bench: neither fuses nor encryption.
bool vault_flash_is_protected(void) {
    return false;
}
