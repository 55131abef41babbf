# Firmware of this board; everything is in firmware/ports/esp32/build.mk.
BOARD := lilygo_t_deck_plus
include firmware/ports/esp32/build.mk
