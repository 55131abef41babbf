// API Reference > Networking > Wi-Fi.
#pragma once

#include "esp_err.h"
#include "esp_wifi_types.h"

esp_err_t esp_wifi_config_espnow_rate(wifi_interface_t ifx, wifi_phy_rate_t rate);
