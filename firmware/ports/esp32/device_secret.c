// The chip's secret. Where the chip has the HMAC peripheral (ESP32-C3, ESP32-S3): an eFuse key that no
// program can read, burnt when the handset was made, in the block that board.toml names ([vault] hmac_key).
// A block that is empty or burnt for another purpose gives no key (ESP-IDF Programming Guide v5.3, HMAC).
//
// The ESP32 has no such thing. There it is 32 random bytes in the NVS partition, drawn at first use: whoever
// reads the flash reads them too, unless flash encryption is on and NVS uses it.

#include "vault/device_secret.h"

#include <string.h>

#include "board_facts.h"
#include "esp_flash_encrypt.h"
#include "esp_secure_boot.h"
#include "sdkconfig.h"
#include "soc/soc_caps.h"

#if SOC_HMAC_SUPPORTED || defined(CONFIG_NVS_ENCRYPTION)
#define IS_SECRET_SAFE true
#else
#define IS_SECRET_SAFE false // flash encryption leaves NVS out, which has its own
#endif

// In development mode anybody may still write the flash in the clear.
bool vault_flash_is_protected(void) {
    return IS_SECRET_SAFE && esp_get_flash_encryption_mode() == ESP_FLASH_ENC_MODE_RELEASE
        && esp_secure_boot_enabled();
}

#if SOC_HMAC_SUPPORTED

#include "esp_hmac.h"
#include "vault/core/erase.h"

#ifndef HANDSET_VAULT_HMAC_KEY
#error "this chip keeps its secret in an eFuse: board.toml lacks hmac_key in [vault]"
#endif

bool vault_device_derive(const char *label, uint8_t out[32]) {
    bool done = esp_hmac_calculate((hmac_key_id_t)HANDSET_VAULT_HMAC_KEY, label, strlen(label), out)
        == ESP_OK;
    if (!done) {
        vault_erase(out, 32);
    }
    return done;
}

const char *vault_device_secret_name(void) {
    return "eFuse";
}

#else

#include "nvs.h"
#include "vault/core/device.h"
#include "vault/core/rng.h"

#ifdef HANDSET_VAULT_HMAC_KEY
#error "this chip has no HMAC peripheral: take hmac_key out of [vault] in board.toml"
#endif

// Only where there is none: one that can not be read is not replaced, its store would be lost.
static bool make(nvs_handle_t nvs, uint8_t secret[VAULT_DEVICE_SECRET_BYTES]) {
    return vault_rng_fill(secret, VAULT_DEVICE_SECRET_BYTES)
        && nvs_set_blob(nvs, "device_secret", secret, VAULT_DEVICE_SECRET_BYTES) == ESP_OK
        && nvs_commit(nvs) == ESP_OK;
}

static bool read_secret(uint8_t secret[VAULT_DEVICE_SECRET_BYTES]) {
    nvs_handle_t nvs;
    size_t n_bytes = VAULT_DEVICE_SECRET_BYTES;
    if (nvs_open("handset", NVS_READWRITE, &nvs) != ESP_OK) {
        return false;
    }
    esp_err_t error = nvs_get_blob(nvs, "device_secret", secret, &n_bytes);
    bool there = error == ESP_ERR_NVS_NOT_FOUND
        ? make(nvs, secret)
        : error == ESP_OK && n_bytes == VAULT_DEVICE_SECRET_BYTES;
    nvs_close(nvs);
    return there;
}

bool vault_device_derive(const char *label, uint8_t out[32]) {
    uint8_t secret[VAULT_DEVICE_SECRET_BYTES];
    bool is_there = read_secret(secret);
    return vault_device_hmac(is_there, secret, label, out);
}

const char *vault_device_secret_name(void) {
    return "NVS";
}

#endif
