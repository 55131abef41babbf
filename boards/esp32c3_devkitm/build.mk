# Firmware of this board; everything is in firmware/ports/esp32/build.mk.
BOARD := esp32c3_devkitm
include firmware/ports/esp32/build.mk
