// The part of the project configuration that our code looks at. The chip comes from the command
// line: -DCONFIG_IDF_TARGET_ESP32=1, ..._ESP32S3=1 or ..._ESP32C3=1.
#pragma once

#if CONFIG_IDF_TARGET_ESP32 + CONFIG_IDF_TARGET_ESP32S3 + CONFIG_IDF_TARGET_ESP32C3 != 1
#error "name one chip: -DCONFIG_IDF_TARGET_ESP32=1, ..._ESP32S3=1 or ..._ESP32C3=1"
#endif

#if CONFIG_IDF_TARGET_ESP32C3
#define CONFIG_IDF_TARGET_ARCH_RISCV 1
#define CONFIG_FREERTOS_UNICORE 1
#else
#define CONFIG_IDF_TARGET_ARCH_XTENSA 1
#endif
#define CONFIG_FREERTOS_HZ 1000 // firmware/ports/esp32/sdkconfig.handset
