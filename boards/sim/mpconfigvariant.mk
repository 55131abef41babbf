# What MicroPython's unix port links for the virtual handset; included by its Makefile (see build.mk).

# Packets come in on inherited descriptors (firmware/ports/unix), never through sockets of Python's.
MICROPY_PY_SOCKET = 0
MICROPY_PY_THREAD = 0
MICROPY_PY_TERMIOS = 0
MICROPY_PY_FFI = 0
MICROPY_PY_BTREE = 0
MICROPY_PY_SSL = 0
MICROPY_PY_BLUETOOTH = 0
MICROPY_VFS_FAT = 0
MICROPY_VFS_LFS1 = 0
MICROPY_VFS_LFS2 = 0

# The C half of firmware/ports/unix.
SRC_C += $(sort $(wildcard $(HANDSET_ROOT)/firmware/ports/unix/*.c))
CFLAGS += -I$(HANDSET_GENERATED)
