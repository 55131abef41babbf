// Copies a word at a time.
#ifndef VOICE_FAST_OPUS_COPY_H
#define VOICE_FAST_OPUS_COPY_H

#include <stddef.h>

// As memmove().
void *voice_opus_copy(void *to, const void *from, size_t n_bytes);

#endif
