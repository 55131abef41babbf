// Stands in for vo-amrwbenc's util.c, whose Copy() reads two samples past the end of its source.
#include <string.h>

#include "acelp.h"
#include "fixed.h"

// The C libraries of small chips go by the byte; so this is faster than memset().
void Set_zero(Word16 x[], Word16 length) {
    const Word16 *end = x + length;
    for (; end - x >= 4; x += 4) {
        x[0] = x[1] = x[2] = x[3] = 0;
    }
    while (x != end) {
        *x++ = 0;
    }
}

// For pointers that are aligned to words.
static const Word16 *copy_words(const Word16 *x, Word16 *y, const Word16 *end) {
    for (; end - x >= 8; x += 8, y += 8) {
        memcpy(__builtin_assume_aligned(y, 4), __builtin_assume_aligned(x, 4), 4);
        memcpy(__builtin_assume_aligned(y + 2, 4), __builtin_assume_aligned(x + 2, 4), 4);
        memcpy(__builtin_assume_aligned(y + 4, 4), __builtin_assume_aligned(x + 4, 4), 4);
        memcpy(__builtin_assume_aligned(y + 6, 4), __builtin_assume_aligned(x + 6, 4), 4);
    }
    return x;
}

static const Word16 *copy_samples(const Word16 *x, Word16 *y, const Word16 *end) {
    for (; end - x >= 4; x += 4, y += 4) {
        Word16 x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];
        y[0] = x0;
        y[1] = x1;
        y[2] = x2;
        y[3] = x3;
    }
    return x;
}

// They may overlap. memcpy() of a small chip goes by the byte wherever something begins off a word.
void Copy(Word16 x[], Word16 y[], Word16 length) {
    size_t n_bytes = (size_t)length * sizeof(x[0]);
    if ((uintptr_t)y - (uintptr_t)x < n_bytes) {
        memmove(y, x, n_bytes);
        return;
    }
    const Word16 *from = x, *end = x + length;
    if (length > 0 && (uintptr_t)from % 4 != 0) {
        *y++ = *from++;
    }
    const Word16 *rest = (uintptr_t)from % 4 == (uintptr_t)y % 4 ? copy_words(from, y, end) : copy_samples(from, y, end);
    for (y += rest - from; rest != end; rest++, y++) {
        *y = *rest;
    }
}
