// X25519 of Project Everest, as mbedTLS has it in 3rdparty/everest: what its own
// Hacl_Curve25519_joined.c joins, but without mbedTLS's configuration, so that the same file is built
// beneath ESP-IDF, whose copy of mbedTLS has it switched off. Where the compiler has no numbers of 128
// bits, that is on every chip, they are the verified ones of kremlib.
//
// Nothing in it is ours, so it is compiled without warnings: see mbedtls.mk and micropython.cmake.

// endian.h has htole64() with these only, where the compiler is asked for C99.
#define _DEFAULT_SOURCE
#define _BSD_SOURCE

// Called where an array would be larger than memory: never, and known when compiling.
#define KRML_HOST_PRINTF(...)
#define KRML_HOST_EPRINTF(...)
#define KRML_HOST_EXIT(code)
#define KRML_HOST_TIME() 0

#if defined(__SIZEOF_INT128__) && !defined(VAULT_EVEREST_NO_INT128)
#include "Hacl_Curve25519.c"
#else
#define KRML_VERIFIED_UINT128
#include "kremlib/FStar_UInt128_extracted.c"
#include "legacy/Hacl_Curve25519.c"
#endif

#include "kremlib/FStar_UInt64_FStar_UInt32_FStar_UInt16_FStar_UInt8.c"
