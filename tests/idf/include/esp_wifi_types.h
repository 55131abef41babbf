// API Reference > Networking > Wi-Fi, and ESP-NOW for what its callbacks see.
#pragma once

typedef enum { WIFI_IF_STA, WIFI_IF_AP } wifi_interface_t;
typedef enum { WIFI_PHY_RATE_1M_L } wifi_phy_rate_t;

typedef struct {
    signed rssi : 8;
} wifi_pkt_rx_ctrl_t;
