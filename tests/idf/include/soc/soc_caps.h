// What the chips have, as far as I2S, the device secret and MicroPython's configuration ask: the guide's pages
// "I2S", "HMAC", "USB Device", "DAC", "PCNT" of each chip say which of them exist there.
#pragma once

#include "sdkconfig.h"

#define SOC_I2S_SUPPORTED 1
#if CONFIG_IDF_TARGET_ESP32
#define SOC_I2S_NUM 2
#define SOC_I2S_HW_VERSION_1 1
#define SOC_I2S_PDM_MAX_RX_LINES 1
#define SOC_DAC_SUPPORTED 1
#elif CONFIG_IDF_TARGET_ESP32S3
#define SOC_I2S_NUM 2
#define SOC_I2S_HW_VERSION_2 1
#define SOC_I2S_SUPPORTS_TDM 1
#define SOC_I2S_PDM_MAX_RX_LINES 4
#define SOC_USB_OTG_SUPPORTED 1
#else
#define SOC_I2S_NUM 1
#define SOC_I2S_HW_VERSION_2 1
#define SOC_I2S_SUPPORTS_TDM 1
#endif
#if !CONFIG_IDF_TARGET_ESP32
#define SOC_HMAC_SUPPORTED 1
#endif
#if !CONFIG_IDF_TARGET_ESP32C3
#define SOC_I2S_SUPPORTS_PDM 1
#define SOC_I2S_SUPPORTS_PDM_RX 1 // with a filter that makes samples of the bits
#define SOC_PCNT_SUPPORTED 1
#endif
