// The source of true randomness, given by each port in one file (firmware/ports/<port>/entropy.c).
#ifndef VAULT_ENTROPY_H
#define VAULT_ENTROPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// All `n_bytes` truly random, or false: never fewer, never a substitute.
bool vault_entropy(uint8_t *buf, size_t n_bytes);
// What is really read.
const char *vault_entropy_name(void);

#endif
