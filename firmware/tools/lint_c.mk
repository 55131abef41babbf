# Compiles our own C with every warning an error, for the host and for the chips; makes nothing. Called by `make lint`.

HANDSET_THIRD_PARTY := build/third_party
VOICE := firmware/cmodules/voice
VAULT := firmware/cmodules/vault
include $(VOICE)/includes.mk
include $(VAULT)/includes.mk

PYTHON ?= python3
TOOLCHAIN = $(shell PYTHONPATH=firmware PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m tools.toolchains $(1))

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wdouble-promotion -Wvla -Wstrict-prototypes -Werror
FLAGS := -O2 $(WARNINGS) -I$(VOICE) -Ifirmware/cmodules $(VOICE_CODEC_INCLUDES) $(VAULT_INCLUDES)

CORE := $(wildcard $(VOICE)/core/*.c $(VAULT)/core/*.c)
# Ours in the place of files of a library, whose declarations they share.
FAST_AMRWB := $(wildcard $(VOICE)/fast/amrwb/*.c)
AMRWB_INCLUDES := -isystem $(HANDSET_THIRD_PARTY)/vo-amrwbenc/amrwbenc/inc

.PHONY: all
all:

# $(call compiles,architecture,standard,sources)
define compiles
.PHONY: $(3:%=$(1)/%)
all: $(3:%=$(1)/%)
$(3:%=$(1)/%): $(1)/%:
	$(call TOOLCHAIN,$(1)) -std=$(2) $(FLAGS) -c $$* -o /dev/null
endef

$(eval $(call compiles,x64,c99 -pedantic,$(CORE)))
$(eval $(call compiles,rv32imc,c99 -pedantic,$(CORE)))
$(eval $(call compiles,xtensa-lx6,c99 -pedantic,$(CORE)))
$(foreach arch,x64 rv32imc xtensa-lx6,$(eval $(call compiles,$(arch),c99 -pedantic $(AMRWB_INCLUDES),$(FAST_AMRWB))))

# Beneath the core: POSIX. What is beneath it on ESP32 wants that chip's headers: see tests/chipless.
$(eval $(call compiles,x64,gnu99,$(VOICE)/io_sim.c firmware/ports/unix/entropy.c \
    firmware/ports/unix/device_secret.c))

# The bare machine, where it does not know of MicroPython.
QEMU := firmware/ports/qemu
MACHINE := $(addprefix $(QEMU)/,cfi_flash.c device_secret.c entropy.c ivshmem.c protection.c straps.c time.c trap.c virtio.c wire.c)
$(eval $(call compiles,rv32imac,gnu11 -I$(QEMU),$(MACHINE) $(VOICE)/io_qemu.c))
