// Which ESP-IDF is declared here: v5.4, or another with -DDECLARED_IDF_MINOR=2 or 3.
#pragma once

#ifndef DECLARED_IDF_MINOR
#define DECLARED_IDF_MINOR 4
#endif
#define ESP_IDF_VERSION_VAL(major, minor, patch) ((major) << 16 | (minor) << 8 | (patch))
#define ESP_IDF_VERSION ESP_IDF_VERSION_VAL(5, DECLARED_IDF_MINOR, 0)
