// Randomness of the virtual handset: Linux's generator.

#include "vault/entropy.h"

#include <errno.h>
#include <sys/random.h>

// Without flags getrandom(2) waits until the kernel has gathered enough at its start, and gives
// nothing worse before. Beyond 256 bytes it may give fewer than asked for.
bool vault_entropy(uint8_t *buf, size_t n_bytes) {
    while (n_bytes > 0) {
        ssize_t n = getrandom(buf, n_bytes, 0);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        if (n > 0) {
            buf += n;
            n_bytes -= (size_t)n;
        }
    }
    return true;
}

const char *vault_entropy_name(void) {
    return "getrandom(2)";
}
