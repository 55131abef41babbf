// The console is UART0, through the board's USB bridge; the chip's own USB port has no connector.
#include "handset_config.h"

#define MICROPY_HW_MCU_NAME "ESP32-C3"
#define MICROPY_HW_ESP_USB_SERIAL_JTAG (0)
#define MICROPY_HW_ENABLE_UART_REPL (1)
