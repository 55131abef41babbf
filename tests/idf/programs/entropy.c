// firmware/ports/esp32/entropy.c on a chip whose radio the argument switches: "off", "never" (not even
// initialised) or "on". Prints what it said and what it left in the buffer.
#include <stdio.h>
#include <string.h>

#include "esp_random.h"
#include "esp_wifi.h"
#include "vault/entropy.h"

static const char *radio;

esp_err_t esp_wifi_get_max_tx_power(int8_t *power) {
    if (strcmp(radio, "on") == 0) {
        *power = 80;
        return ESP_OK;
    }
    return strcmp(radio, "off") == 0 ? ESP_ERR_WIFI_NOT_STARTED : ESP_ERR_WIFI_NOT_INIT;
}

void esp_fill_random(void *buf, size_t len) {
    memset(buf, 0xee, len);
}

int main(int argc, char **argv) {
    uint8_t buf[6] = {0};
    radio = argc > 1 ? argv[1] : "on";
    printf("%d", vault_entropy(buf + 1, sizeof buf - 2));
    for (unsigned i = 0; i < sizeof buf; i++) {
        printf(" %02x", buf[i]);
    }
    printf(" %s\n", vault_entropy_name());
    return 0;
}
