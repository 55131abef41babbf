// Debian 13's programs ask for the C23 names of these functions, which libc has from 2.38 on. For
// machines with an older one: preloaded into those programs and nothing else (tools.xtensa).

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

long __isoc23_strtol(const char *text, char **end, int base) {
    return strtol(text, end, base);
}

unsigned long __isoc23_strtoul(const char *text, char **end, int base) {
    return strtoul(text, end, base);
}

unsigned long long __isoc23_strtoull(const char *text, char **end, int base) {
    return strtoull(text, end, base);
}

int __isoc23_sscanf(const char *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int n_items = vsscanf(text, format, arguments);
    va_end(arguments);
    return n_items;
}

int __isoc23_fscanf(FILE *stream, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int n_items = vfscanf(stream, format, arguments);
    va_end(arguments);
    return n_items;
}
