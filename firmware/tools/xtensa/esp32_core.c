// Describes the ESP32's processor to Debian's Xtensa compiler and binutils, which load it from the
// shared object that XTENSA_GNU_CONFIG names. Compiled by tools.xtensa together with binutils' own
// xtensa-modules.c (the instruction tables, where little-endian order and the FPU are already in).
//
// Facts: esp-idf, components/xtensa/esp32/include/xtensa/config/core-isa.h ("esp32_v3_49_prod",
// LX6.0.3), and the same file of esp32s3 ("LX7_ESP32_S3", LX7.0.12). For what a C compiler makes
// of them, the two cores are one: the S3 adds instructions no compiler emits by itself, and 16
// byte data paths for them. So one description serves both.
//
// Not the ESP32's own: Espressif's compiler leaves division and square root to its library, hence
// no FP_DIV, FP_RECIP, FP_SQRT, FP_RSQRT here although the core has the steps for them.

#define XTENSA_CONFIG_DEFINITION
#include "xtensa-config.h" // binutils' default core: what follows is where the ESP32 differs

#undef XCHAL_HAVE_BE
#define XCHAL_HAVE_BE 0
#undef XCHAL_HAVE_MAC16
#define XCHAL_HAVE_MAC16 1
#undef XCHAL_HAVE_MUL32_HIGH
#define XCHAL_HAVE_MUL32_HIGH 1
#undef XCHAL_HAVE_BOOLEANS
#define XCHAL_HAVE_BOOLEANS 1
#undef XCHAL_HAVE_FP
#define XCHAL_HAVE_FP 1
#undef XCHAL_NUM_AREGS
#define XCHAL_NUM_AREGS 64
#undef XCHAL_ICACHE_SIZE
#define XCHAL_ICACHE_SIZE 0
#undef XCHAL_DCACHE_SIZE
#define XCHAL_DCACHE_SIZE 0
#undef XCHAL_DCACHE_IS_WRITEBACK
#define XCHAL_DCACHE_IS_WRITEBACK 0
#undef XCHAL_HAVE_MMU
#define XCHAL_HAVE_MMU 0
#define XCHAL_HAVE_CLAMPS 1
#define XCHAL_DATA_WIDTH 4
#define XCHAL_UNALIGNED_LOAD_EXCEPTION 0
#define XCHAL_UNALIGNED_STORE_EXCEPTION 0
#define XCHAL_UNALIGNED_LOAD_HW 1
#define XCHAL_UNALIGNED_STORE_HW 1

#include "xtensa-dynconfig.h"

#ifndef XTENSA_CONFIG_ENTRY_LIST
#error "xtensa-dynconfig.h of another binutils"
#endif

XTENSA_CONFIG_INSTANCE_LIST;

// What the compiler predefines: "__XCHAL_HAVE_BE=0" and so on.
#undef XTENSA_CONFIG_ENTRY
#define TEXT(value) #value
#define VALUE_TEXT(value) TEXT(value)
#define XTENSA_CONFIG_ENTRY(name) "__" #name "=" VALUE_TEXT(name)
const char *const xtensa_config_strings[] = {XTENSA_CONFIG_ENTRY_LIST, 0};

int plugin_is_GPL_compatible;
