// MicroPython on the bare 32-bit RISC-V machine. A development build keeps compiler, REPL and files;
// a release build runs what is frozen into it and nothing else.

#include <alloca.h>
#include <stdint.h>

#include "board_facts.h"

#ifndef HANDSET_DEVELOPMENT
#error HANDSET_DEVELOPMENT must be 0 or 1: see port.mk
#endif

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

// Memory, as on the chips: 32-bit objects, single precision floats, bytecode.
#define MICROPY_ENABLE_GC (1)
#define MICROPY_LONGINT_IMPL (MICROPY_LONGINT_IMPL_MPZ)
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_FLOAT)
#define MICROPY_ENABLE_EMERGENCY_EXCEPTION_BUF (1)
#define MICROPY_EMERGENCY_EXCEPTION_BUF_SIZE (256)
#define MICROPY_STACK_CHECK (1)
#define MICROPY_STACK_CHECK_MARGIN (1024)
// micropython.mem_total() shows that the voice path allocates nothing; heap_lock() that it can not.
#define MICROPY_MEM_STATS (1)
#define MICROPY_MALLOC_USES_ALLOCATED_SIZE (1)
#define MICROPY_PY_MICROPYTHON_HEAP_LOCKED (1)
#define MICROPY_WARNINGS (1)

// Random numbers come from the board's rng (C module vault) and from nowhere else.
#define MICROPY_PY_RANDOM (0)
#define MICROPY_PY_OS_URANDOM (0)

// Waiting: the machine sleeps until a device or the timer wants something.
#define MICROPY_ENABLE_SCHEDULER (1)
#define MICROPY_PY_ASYNCIO (1)
#define MICROPY_PY_SELECT (1)
#define MICROPY_PY_SELECT_SELECT (0)
#define MICROPY_PY_TIME (1)
#define MICROPY_PY_TIME_TIME_TIME_NS (0)
#define MICROPY_PY_TIME_GMTIME_LOCALTIME_MKTIME (0)

#define MICROPY_PY_SYS_PLATFORM "qemu"
#define MICROPY_HW_BOARD_NAME HANDSET_BOARD_NAME
#define MICROPY_HW_MCU_NAME "rv32imac"
#define MICROPY_PY_SYS_STDIO_BUFFER (HANDSET_DEVELOPMENT)
#define MICROPY_PY_MACHINE (0)

#if HANDSET_DEVELOPMENT
#define MICROPY_ENABLE_COMPILER (1)
#define MICROPY_PERSISTENT_CODE_LOAD (1)
#define MICROPY_KBD_EXCEPTION (1)
#define MICROPY_REPL_INFO (0)
#define MICROPY_VFS (1)
#define MICROPY_VFS_ROM (0)
#define MICROPY_READER_VFS (1)
#define MICROPY_PY_OS (1)
#else
#define MICROPY_ENABLE_COMPILER (0)
#undef MICROPY_MODULE_FROZEN_STR
#define MICROPY_MODULE_FROZEN_STR (0)
#define MICROPY_KBD_EXCEPTION (0)
#define MICROPY_HELPER_REPL (0)
#define MICROPY_VFS (0)
#define MICROPY_VFS_ROM (0)
#define MICROPY_READER_VFS (0)
#define MICROPY_PY_OS (0)
#define MICROPY_PY_IO (0)
#define MICROPY_PY_JSON (0)
#define MICROPY_PY_BUILTINS_EVAL_EXEC (0)
#define MICROPY_PY_BUILTINS_EXECFILE (0)
#define MICROPY_PY_BUILTINS_COMPILE (0)
#define MICROPY_PY_BUILTINS_INPUT (0)
#define MICROPY_PY_BUILTINS_HELP (0)
#define MICROPY_PY_SYS_STDFILES (0)
#endif

#define MP_SSIZE_MAX (0x7fffffff)
#define UINT_FMT "%lu"
#define INT_FMT "%ld"
#define HEX_FMT "%lx"
typedef long mp_int_t;
typedef unsigned long mp_uint_t;
typedef long mp_off_t;

#define MP_STATE_PORT MP_STATE_VM
#define MP_NEED_LOG2 (1)
