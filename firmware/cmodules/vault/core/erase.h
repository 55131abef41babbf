// Zeroes what held a secret, also where the compiler sees that nobody reads it again.
#ifndef VAULT_ERASE_H
#define VAULT_ERASE_H

#include <stddef.h>

void vault_erase(void *memory, size_t n_bytes);

#endif
