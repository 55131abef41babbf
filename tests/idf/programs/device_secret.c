// firmware/ports/esp32/device_secret.c on a chip with the HMAC peripheral or with NVS alone. Arguments are what
// happens, one after the other; each is answered by a line.
//
//   derive        asks for a label: "1" and the first bytes, or "0" and zeros
//   burn N        the eFuse block N gets a key for this purpose
//   radio_off     no randomness any more
//   lose, cut     NVS has no entry; an entry of 31 bytes
//   break         NVS says that it can not read
//   fuses N       flash encryption: 0 none, 1 development mode, 2 release mode; 4 more with secure boot
//   protected     answers "1" or "0"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_flash_encrypt.h"
#include "esp_secure_boot.h"
#include "soc/soc_caps.h"
#include "vault/core/device.h"
#include "vault/core/erase.h"
#include "vault/core/rng.h"

static int burnt = -1;
static bool radio = true;
static bool broken;
static size_t n_entry;
static unsigned n_open;
static int fuses;

esp_flash_enc_mode_t esp_get_flash_encryption_mode(void) {
    return (esp_flash_enc_mode_t)(fuses % 4);
}

bool esp_secure_boot_enabled(void) {
    return fuses >= 4;
}

void vault_erase(void *memory, size_t n_bytes) {
    memset(memory, 0, n_bytes);
}

#if SOC_HMAC_SUPPORTED

#include "esp_hmac.h"

// As ESP-IDF: no key for this purpose in the block is an error.
esp_err_t esp_hmac_calculate(hmac_key_id_t key_id, const void *message, size_t message_len, uint8_t *hmac) {
    memset(hmac, 0x77, 32);
    if ((int)key_id != burnt) {
        return ESP_FAIL;
    }
    hmac[0] = (uint8_t)key_id;
    hmac[1] = (uint8_t)message_len;
    hmac[2] = *(const uint8_t *)message;
    return ESP_OK;
}

#else

#include "nvs.h"

static uint8_t entry[VAULT_DEVICE_SECRET_BYTES];
static uint8_t drawn = 0x40;

bool vault_rng_fill(uint8_t *buf, size_t n_bytes) {
    memset(buf, radio ? drawn++ : 0, n_bytes);
    return radio;
}

// Stands for the HMAC: secret, label's length, label's first letter.
bool vault_device_hmac(
    bool is_there, uint8_t secret[VAULT_DEVICE_SECRET_BYTES], const char *label, uint8_t out[32]) {
    memset(out, 0, 32);
    if (is_there) {
        memcpy(out, secret, 32);
        out[1] = (uint8_t)strlen(label);
        out[2] = (uint8_t)label[0];
    }
    return is_there;
}

esp_err_t nvs_open(const char *namespace_name, nvs_open_mode_t open_mode, nvs_handle_t *out_handle) {
    (void)open_mode;
    *out_handle = 7;
    n_open++;
    return strcmp(namespace_name, "handset") == 0 ? ESP_OK : ESP_FAIL;
}

void nvs_close(nvs_handle_t handle) {
    n_open -= handle == 7;
}

// What is set and not committed is lost.
static uint8_t pending[VAULT_DEVICE_SECRET_BYTES];

esp_err_t nvs_set_blob(nvs_handle_t handle, const char *key, const void *value, size_t length) {
    memcpy(pending, value, sizeof pending);
    return handle == 7 && strcmp(key, "device_secret") == 0 && length == sizeof pending ? ESP_OK : ESP_FAIL;
}

esp_err_t nvs_commit(nvs_handle_t handle) {
    memcpy(entry, pending, sizeof entry);
    n_entry = sizeof entry;
    return handle == 7 ? ESP_OK : ESP_FAIL;
}

esp_err_t nvs_get_blob(nvs_handle_t handle, const char *key, void *out_value, size_t *length) {
    if (handle != 7 || broken || strcmp(key, "device_secret") != 0) {
        return ESP_FAIL;
    }
    if (n_entry == 0) {
        return ESP_ERR_NVS_NOT_FOUND;
    }
    memcpy(out_value, entry, n_entry);
    *length = n_entry;
    return ESP_OK;
}

#endif

static void derive(void) {
    uint8_t out[32];
    memset(out, 0xa5, sizeof out);
    printf("%d", vault_device_derive("label", out));
    for (unsigned i = 0; i < 4; i++) {
        printf(" %02x", out[i]);
    }
    printf(" open %u\n", n_open);
}

int main(int argc, char **argv) {
    printf("%s\n", vault_device_secret_name());
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "derive") == 0) {
            derive();
        } else if (strcmp(argv[i], "burn") == 0) {
            burnt = atoi(argv[++i]);
        } else if (strcmp(argv[i], "radio_off") == 0) {
            radio = false;
        } else if (strcmp(argv[i], "lose") == 0) {
            n_entry = 0;
        } else if (strcmp(argv[i], "cut") == 0) {
            n_entry = 31;
        } else if (strcmp(argv[i], "break") == 0) {
            broken = true;
        } else if (strcmp(argv[i], "fuses") == 0) {
            fuses = atoi(argv[++i]);
        } else if (strcmp(argv[i], "protected") == 0) {
            printf("%d\n", vault_flash_is_protected());
        } else {
            return 2;
        }
    }
    return 0;
}
