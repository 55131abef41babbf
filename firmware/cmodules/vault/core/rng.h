// Random bytes for keys: the port's source (entropy.h), watched by health tests (health.h).
//
// Before the first byte is handed out, VAULT_RNG_STARTUP_BYTES are drawn, tested and thrown away.
// Every byte handed out is tested too. A source that failed a test stays refused until the next
// reset; a source that was not there is asked again, from the start-up test on.
#ifndef VAULT_RNG_H
#define VAULT_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VAULT_RNG_STARTUP_BYTES 1024u

enum vault_rng_state {
    VAULT_RNG_UNTRIED,   // nobody has asked for a byte yet
    VAULT_RNG_GOOD,      // the last request was met
    VAULT_RNG_NO_SOURCE, // the source did not deliver when last asked
    VAULT_RNG_UNHEALTHY, // a health test failed: nothing more until the next reset
};

// Fills `buf`, or zeroes it and returns false. There is no other source, and no waiting for one.
// Used by one thread.
bool vault_rng_fill(uint8_t *buf, size_t n_bytes);
enum vault_rng_state vault_rng_state(void);
// What the bytes come from, such as "virtio-rng".
const char *vault_rng_source(void);

#endif
