// The console is the chip's own USB serial port: the pins of UART0 lead to the GNSS receiver.
#include "handset_config.h"

#define MICROPY_HW_MCU_NAME "ESP32-S3"
#define MICROPY_HW_ENABLE_UART_REPL (0)
