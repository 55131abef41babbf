# Firmware of this board; everything is in firmware/ports/esp32/build.mk.
BOARD := esp32_devkitc
include firmware/ports/esp32/build.mk
