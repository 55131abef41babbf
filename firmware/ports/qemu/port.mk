# MicroPython on the bare 32-bit RISC-V machine of QEMU. Run in this folder by boards/<name>/build.mk, which gives:
#
#   TOP_DIR          MicroPython's sources          BUILD             where everything made goes
#   HANDSET_DEV      1: compiler, REPL and files    GENERATED         board_facts.h
#   USER_C_MODULES, FROZEN_MANIFEST, MICROPY_MPYCROSS, MPY_LIB_DIR, HANDSET_CODECS, HANDSET_MBEDTLS,
#   HANDSET_THIRD_PARTY

include $(TOP_DIR)/py/mkenv.mk

QSTR_DEFS =
MICROPY_ROM_TEXT_COMPRESSION ?= 0
CROSS_COMPILE ?= riscv64-unknown-elf-
MPY_CROSS_FLAGS += -march=rv32imc

# Files of a development build.
MICROPY_VFS_LFS2 = $(HANDSET_DEV)

# Sizes of memory come from board.toml, so the linker's script goes through the preprocessor.
LDSCRIPT := $(BUILD)/memory.ld

include $(TOP)/py/py.mk
include $(TOP)/extmod/extmod.mk

# Without -misa-spec, GCC 12 chooses 64-bit libraries.
ARCH := -march=rv32imac -mabi=ilp32 -misa-spec=2.2
AFLAGS += $(ARCH)
# A development build keeps files and a tree's modules in RAM beside what it shares with the release: no chip has
# this much more, and none is promised it.
EXTRA_HEAP := -DHANDSET_EXTRA_HEAP_BYTES=$(if $(filter 1,$(HANDSET_DEV)),32768,0)

INC += -I. -I$(TOP) -I$(BUILD) -I$(GENERATED)

CFLAGS += $(ARCH) --specs=picolibc.specs $(INC) -std=gnu11 -Os -DNDEBUG -DHANDSET_DEVELOPMENT=$(HANDSET_DEV)
CFLAGS += $(EXTRA_HEAP)
CFLAGS += -Wall -Wpointer-arith -Wdouble-promotion -Wfloat-conversion -Werror
# Without the compiler, upstream leaves a variable unused.
CFLAGS += -Wno-unused-variable
CFLAGS += -ffunction-sections -fdata-sections
LDFLAGS += $(ARCH) --specs=picolibc.specs -nostartfiles -T $(LDSCRIPT) -Wl,--gc-sections -Wl,-Map=$(BUILD)/firmware.map
LIBS += $(LDFLAGS_USERMOD)

PORT_C := $(sort $(wildcard *.c))
SRC_C += $(PORT_C) \
	shared/readline/readline.c \
	shared/runtime/gchelper_native.c \
	shared/runtime/interrupt_char.c \
	shared/runtime/pyexec.c \
	shared/runtime/stdout_helpers.c \
	shared/runtime/sys_stdio_mphal.c
LIB_SRC_C += $(SRC_LIB_LIBM_C) $(SRC_LIB_LIBM_SQRT_SW_C)
SRC_QSTR += $(SRC_C)

OBJ += $(PY_O) $(addprefix $(BUILD)/, $(SRC_C:.c=.o) $(LIB_SRC_C:.c=.o))
OBJ += $(BUILD)/start.o $(BUILD)/shared/runtime/gchelper_rv32i.o

# Ours, and free of every warning gcc has for it.
$(addprefix $(BUILD)/, $(PORT_C:.c=.o)): CFLAGS += -Wextra -Wunused-variable -Wno-unused-parameter

.PHONY: all
all: $(BUILD)/firmware.elf

$(LDSCRIPT): memory.ld $(GENERATED)/board_facts.h
	$(Q)$(CPP) -P -x c $(EXTRA_HEAP) -I$(GENERATED) $< -o $@

$(BUILD)/firmware.elf: $(LDSCRIPT) $(OBJ)
	$(ECHO) "LINK $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $(OBJ) $(LIBS)
	$(Q)$(SIZE) $@

include $(TOP)/py/mkrules.mk
