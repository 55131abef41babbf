// Health tests of a source of randomness, on bytes: NIST SP 800-90B clause 4.4.
//
// Every source of ours delivers what its maker calls full entropy, 8 bits a byte, so that is the
// entropy assumed: a source that is clearly worse is broken. With alpha = 2^-40, the strictest the
// norm recommends:
//   repetition count (4.4.1)    cutoff 1 + ceil(40 / 8) = 6 equal bytes in a row;
//   adaptive proportion (4.4.2) cutoff 1 + critbinom(512, 2^-8, 1 - 2^-40) = 19 times the first of
//                               512 bytes.
// A good source fails the first once in 2^40 bytes, the second once in some 2^37 windows of 512
// bytes: the start-up test once in some 2^30 starts. What they find is a source that is stuck, or that repeats
// or prefers a value; no test of the output can tell a pseudo-random generator from noise, so
// vault_entropy() must know what it reads.
#ifndef VAULT_HEALTH_H
#define VAULT_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VAULT_HEALTH_REPETITION_CUTOFF 6u
#define VAULT_HEALTH_PROPORTION_CUTOFF 19u
#define VAULT_HEALTH_WINDOW_BYTES 512u

// Zero-initialised: no byte seen yet.
struct vault_health {
    uint8_t last;
    uint8_t counted;      // the value whose share of this window is counted
    uint16_t n_equal;     // of `last`, in a row
    uint16_t n_counted;   // of `counted`, in this window
    uint16_t n_in_window; // 0: the next byte starts a window
};

// Watches the next bytes of the source. False when one of the tests fails.
bool vault_health_watch(struct vault_health *health, const uint8_t *bytes, size_t n_bytes);

#endif
