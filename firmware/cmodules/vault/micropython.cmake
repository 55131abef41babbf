# C module `vault` in a MicroPython build that uses CMake: the esp32 port.
#
# modvault.c is compiled as a part of MicroPython. The core, with the port's source of randomness, is a
# library that other C modules link too (vault_core). Beneath it is ESP-IDF's own mbedTLS, with its
# settings and its drivers of the chip's AES and SHA; the port's esp32_common.cmake requires it.

set(VAULT_DIR ${CMAKE_CURRENT_LIST_DIR})
get_filename_component(VAULT_MODULES ${VAULT_DIR} DIRECTORY)
get_filename_component(VAULT_ENTROPY ${VAULT_DIR}/../../ports/esp32/entropy.c ABSOLUTE)
file(GLOB VAULT_CORE_SOURCES CONFIGURE_DEPENDS ${VAULT_DIR}/core/*.c)

add_library(vault_core STATIC ${VAULT_CORE_SOURCES} ${VAULT_ENTROPY})
target_compile_options(vault_core PRIVATE -std=gnu99 -O2 -ffunction-sections -fdata-sections -Wall)
# Everybody says "vault/core/aead.h".
target_include_directories(vault_core PUBLIC ${VAULT_MODULES})
target_link_libraries(vault_core PRIVATE idf::mbedtls idf::esp_wifi idf::esp_hw_support)

add_library(usermod_vault INTERFACE)
target_sources(usermod_vault INTERFACE ${VAULT_DIR}/modvault.c)
target_include_directories(usermod_vault INTERFACE ${VAULT_MODULES})
target_link_libraries(usermod_vault INTERFACE vault_core)
target_link_libraries(usermod INTERFACE usermod_vault)
