#include "source.h"

#include "vault/entropy.h"

source_byte *source = source_good;
uint64_t source_ends_at = UINT64_MAX;
uint64_t source_n_drawn;

// The finaliser of splitmix64: every position a byte of its own.
uint8_t source_good(uint64_t position) {
    uint64_t x = (position + 1) * 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return (uint8_t)(x ^ (x >> 31));
}

bool vault_entropy(uint8_t *buf, size_t n_bytes) {
    for (size_t i = 0; i < n_bytes; i++) {
        if (source_n_drawn >= source_ends_at) {
            return false;
        }
        buf[i] = source(source_n_drawn++);
    }
    return true;
}

const char *vault_entropy_name(void) {
    return "test";
}
