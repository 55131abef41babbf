# C module `vault` in a MicroPython build that uses CMake: the esp32 port.
#
# All of it is compiled as a part of MicroPython, which ESP-IDF links with its own mbedTLS (the port's
# esp32_common.cmake requires that component): with its settings, and its drivers of the chip's AES
# and SHA. The port gives entropy.h's two functions.

set(VAULT_DIR ${CMAKE_CURRENT_LIST_DIR})
file(GLOB VAULT_CORE_SOURCES CONFIGURE_DEPENDS ${VAULT_DIR}/core/*.c)

add_library(usermod_vault INTERFACE)
target_sources(usermod_vault INTERFACE ${VAULT_DIR}/modvault.c ${VAULT_CORE_SOURCES})
# Others say "vault/core/aead.h".
target_include_directories(usermod_vault INTERFACE ${VAULT_DIR}/..)
target_link_libraries(usermod INTERFACE usermod_vault)
