# Firmware of this board; everything is in firmware/ports/esp32/build.mk.
BOARD := m5stack_atom_echo
include firmware/ports/esp32/build.mk
