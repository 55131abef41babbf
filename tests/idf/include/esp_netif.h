// API Reference > Networking > ESP-NETIF.
#pragma once

#include "esp_idf_version.h"

typedef struct esp_netif_obj esp_netif_t;
typedef enum { ESP_IF_WIFI_STA, ESP_IF_WIFI_AP } esp_interface_t;
