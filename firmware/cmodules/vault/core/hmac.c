#include "hmac.h"

#include <string.h>

#include <mbedtls/sha256.h>

#include "erase.h"
#include "static_assert.h"

#define BLOCK_BYTES 64u
#define INNER_PAD 0x36u
#define OUTER_PAD 0x5cu

// The outer hash has taken its key already: no copy of the key remains.
struct state {
    mbedtls_sha256_context inner;
    mbedtls_sha256_context outer;
};

VAULT_STATIC_ASSERT(hmac_state_fits, sizeof(struct state) <= sizeof(struct vault_hmac));

static struct state *state(struct vault_hmac *hmac) {
    return (struct state *)(void *)hmac->opaque;
}

static const struct state *const_state(const struct vault_hmac *hmac) {
    return (const struct state *)(const void *)hmac->opaque;
}

// Freeing erases; what `opaque` has more than the two is never written.
void vault_hmac_forget(struct vault_hmac *hmac) {
    mbedtls_sha256_free(&state(hmac)->inner);
    mbedtls_sha256_free(&state(hmac)->outer);
}

static bool start_hash(mbedtls_sha256_context *sha, const uint8_t block[BLOCK_BYTES], uint8_t pad) {
    uint8_t padded[BLOCK_BYTES];
    for (unsigned i = 0; i < BLOCK_BYTES; i++) {
        padded[i] = (uint8_t)(block[i] ^ pad);
    }
    bool done = mbedtls_sha256_starts(sha, 0) == 0
        && mbedtls_sha256_update(sha, padded, BLOCK_BYTES) == 0;
    vault_erase(padded, sizeof padded);
    return done;
}

bool vault_hmac_start(struct vault_hmac *hmac, const uint8_t *key, size_t n_key_bytes) {
    uint8_t block[BLOCK_BYTES] = {0};
    bool done = true;
    mbedtls_sha256_init(&state(hmac)->inner);
    mbedtls_sha256_init(&state(hmac)->outer);
    if (n_key_bytes > BLOCK_BYTES) {
        done = mbedtls_sha256(key, n_key_bytes, block, 0) == 0;
    } else if (n_key_bytes > 0) {
        memcpy(block, key, n_key_bytes);
    }
    done = done && start_hash(&state(hmac)->inner, block, INNER_PAD)
        && start_hash(&state(hmac)->outer, block, OUTER_PAD);
    vault_erase(block, sizeof block);
    if (!done) {
        vault_hmac_forget(hmac);
    }
    return done;
}

bool vault_hmac_add(struct vault_hmac *hmac, const uint8_t *piece, size_t n_bytes) {
    return n_bytes == 0 || mbedtls_sha256_update(&state(hmac)->inner, piece, n_bytes) == 0;
}

bool vault_hmac_finish(struct vault_hmac *hmac, uint8_t mac[VAULT_SHA256_BYTES]) {
    bool done = mbedtls_sha256_finish(&state(hmac)->inner, mac) == 0
        && mbedtls_sha256_update(&state(hmac)->outer, mac, VAULT_SHA256_BYTES) == 0
        && mbedtls_sha256_finish(&state(hmac)->outer, mac) == 0;
    vault_hmac_forget(hmac);
    if (!done) {
        vault_erase(mac, VAULT_SHA256_BYTES);
    }
    return done;
}

bool vault_hmac_prepare(struct vault_hmac *prepared, const uint8_t *key, size_t n_key_bytes) {
    struct vault_hmac started;
    if (!vault_hmac_start(&started, key, n_key_bytes)) {
        return false;
    }
    // What was started may own the ESP32's SHA engine until it is freed; a copy does not.
    vault_hmac_copy(prepared, &started);
    vault_hmac_forget(&started);
    return true;
}

void vault_hmac_copy(struct vault_hmac *hmac, const struct vault_hmac *prepared) {
    mbedtls_sha256_init(&state(hmac)->inner);
    mbedtls_sha256_init(&state(hmac)->outer);
    mbedtls_sha256_clone(&state(hmac)->inner, &const_state(prepared)->inner);
    mbedtls_sha256_clone(&state(hmac)->outer, &const_state(prepared)->outer);
}
