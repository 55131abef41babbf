// What a C program asks of its surroundings, for Xtensa with register windows under `qemu-xtensa`
// (Linux system calls). The compiler comes without libraries for this way of calling.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// --- start and system calls -------------------------------------------------------------------

// A return address of zero ends the chain of register windows.
__asm__ (
    ".text\n"
    ".global _start\n"
    ".align 4\n"
    "_start:\n"
    "    movi a0, 0\n"
    "    call4 start\n");

// Linux' numbers, arch/xtensa/kernel/syscalls/syscall.tbl.
enum { SYS_OPEN = 8, SYS_CLOSE = 9, SYS_READ = 12, SYS_WRITE = 13, SYS_EXIT = 118 };

static int system_call(int number, intptr_t first, intptr_t second, intptr_t third) {
    register intptr_t a2 __asm__ ("a2") = number;
    register intptr_t a6 __asm__ ("a6") = first;
    register intptr_t a3 __asm__ ("a3") = second;
    register intptr_t a4 __asm__ ("a4") = third;
    __asm__ volatile ("syscall" : "+r" (a2) : "r" (a6), "r" (a3), "r" (a4) : "memory");
    return (int)a2;
}

int open(const char *path, int flags, ...) {
    const int linux_flags = flags == O_RDONLY ? 0 : 01101; // O_WRONLY, O_CREAT, O_TRUNC
    return system_call(SYS_OPEN, (intptr_t)path, linux_flags, 0644);
}

int close(int file) {
    return system_call(SYS_CLOSE, file, 0, 0);
}

ssize_t read(int file, void *buffer, size_t n_bytes) {
    return system_call(SYS_READ, file, (intptr_t)buffer, (intptr_t)n_bytes);
}

ssize_t write(int file, const void *buffer, size_t n_bytes) {
    return system_call(SYS_WRITE, file, (intptr_t)buffer, (intptr_t)n_bytes);
}

void _exit(int status) {
    for (;;) {
        system_call(SYS_EXIT, status, 0, 0);
    }
}

int main(void);

__attribute__((noreturn)) void start(void) {
    _exit(main());
}

// --- C library: what the programs use ----------------------------------------------------------

void *memcpy(void *restrict to, const void *restrict from, size_t n_bytes) {
    uint8_t *out = to;
    const uint8_t *in = from;
    while (n_bytes-- > 0) {
        *out++ = *in++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t n_bytes) {
    uint8_t *out = to;
    const uint8_t *in = from;
    if (out <= in) {
        return memcpy(to, from, n_bytes);
    }
    while (n_bytes-- > 0) {
        out[n_bytes] = in[n_bytes];
    }
    return to;
}

int memcmp(const void *left, const void *right, size_t n_bytes) {
    const uint8_t *a = left;
    const uint8_t *b = right;
    for (; n_bytes > 0 && *a == *b; n_bytes--) {
        a++;
        b++;
    }
    return n_bytes > 0 ? *a - *b : 0;
}

void *memset(void *to, int value, size_t n_bytes) {
    uint8_t *out = to;
    while (n_bytes-- > 0) {
        *out++ = (uint8_t)value;
    }
    return to;
}

size_t strlen(const char *text) {
    size_t n_bytes = 0;
    while (text[n_bytes] != '\0') {
        n_bytes++;
    }
    return n_bytes;
}

int strcmp(const char *a, const char *b) {
    while (*a != 0 && *a == *b) {
        a++;
        b++;
    }
    return *(const uint8_t *)a - *(const uint8_t *)b;
}

// Opus says why it gives up, and does.
FILE *const stderr;

int fprintf(FILE *stream, const char *format, ...) {
    (void)stream;
    (void)format;
    return 0;
}

size_t fwrite(const void *items, size_t n_bytes, size_t n_items, FILE *stream) {
    (void)items;
    (void)n_bytes;
    (void)stream;
    return n_items;
}

void abort(void) {
    _exit(134);
}

// --- compiler library: 64-bit arithmetic -------------------------------------------------------

uint64_t __umulsidi3(uint32_t a, uint32_t b) {
    uint32_t a_low = a & 0xffffu, a_high = a >> 16, b_low = b & 0xffffu, b_high = b >> 16;
    uint32_t middle = a_high * b_low + (a_low * b_low >> 16); // cannot carry
    uint32_t other = a_low * b_high + (middle & 0xffffu);     // neither
    uint32_t high = a_high * b_high + (middle >> 16) + (other >> 16);
    return (uint64_t)high << 32 | a * b;
}

uint64_t __udivdi3(uint64_t dividend, uint64_t divisor) {
    uint64_t quotient = 0;
    uint64_t rest = 0;
    for (int bit = 0; bit < 64; bit++) {
        int carry = (int64_t)rest < 0;
        rest = rest << 1 | (uint32_t)((int64_t)dividend < 0);
        dividend <<= 1;
        quotient <<= 1;
        if (carry || rest >= divisor) {
            rest -= divisor;
            quotient |= 1;
        }
    }
    return quotient;
}

int64_t __divdi3(int64_t dividend, int64_t divisor) {
    uint64_t a = dividend < 0 ? 0 - (uint64_t)dividend : (uint64_t)dividend;
    uint64_t b = divisor < 0 ? 0 - (uint64_t)divisor : (uint64_t)divisor;
    uint64_t quotient = __udivdi3(a, b);
    return (int64_t)((dividend < 0) != (divisor < 0) ? 0 - quotient : quotient);
}
