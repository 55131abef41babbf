set(IDF_TARGET esp32)
set(HANDSET_SDKCONFIGS boards/sdkconfig.base boards/sdkconfig.240mhz)
include(${HANDSET_ROOT}/firmware/ports/esp32/board.cmake)
