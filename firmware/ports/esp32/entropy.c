// Randomness of the chip: its generator, only while noise feeds it.
//
// It "produces true random numbers so long as" Wi-Fi or Bluetooth is enabled, and otherwise its output
// "should be considered as pseudo-random only" (ESP-IDF Programming Guide v5.3.4, "Random Number
// Generation"). The other source, the SAR ADC, must be off before I2S or Wi-Fi is used (same chapter,
// "Startup"), so it is no choice for a handset. A radio that sleeps feeds nothing either: our drivers
// keep Wi-Fi's power saving off (WLAN.PM_NONE).

#include "vault/entropy.h"

#include "esp_random.h"
#include "esp_wifi.h"

// It answers ESP_ERR_WIFI_NOT_INIT or ESP_ERR_WIFI_NOT_STARTED while the radio is off.
static bool radio_is_on(void) {
    int8_t power;
    return esp_wifi_get_max_tx_power(&power) == ESP_OK;
}

bool vault_entropy(uint8_t *buf, size_t n_bytes) {
    if (!radio_is_on()) {
        return false;
    }
    esp_fill_random(buf, n_bytes);
    return true;
}

const char *vault_entropy_name(void) {
    return "esp_fill_random";
}
