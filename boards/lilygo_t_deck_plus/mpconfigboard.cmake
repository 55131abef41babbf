set(IDF_TARGET esp32s3)
set(HANDSET_SDKCONFIGS
    boards/sdkconfig.base
    boards/sdkconfig.240mhz
    boards/sdkconfig.spiram_sx
    boards/sdkconfig.spiram_oct
)
include(${HANDSET_ROOT}/firmware/ports/esp32/board.cmake)
