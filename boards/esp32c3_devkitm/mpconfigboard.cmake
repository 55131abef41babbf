set(IDF_TARGET esp32c3)
set(HANDSET_SDKCONFIGS boards/sdkconfig.base)
include(${HANDSET_ROOT}/firmware/ports/esp32/board.cmake)
