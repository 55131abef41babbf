# C module `vault` in a MicroPython build that uses CMake: the esp32 port.
#
# modvault.c and modcustody.c are compiled as a part of MicroPython. The core, with the port's source of
# randomness and its secret, is a library that other C modules link too (vault_core). Beneath it is ESP-IDF's
# own mbedTLS, with its settings and its drivers of the chip's AES and SHA; the port's esp32_common.cmake
# requires it. X25519, which that one has switched off, comes from mbedTLS's released sources.
# In: HANDSET_THIRD_PARTY (folder with the unpacked mbedtls), HANDSET_GENERATED (folder with board_facts.h).

set(VAULT_DIR ${CMAKE_CURRENT_LIST_DIR})
get_filename_component(VAULT_MODULES ${VAULT_DIR} DIRECTORY)
get_filename_component(VAULT_PORT ${VAULT_DIR}/../../ports/esp32 ABSOLUTE)
file(GLOB VAULT_CORE_SOURCES CONFIGURE_DEPENDS ${VAULT_DIR}/core/*.c)

add_library(vault_core STATIC
    ${VAULT_CORE_SOURCES} ${VAULT_PORT}/entropy.c ${VAULT_PORT}/device_secret.c ${VAULT_DIR}/everest/curve25519.c
)
target_compile_options(vault_core PRIVATE -std=gnu99 -O2 -ffunction-sections -fdata-sections -Wall)
# Everybody says "vault/core/aead.h".
target_include_directories(vault_core PUBLIC ${VAULT_MODULES})
target_include_directories(vault_core PRIVATE ${HANDSET_GENERATED})
target_link_libraries(vault_core PRIVATE idf::mbedtls idf::esp_wifi idf::esp_hw_support idf::nvs_flash
    idf::bootloader_support)
# From v5.4 on the HMAC peripheral's driver may be in a component of its own.
if(TARGET idf::esp_security)
    target_link_libraries(vault_core PRIVATE idf::esp_security)
endif()

# Nothing in it is ours.
set(VAULT_EVEREST ${HANDSET_THIRD_PARTY}/mbedtls/3rdparty/everest)
set_source_files_properties(${VAULT_DIR}/everest/curve25519.c PROPERTIES
    COMPILE_OPTIONS -w
    INCLUDE_DIRECTORIES "${VAULT_EVEREST}/library;${VAULT_EVEREST}/include;${VAULT_EVEREST}/include/everest;${VAULT_EVEREST}/include/everest/kremlib"
)

add_library(usermod_vault INTERFACE)
target_sources(usermod_vault INTERFACE ${VAULT_DIR}/modvault.c ${VAULT_DIR}/modcustody.c)
target_include_directories(usermod_vault INTERFACE ${VAULT_MODULES})
target_link_libraries(usermod_vault INTERFACE vault_core)
target_link_libraries(usermod INTERFACE usermod_vault)
