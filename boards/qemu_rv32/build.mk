# Builds build/qemu_rv32/handset.elf (release) and handset-dev.elf (compiler, REPL, files).
# Called from the top folder by `make firmware BOARD=qemu_rv32`. Every step is incremental; nothing is written into
# the fetched sources.

ROOT        := $(CURDIR)
JOBS        ?= 2
PYTHON      ?= python3
THIRD_PARTY := $(ROOT)/build/third_party
CODECS      := $(ROOT)/build/codecs/rv32imac
MBEDTLS     := $(ROOT)/build/mbedtls/rv32imac
MPY_CROSS   := $(ROOT)/build/mpy-cross
OUT         := $(ROOT)/build/qemu_rv32
GENERATED   := $(OUT)/gen
MPY_LIB     := $(OUT)/no-micropython-lib
SOURCES     := micropython opus vo-amrwbenc opencore-amr mbedtls
TOP         := $(THIRD_PARTY)/micropython
BOARD_DIR   := $(ROOT)/boards/qemu_rv32

TOOL := PYTHONPATH=firmware PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m tools
STEP := $(TOOL).step
LOGS := $(OUT)/log
# Sub-makes share nothing with this one: their variables have the same names for other things.
MAKE_IN := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --no-print-directory -j$(JOBS)

CROSS := CC=riscv64-unknown-elf-gcc AR=riscv64-unknown-elf-ar \
         CFLAGS_EXTRA="-march=rv32imac -mabi=ilp32 -misa-spec=2.2 --specs=picolibc.specs"

# Dates in the binary come from the commit, and MicroPython's version from its own sources, not from our git.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
export GIT_CEILING_DIRECTORIES := $(THIRD_PARTY)

# MicroPython's make follows sources and headers, but not the settings below (nor that one of them took a module away),
# nor a frozen file that is gone:
# other settings start the objects afresh, other file names the frozen code.
SETTINGS := $(filter-out %/codecs.mk %/mbedtls.mk,$(wildcard boards/qemu_rv32/*.mk firmware/ports/qemu/*.mk \
                firmware/ports/qemu/mpconfigport.h firmware/cmodules/*/*.mk))
settings_now = $$( { cat $(SETTINGS) $(TOP)/.fetched.json; echo $(ROOT); riscv64-unknown-elf-gcc --version; } | cksum)
frozen_now   = $$( { find firmware/handset firmware/hal firmware/ports firmware/development -name '*.py' | LC_ALL=C sort; } | cksum)

.PHONY: all toolchain fetch generated codecs mbedtls mpy-cross release dev
all: release dev

toolchain:
	@$(TOOL).system_packages riscv64-unknown-elf-gcc

fetch:
	@$(TOOL).fetch $(SOURCES)

generated: fetch
	@$(TOOL).board_facts $(BOARD_DIR)/board.toml $(GENERATED)
	@$(TOOL).build_info $(THIRD_PARTY) $(GENERATED) $(SOURCES)
	@$(TOOL).tree_digests $(BOARD_DIR) $(GENERATED)

codecs: fetch toolchain
	@$(STEP) codecs "AMR and Opus for rv32imac" $(LOGS) -- \
	    $(MAKE_IN) -f firmware/cmodules/voice/codecs.mk THIRD_PARTY=$(THIRD_PARTY) OUT=$(CODECS) \
	    $(CROSS)

mbedtls: fetch toolchain
	@$(STEP) mbedtls "AES-GCM, SHA-256 and X25519 for rv32imac" $(LOGS) -- \
	    $(MAKE_IN) -f firmware/cmodules/vault/mbedtls.mk THIRD_PARTY=$(THIRD_PARTY) OUT=$(MBEDTLS) $(CROSS)

mpy-cross: fetch
	@$(STEP) mpy-cross "bytecode compiler" $(LOGS) -- \
	    $(MAKE_IN) -C $(TOP)/mpy-cross BUILD=$(MPY_CROSS)

# $(1) folder of the objects, $(2) 1 for development, $(3) manifest, $(4) product
define micropython
	@mkdir -p $(1) $(MPY_LIB) && touch $(MPY_LIB)/README.md
	@if [ "$$(cat $(1)/settings 2>/dev/null)" != "$(settings_now)" ]; then \
	    rm -rf $(1) && mkdir -p $(1) && echo "$(settings_now)" > $(1)/settings; fi
	@if [ "$$(cat $(1)/frozen 2>/dev/null)" != "$(frozen_now)" ]; then \
	    rm -rf $(1)/frozen_mpy $(1)/frozen_content.c && echo "$(frozen_now)" > $(1)/frozen; fi
	@$(STEP) qemu_rv32 "build/qemu_rv32/$(4)" $(LOGS) -- \
	    $(MAKE_IN) -C firmware/ports/qemu -f port.mk TOP_DIR=$(TOP) BUILD=$(1) HANDSET_DEV=$(2) GENERATED=$(GENERATED) \
	    MICROPY_MPYCROSS=$(MPY_CROSS)/mpy-cross MPY_LIB_DIR=$(MPY_LIB) \
	    USER_C_MODULES=$(ROOT)/firmware/cmodules FROZEN_MANIFEST=$(3) \
	    MICROPY_MANIFEST_FIRMWARE_DIR=$(ROOT)/firmware MICROPY_MANIFEST_GENERATED_DIR=$(GENERATED) \
	    MICROPY_MANIFEST_BOARD_DIR=$(BOARD_DIR) \
	    VOICE_IO=io_qemu.c HANDSET_GENERATED=$(GENERATED) HANDSET_CODECS=$(CODECS) HANDSET_MBEDTLS=$(MBEDTLS) \
	    HANDSET_THIRD_PARTY=$(THIRD_PARTY)
	@cmp -s $(1)/firmware.elf $(OUT)/$(4) || { cp $(1)/firmware.elf $(OUT)/$(4).new && mv $(OUT)/$(4).new $(OUT)/$(4); }
endef

release: generated codecs mbedtls mpy-cross
	$(call micropython,$(OUT)/obj,0,$(BOARD_DIR)/manifest.py,handset.elf)

dev: generated codecs mbedtls mpy-cross release
	$(call micropython,$(OUT)/obj-dev,1,$(BOARD_DIR)/manifest_dev.py,handset-dev.elf)
	@touch $(OUT)/built
