// API Reference > Networking > Wi-Fi.
#pragma once

#include <stdint.h>

#include "esp_err.h"
#include "esp_wifi_types.h"

#define ESP_ERR_WIFI_NOT_INIT 0x3001
#define ESP_ERR_WIFI_NOT_STARTED 0x3002

esp_err_t esp_wifi_config_espnow_rate(wifi_interface_t ifx, wifi_phy_rate_t rate);
esp_err_t esp_wifi_get_max_tx_power(int8_t *power);
