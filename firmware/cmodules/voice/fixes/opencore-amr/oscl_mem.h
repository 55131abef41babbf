// Stands in the place of the library's header of that name, which has it allocate on the heap: here it
// asks its user for memory.
#ifndef OSCL_MEM_H
#define OSCL_MEM_H

#include <stddef.h>
#include <string.h>

// Memory for one of the encoder's structures, or NULL. Only while an encoder is being made.
void *oscl_malloc(size_t n_bytes);
// Only when making one fails on the way, or at its end.
void oscl_free(void *block);

#define oscl_memset memset
#define oscl_memmove memmove
#define oscl_memcpy memcpy

#endif
