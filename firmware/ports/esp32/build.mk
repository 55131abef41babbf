# Builds a board of MicroPython's esp32 port with ESP-IDF; its own build.mk sets BOARD and includes this.
# Called from the top folder by `make firmware BOARD=<name> [VARIANT=dev]`. Without a usable ESP-IDF it
# stops before anything else and says what to install. Makes in build/<name> (a development build in
# build/<name>-dev): firmware.bin, its parts, flash_args and flash.json, see firmware/tools/esp32_image.py.

ROOT        := $(CURDIR)
PYTHON      ?= python3
JOBS        ?= 2
VARIANT     ?= release
THIRD_PARTY := $(ROOT)/build/third_party
TOP         := $(THIRD_PARTY)/micropython
MPY_CROSS   := $(ROOT)/build/mpy-cross
OUT         ?= $(ROOT)/build/$(BOARD)$(if $(filter dev,$(VARIANT)),-dev)
GENERATED   := $(OUT)/gen
OBJ         := $(OUT)/obj
SOURCE      := $(OUT)/micropython
THIS        := $(firstword $(MAKEFILE_LIST))

ifneq ($(filter $(VARIANT),release dev),$(VARIANT))
$(error VARIANT is release or dev, not '$(VARIANT)')
endif

TOOL := PYTHONPATH=firmware PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m tools
STEP := $(TOOL).step
LOGS := $(OUT)/log
# Sub-makes share nothing with this one: their variables have the same names for other things.
CLEAN_ENV := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL

# Dates in the binary come from the commit, and MicroPython's version from its own sources, not from our git.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
export GIT_CEILING_DIRECTORIES := $(THIRD_PARTY):$(OUT)

# The build starts afresh with other sources, another ESP-IDF or other settings: CMake keeps old values.
SETTINGS := firmware/ports/esp32/build.mk firmware/ports/esp32/handset_config.h \
            $(wildcard firmware/ports/esp32/sdkconfig.* boards/$(BOARD)/sdkconfig.*)
settings_now = $$( { cat $(SETTINGS) $(TOP)/.fetched.json; echo $(ROOT) $(IDF_PATH); \
    cat $(IDF_PATH)/tools/cmake/version.cmake; } | cksum)

.PHONY: all image fetch generated mpy-cross source
all:
	@$(TOOL).idf
	@$(MAKE) -f $(THIS) image

fetch:
	@$(TOOL).fetch micropython opus vo-amrwbenc opencore-amr mbedtls

generated: fetch
	@$(TOOL).board_facts boards/$(BOARD)/board.toml $(GENERATED)
	@$(TOOL).build_info $(THIRD_PARTY) $(GENERATED) micropython opus vo-amrwbenc opencore-amr mbedtls
	@$(TOOL).tree_digests boards/$(BOARD) $(GENERATED)
	@$(TOOL).partitions boards/$(BOARD)/board.toml $(GENERATED)

mpy-cross: fetch
	@$(STEP) mpy-cross "bytecode compiler" $(LOGS) -- \
	    $(CLEAN_ENV) make --no-print-directory -j$(JOBS) -C $(TOP)/mpy-cross BUILD=$(MPY_CROSS)

# ESP-IDF writes beside the project it builds (components its component manager fetches by hash, lock
# files): it gets a tree of links to MicroPython's sources with a copy of the port's own folder.
source: generated
	@if [ "$$(cat $(OUT)/settings 2>/dev/null)" != "$(settings_now)" ]; then \
	    rm -rf $(SOURCE) $(OBJ) && mkdir -p $(SOURCE)/ports $(SOURCE)/no-micropython-lib && \
	    for part in $(TOP)/*; do [ $${part##*/} = ports ] || ln -s $$part $(SOURCE)/; done && \
	    cp -R $(TOP)/ports/esp32 $(SOURCE)/ports/ && \
	    ln -s $(GENERATED)/partitions.csv $(SOURCE)/ports/esp32/partitions.csv && \
	    touch $(SOURCE)/no-micropython-lib/README.md && echo "$(settings_now)" > $(OUT)/settings; fi

image: source mpy-cross
	@$(STEP) $(VARIANT) "$(BOARD), with ESP-IDF" $(LOGS) -- \
	    $(CLEAN_ENV) MICROPY_MPYCROSS=$(MPY_CROSS)/mpy-cross \
	    idf.py -C $(SOURCE)/ports/esp32 -B $(OBJ) \
	    -D MICROPY_BOARD=$(BOARD) -D MICROPY_BOARD_DIR=$(ROOT)/boards/$(BOARD) \
	    -D USER_C_MODULES=$(ROOT)/firmware/cmodules/micropython.cmake \
	    -D HANDSET_ROOT=$(ROOT) -D HANDSET_VARIANT=$(VARIANT) -D HANDSET_GENERATED=$(GENERATED) \
	    -D HANDSET_THIRD_PARTY=$(THIRD_PARTY) build
	@$(TOOL).esp32_image boards/$(BOARD)/board.toml $(OBJ) $(OUT) $(VARIANT)
