#include "x25519.h"

#include <string.h>

#include "erase.h"

#define BYTES VAULT_X25519_BYTES
// What the library's function takes of the stack at most, with -O2 on the chips; a test has the compilers'
// figures.
#define STACK_BYTES 2112u

// The library's (3rdparty/everest), whose header would bring along stdio and more. Reads its second
// and third argument only.
void Hacl_Curve25519_crypto_scalarmult(uint8_t *result, uint8_t *scalar, uint8_t *point);

// The library leaves its working numbers behind on the stack, and with them the private key.
static void __attribute__((noinline)) erase_stack(void) {
    uint8_t left_behind[STACK_BYTES];
    vault_erase(left_behind, sizeof left_behind);
}

static void multiply(uint8_t *result, const uint8_t *scalar, const uint8_t *point) {
    Hacl_Curve25519_crypto_scalarmult(result, (uint8_t *)(uintptr_t)scalar,
        (uint8_t *)(uintptr_t)point);
    erase_stack();
}

void vault_x25519_public(const uint8_t private_key[VAULT_X25519_BYTES],
    uint8_t public_key[VAULT_X25519_BYTES]) {
    static const uint8_t base[BYTES] = {9};
    multiply(public_key, private_key, base);
}

bool vault_x25519(const uint8_t private_key[VAULT_X25519_BYTES],
    const uint8_t public_key[VAULT_X25519_BYTES], uint8_t secret[VAULT_X25519_BYTES]) {
    multiply(secret, private_key, public_key);
    unsigned any = 0;
    for (unsigned i = 0; i < BYTES; i++) {
        any |= secret[i];
    }
    return any != 0;
}
