// API Reference > System > Miscellaneous System APIs.
#pragma once

#include "esp_err.h"
#include "esp_idf_version.h"
#include "sdkconfig.h"

typedef void (*shutdown_handler_t)(void);

esp_err_t esp_register_shutdown_handler(shutdown_handler_t handle);
esp_err_t esp_unregister_shutdown_handler(shutdown_handler_t handle);
void esp_restart(void) __attribute__((noreturn));
void esp_system_abort(const char *details) __attribute__((noreturn));
