// API Reference > Peripherals > GPIO & RTC GPIO.
#pragma once

#include <stdint.h>

#include "esp_err.h"
#include "hal/gpio_types.h"

esp_err_t gpio_set_direction(gpio_num_t gpio_num, gpio_mode_t mode);
esp_err_t gpio_set_level(gpio_num_t gpio_num, uint32_t level);
int gpio_get_level(gpio_num_t gpio_num);
void esp_rom_gpio_pad_select_gpio(uint32_t gpio_num);
