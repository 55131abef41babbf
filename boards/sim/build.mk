# Builds build/sim/handset: MicroPython's unix port as an out-of-tree variant with our C modules and frozen code.
# Called from the top folder by `make firmware BOARD=sim`. Every step is incremental; nothing is written into
# the fetched sources.
#
# MICROPYTHON=1.25.0 builds with another release that third_party.toml knows, into build/sim-1.25.0.

ROOT        := $(CURDIR)
JOBS        ?= 2
PYTHON      ?= python3
THIRD_PARTY := $(ROOT)/build/third_party
CODECS      := $(ROOT)/build/codecs/native
MBEDTLS     := $(ROOT)/build/mbedtls/native
MICROPYTHON ?=
RELEASE     := $(if $(MICROPYTHON),-$(MICROPYTHON))
SOURCES     := micropython$(subst .,-,$(RELEASE)) opus vo-amrwbenc opencore-amr mbedtls
MPY_CROSS   := $(ROOT)/build/mpy-cross$(RELEASE)
OUT         := $(ROOT)/build/sim$(RELEASE)
OBJ         := $(OUT)/obj
GENERATED   := $(OUT)/gen
MPY_LIB     := $(OUT)/no-micropython-lib
TOP         := $(THIRD_PARTY)/$(firstword $(SOURCES))

TOOL := PYTHONPATH=firmware PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m tools
STEP := $(TOOL).step
LOGS := $(OUT)/log
# Sub-makes share nothing with this one: their variables have the same names for other things.
MAKE_IN := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --no-print-directory -j$(JOBS)

# Dates in the binary come from the commit, and MicroPython's version from its own sources, not from our git.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
export GIT_CEILING_DIRECTORIES := $(THIRD_PARTY)

# MicroPython's make follows sources and headers, but not the settings below (nor that one of them took a module away),
# nor a frozen file that is gone:
# other settings start the objects afresh, other file names the frozen code.
SETTINGS := $(filter-out %/codecs.mk %/mbedtls.mk,$(wildcard boards/sim/*.mk boards/sim/*.h firmware/cmodules/*/*.mk))
settings_now = $$( { cat $(SETTINGS) $(TOP)/.fetched.json; echo $(ROOT); $(CC) --version; } | cksum)
frozen_now   = $$( { find firmware/handset firmware/hal firmware/ports -name '*.py' | LC_ALL=C sort; } | cksum)

.PHONY: all fetch generated codecs mbedtls mpy-cross micropython
all: micropython

fetch:
	@$(TOOL).fetch $(SOURCES)

generated: fetch
	@$(TOOL).board_facts boards/sim/board.toml $(GENERATED)
	@$(TOOL).build_info $(THIRD_PARTY) $(GENERATED) $(SOURCES)

codecs: fetch
	@$(STEP) codecs "AMR and Opus" $(LOGS) -- \
	    $(MAKE_IN) -f firmware/cmodules/voice/codecs.mk TARGET=native THIRD_PARTY=$(THIRD_PARTY) OUT=$(CODECS)

mbedtls: fetch
	@$(STEP) mbedtls "AES-GCM, SHA-256 and X25519" $(LOGS) -- \
	    $(MAKE_IN) -f firmware/cmodules/vault/mbedtls.mk TARGET=native THIRD_PARTY=$(THIRD_PARTY) OUT=$(MBEDTLS)

mpy-cross: fetch
	@$(STEP) mpy-cross "bytecode compiler" $(LOGS) -- \
	    $(MAKE_IN) -C $(TOP)/mpy-cross BUILD=$(MPY_CROSS)

# With its symbols (STRIP=): a test asks the binary who calls whom.
micropython: generated codecs mbedtls mpy-cross
	@mkdir -p $(OBJ) $(MPY_LIB) && touch $(MPY_LIB)/README.md
	@if [ "$$(cat $(OBJ)/settings 2>/dev/null)" != "$(settings_now)" ]; then \
	    rm -rf $(OBJ) && mkdir -p $(OBJ) && echo "$(settings_now)" > $(OBJ)/settings; fi
	@if [ "$$(cat $(OBJ)/frozen 2>/dev/null)" != "$(frozen_now)" ]; then \
	    rm -rf $(OBJ)/frozen_mpy $(OBJ)/frozen_content.c && echo "$(frozen_now)" > $(OBJ)/frozen; fi
	@$(STEP) sim "$(OUT:$(ROOT)/%=%)/handset" $(LOGS) -- \
	    $(MAKE_IN) -C $(TOP)/ports/unix VARIANT_DIR=$(ROOT)/boards/sim BUILD=$(OBJ) PROG=handset STRIP= \
	    MICROPY_MPYCROSS=$(MPY_CROSS)/mpy-cross MPY_LIB_DIR=$(MPY_LIB) \
	    USER_C_MODULES=$(ROOT)/firmware/cmodules FROZEN_MANIFEST=$(ROOT)/boards/sim/manifest.py \
	    MICROPY_MANIFEST_FIRMWARE_DIR=$(ROOT)/firmware MICROPY_MANIFEST_GENERATED_DIR=$(GENERATED) \
	    BOARD_DIR=$(ROOT)/boards/sim HANDSET_ROOT=$(ROOT) HANDSET_GENERATED=$(GENERATED) \
	    HANDSET_CODECS=$(CODECS) HANDSET_MBEDTLS=$(MBEDTLS) HANDSET_THIRD_PARTY=$(THIRD_PARTY)
	@cmp -s $(OBJ)/handset $(OUT)/handset || { cp $(OBJ)/handset $(OUT)/handset.new && \
	    mv $(OUT)/handset.new $(OUT)/handset; }
	@touch $(OUT)/built
