#include "rng.h"

#include "../entropy.h"
#include "erase.h"
#include "health.h"

#define CHUNK_BYTES 64u

static enum vault_rng_state state = VAULT_RNG_UNTRIED;
static struct vault_health health;

// Draws and tests; the state says how it went.
static bool draw(uint8_t *buf, size_t n_bytes) {
    if (!vault_entropy(buf, n_bytes)) {
        state = VAULT_RNG_NO_SOURCE;
    } else if (!vault_health_watch(&health, buf, n_bytes)) {
        state = VAULT_RNG_UNHEALTHY;
    } else {
        state = VAULT_RNG_GOOD;
    }
    return state == VAULT_RNG_GOOD;
}

static bool start(void) {
    uint8_t chunk[CHUNK_BYTES];
    bool good = true;
    for (unsigned n = 0; good && n < VAULT_RNG_STARTUP_BYTES; n += CHUNK_BYTES) {
        good = draw(chunk, sizeof chunk);
    }
    vault_erase(chunk, sizeof chunk);
    return good;
}

bool vault_rng_fill(uint8_t *buf, size_t n_bytes) {
    bool filled = state != VAULT_RNG_UNHEALTHY && (state == VAULT_RNG_GOOD || start())
        && draw(buf, n_bytes);
    if (!filled) {
        vault_erase(buf, n_bytes);
    }
    return filled;
}

enum vault_rng_state vault_rng_state(void) {
    return state;
}

const char *vault_rng_source(void) {
    return vault_entropy_name();
}
