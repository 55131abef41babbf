// A test program is a set of cases; `program NAME` runs one, `program` alone lists them.
// A check that fails says where and ends the program with status 1.
#ifndef CHECK_H
#define CHECK_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test_case {
    const char *name;
    void (*run)(void);
    struct test_case *next;
};

void test_case_register(struct test_case *test_case);

#define CASE(case_name) \
    static void case_name(void); \
    __attribute__((constructor)) static void register_##case_name(void) { \
        static struct test_case test_case = {#case_name, case_name, NULL}; \
        test_case_register(&test_case); \
    } \
    static void case_name(void)

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

#define CHECK_EQ(actual, expected) \
    do { \
        long long actual_ = (long long)(actual); \
        long long expected_ = (long long)(expected); \
        if (actual_ != expected_) { \
            printf("%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #actual, actual_, \
                expected_); \
            exit(1); \
        } \
    } while (0)

// A figure for the report, on standard output as "figure NAME VALUE".
#define FIGURE(name, value) printf("figure %s %lld\n", name, (long long)(value))

// Repeatable noise: xorshift, never 0.
static inline uint32_t random_next(uint32_t *state) {
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

#endif
