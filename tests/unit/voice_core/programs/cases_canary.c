// Programs with a fault, built with the flags of all others: each sanitizer must stop its own.
#include "check.h"

CASE(address_heap_overflow) {
    volatile size_t n = 8;
    volatile uint8_t *block = malloc(n);
    block[n] = 1;
    printf("survived\n");
}

CASE(address_stack_overflow) {
    volatile size_t n = 8;
    volatile uint8_t block[8];
    volatile uint8_t *volatile at = block; // hides the array's length from the bounds check
    at[n] = 1;
    printf("survived %d\n", block[0]);
}

CASE(undefined_signed_overflow) {
    volatile int32_t x = INT32_MAX;
    x = x + 1;
    printf("survived %d\n", (int)x);
}

CASE(undefined_misaligned) {
    uint8_t block[8] = {0};
    volatile uintptr_t address = (uintptr_t)block | 1u;
    printf("survived %d\n", (int)*(volatile uint16_t *)address);
}
