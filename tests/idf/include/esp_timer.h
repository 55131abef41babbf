// API Reference > System > ESP Timer: microseconds since boot.
#pragma once

#include <stdint.h>

#include "esp_err.h"

int64_t esp_timer_get_time(void);
