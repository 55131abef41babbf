// The codec libraries by their own entry points, without anything of ours around them.
//
// In the form of codec table entries, so that they are measured as those are. Only what measuring
// needs is there: sizes, init, encode and decode. The libraries allocate for themselves.
#ifndef BENCH_LIBRARY_H
#define BENCH_LIBRARY_H

#include "core/codec.h"

struct library {
    struct voice_codec codec; // payloads are whatever the library writes
    unsigned frame_samples;   // 20 ms at the library's own rate
};

// Of the Opus encoder, from its next init on.
extern int library_complexity;

// The library of that name, or NULL.
const struct library *library_find(const char *name);

#endif
