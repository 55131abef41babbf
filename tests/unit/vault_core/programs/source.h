// The source of randomness of the test programs: good, or broken in one of the ways below.
#pragma once

#include <stdint.h>

// The byte at `position` of everything ever drawn, from a generator as good as any for this.
typedef uint8_t source_byte(uint64_t position);
extern source_byte *source;
// Fails, or gives less than asked for, once this many bytes have been drawn.
extern uint64_t source_ends_at;
extern uint64_t source_n_drawn;

// No two runs need to differ: a fixed sequence without structure that the health tests could see.
uint8_t source_good(uint64_t position);
