#include "copy.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// May stand for values of any type.
typedef uint32_t __attribute__((may_alias)) word;

#define WORD_BYTES sizeof(word)

void *voice_opus_copy(void *to, const void *from, size_t n_bytes) {
    uintptr_t distance = (uintptr_t)to - (uintptr_t)from;
    // From front to back, unless that would overwrite what is still to be read.
    bool ascending = distance >= n_bytes;
    if (!ascending || ((uintptr_t)to | (uintptr_t)from) % WORD_BYTES != 0) {
        return memmove(to, from, n_bytes);
    }
    word *out = to;
    const word *in = from;
    size_t n_words = n_bytes / WORD_BYTES;
    #pragma GCC unroll 8
    for (size_t i = 0; i < n_words; i++) {
        out[i] = in[i];
    }
    const uint8_t *last_in = (const uint8_t *)(in + n_words);
    uint8_t *last_out = (uint8_t *)(out + n_words);
    for (size_t i = 0; i < n_bytes % WORD_BYTES; i++) {
        last_out[i] = last_in[i];
    }
    return to;
}
