// The console is UART0, through the board's USB bridge.
#include "handset_config.h"

#define MICROPY_HW_MCU_NAME "ESP32-PICO-D4"
