include("$(FIRMWARE_DIR)/ports/esp32/frozen")
