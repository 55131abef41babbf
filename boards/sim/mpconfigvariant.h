// MicroPython on the virtual handset: upstream's unix configuration, less what a handset has no use for.

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

// The chips this board stands for have single precision floats only: a computation that needs more must
// fail here too.
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_FLOAT)

// Frozen code is bytecode, as on the chips.
#define MICROPY_EMIT_X64 (0)
#define MICROPY_EMIT_X86 (0)
#define MICROPY_EMIT_THUMB (0)
#define MICROPY_EMIT_ARM (0)

#include "variants/mpconfigvariant_common.h"

// asyncio, and interrupts that call back into Python.
#define MICROPY_ENABLE_SCHEDULER (1)
#define MICROPY_PY_ASYNCIO (1)

// micropython.mem_total() shows that the voice path allocates nothing; heap_lock() that it can not.
#undef MICROPY_MEM_STATS
#define MICROPY_MEM_STATS (1)
#define MICROPY_PY_MICROPYTHON_HEAP_LOCKED (1)

// The contracts of firmware/hal are the only way to hardware.
#undef MICROPY_PY_MACHINE
#define MICROPY_PY_MACHINE (0)
#undef MICROPY_PY_MACHINE_PULSE
#define MICROPY_PY_MACHINE_PULSE (0)
#undef MICROPY_PY_MACHINE_PIN_BASE
#define MICROPY_PY_MACHINE_PIN_BASE (0)
#undef MICROPY_VFS_ROM
#define MICROPY_VFS_ROM (0)

// Random numbers come from the board's rng (C module vault) and from nowhere else.
#undef MICROPY_PY_RANDOM
#define MICROPY_PY_RANDOM (0)
#undef MICROPY_PY_OS_URANDOM
#define MICROPY_PY_OS_URANDOM (0)

// No shell, no web sockets, no loading of compiled code from files.
#undef MICROPY_PY_OS_SYSTEM
#define MICROPY_PY_OS_SYSTEM (0)
#undef MICROPY_PY_WEBSOCKET
#define MICROPY_PY_WEBSOCKET (0)
