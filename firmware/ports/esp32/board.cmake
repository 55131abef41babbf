# What all boards of this port share in MicroPython's CMake build: included by their mpconfigboard.cmake,
# after it has set IDF_TARGET. MicroPython's CMakeLists.txt reads the variables set here.
# In, from build.mk: HANDSET_ROOT, HANDSET_VARIANT (release or dev), HANDSET_GENERATED.

set(HANDSET_PORT ${HANDSET_ROOT}/firmware/ports/esp32)

# The last of two settings counts: MicroPython's, ours, the board's own.
set(SDKCONFIG_DEFAULTS
    ${HANDSET_SDKCONFIGS}
    ${HANDSET_PORT}/sdkconfig.handset
    ${MICROPY_BOARD_DIR}/sdkconfig.board
)

set(MICROPY_FROZEN_MANIFEST ${MICROPY_BOARD_DIR}/manifest.py)
set(MICROPY_MANIFEST_FIRMWARE_DIR ${HANDSET_ROOT}/firmware)
set(MICROPY_MANIFEST_GENERATED_DIR ${HANDSET_GENERATED})
set(MICROPY_MANIFEST_VARIANT ${HANDSET_VARIANT})

# Parts of MicroPython that come as git submodules and that nothing here needs.
set(MICROPY_PY_BTREE OFF)
set(MICROPY_PY_TINYUSB OFF)
set(MICROPY_LIB_DIR ${CMAKE_CURRENT_SOURCE_DIR}/../../no-micropython-lib)

list(APPEND MICROPY_INC_CORE ${HANDSET_PORT} ${HANDSET_GENERATED})
list(APPEND MICROPY_SOURCE_BOARD
    ${HANDSET_PORT}/datagram.c
    ${HANDSET_PORT}/espnow_guard.c
    ${HANDSET_PORT}/heap_limit.c
)
add_link_options(-Wl,--wrap=gc_get_max_new_split -Wl,--wrap=esp_now_register_recv_cb)

if(HANDSET_VARIANT STREQUAL "release")
    list(APPEND MICROPY_DEF_BOARD HANDSET_RELEASE=1)
    list(APPEND MICROPY_SOURCE_BOARD ${HANDSET_PORT}/no_prompt.c)
    add_link_options(-Wl,--wrap=pyexec_friendly_repl -Wl,--wrap=pyexec_raw_repl)
endif()
