# Builds every board of this port, one after the other.
BOARDS := $(notdir $(patsubst %/build.mk,%,$(shell grep -l ports/esp32/build.mk boards/*/build.mk)))

.PHONY: all $(BOARDS)
.NOTPARALLEL:
all: $(BOARDS)

$(BOARDS):
	@$(MAKE) firmware BOARD=$@
