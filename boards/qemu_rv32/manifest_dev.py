# What a development build has on top.
include("$(BOARD_DIR)/manifest.py")

freeze("$(FIRMWARE_DIR)/ports/qemu/dev")
include("$(FIRMWARE_DIR)/development")
