// Security > Secure Boot V2, "How To Enable Secure Boot V2" and API Guides > Bootloader.
#pragma once

#include <stdbool.h>

bool esp_secure_boot_enabled(void);
