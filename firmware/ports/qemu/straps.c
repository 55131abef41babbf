// The bench's notes to the firmware: texts by name, loaded with the firmware at the end of RAM. For each:
// its name, NUL, the number of its bytes in decimal, NUL, the bytes; then a NUL.

#include "machine.h"

#include <stdlib.h>
#include <string.h>

int strap_read(const char *wanted, char *to, size_t capacity) {
    const char *at = (const char *)MACHINE_STRAPS;
    while (*at != '\0') {
        const char *name = at;
        const char *length = name + strlen(name) + 1u;
        const char *text = length + strlen(length) + 1u;
        size_t n_bytes = (size_t)atoi(length);
        if (strcmp(name, wanted) == 0) {
            memcpy(to, text, n_bytes < capacity ? n_bytes : capacity);
            return (int)n_bytes;
        }
        at = text + n_bytes;
    }
    return -1;
}
