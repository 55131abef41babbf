// Records for a domain that is closed: sealed with its public key, one session after the other.

#include <string.h>

#include "custody.h"
#include "custody_state.h"
#include "erase.h"
#include "hkdf.h"
#include "rng.h"

// Who opens a box walks the chain to its step, and a number that was tampered with is walked to as well.
#define STEP_MAX 1023u
#define STEP_AT VAULT_X25519_BYTES // in the box

// Chain 0 of a session, from either side's private key.
static bool first_chain(const uint8_t private_key[VAULT_X25519_BYTES],
    const uint8_t other_public[VAULT_X25519_BYTES], const uint8_t session[VAULT_X25519_BYTES],
    const uint8_t domain[VAULT_X25519_BYTES], uint8_t chain[CUSTODY_KEY_BYTES]) {
    uint8_t agreed[VAULT_X25519_BYTES];
    uint8_t salt[2 * VAULT_X25519_BYTES];
    memcpy(salt, session, VAULT_X25519_BYTES);
    memcpy(salt + VAULT_X25519_BYTES, domain, VAULT_X25519_BYTES);
    bool done = vault_x25519(private_key, other_public, agreed)
        && custody_derive(agreed, sizeof agreed, salt, sizeof salt, "handset store box", chain);
    vault_erase(agreed, sizeof agreed);
    return done;
}

// Moves the chain one step on. With `key` and `nonce_key`, gives those of the step that is left.
static bool step(uint8_t chain[CUSTODY_KEY_BYTES], uint8_t *key, uint8_t *nonce_key) {
    uint8_t out[2 * CUSTODY_KEY_BYTES];
    bool done = nonce_key == NULL
        || vault_hkdf_expand(chain, (const uint8_t *)"nonce", 5, nonce_key, CUSTODY_KEY_BYTES);
    done = done && vault_hkdf_expand(chain, (const uint8_t *)"key", 3, out, sizeof out);
    if (done && key != NULL) {
        memcpy(key, out, CUSTODY_KEY_BYTES);
    }
    if (done) {
        memcpy(chain, out + CUSTODY_KEY_BYTES, CUSTODY_KEY_BYTES);
    }
    vault_erase(out, sizeof out);
    return done;
}

// Takes the keys of the chain's step into use, and moves it on.
static bool ready_step(uint8_t chain[CUSTODY_KEY_BYTES]) {
    uint8_t key[CUSTODY_KEY_BYTES];
    uint8_t nonce_key[CUSTODY_KEY_BYTES];
    bool done = step(chain, key, nonce_key) && custody_ready(0, key, nonce_key);
    vault_erase(key, sizeof key);
    vault_erase(nonce_key, sizeof nonce_key);
    return done;
}

// --- writing ------------------------------------------------------------------------------------

// Replaces the session, or leaves it as it is.
static enum vault_custody_result start_session(const struct custody_pair *pair,
    struct custody_writer *writer) {
    uint8_t private_key[VAULT_X25519_BYTES];
    struct custody_writer started = {.open = true};
    if (!vault_rng_fill(private_key, sizeof private_key)) {
        return VAULT_CUSTODY_NO_RANDOMNESS;
    }
    vault_x25519_public(private_key, started.public_key);
    bool done = first_chain(private_key, pair->public_key, started.public_key, pair->public_key,
        started.chain);
    vault_erase(private_key, sizeof private_key);
    if (done) {
        *writer = started;
    }
    vault_erase(&started, sizeof started);
    return done ? VAULT_CUSTODY_DONE : VAULT_CUSTODY_FAILED;
}

// A long session goes on when there is no randomness for another, as long as its steps have numbers.
static enum vault_custody_result session_for(const struct custody_pair *pair,
    struct custody_writer *writer) {
    if (writer->open && writer->step < VAULT_CUSTODY_SESSION_STEPS) {
        return VAULT_CUSTODY_DONE;
    }
    enum vault_custody_result result = start_session(pair, writer);
    bool goes_on = result == VAULT_CUSTODY_NO_RANDOMNESS && writer->open
        && writer->step <= STEP_MAX;
    return goes_on ? VAULT_CUSTODY_DONE : result;
}

static void write_box(const struct custody_writer *writer, uint8_t box[VAULT_CUSTODY_BOX_BYTES]) {
    memcpy(box, writer->public_key, VAULT_X25519_BYTES);
    box[STEP_AT] = (uint8_t)writer->step;
    box[STEP_AT + 1] = (uint8_t)(writer->step >> 8);
}

enum vault_custody_result vault_custody_seal_box(enum vault_custody_domain domain,
    struct vault_custody_piece aad, uint32_t version, uint8_t box[VAULT_CUSTODY_BOX_BYTES],
    struct vault_custody_text text, uint8_t salt[VAULT_CUSTODY_SALT_BYTES]) {
    const struct custody_pair *pair = custody_pair_of(domain);
    struct custody_writer *writer = custody_writer_of(domain);
    if (!pair->is_known) {
        return VAULT_CUSTODY_CLOSED;
    }
    enum vault_custody_result result = session_for(pair, writer);
    if (result != VAULT_CUSTODY_DONE) {
        return result;
    }
    write_box(writer, box);
    // Before the record is sealed: whatever becomes of it, this step is not used again.
    writer->step++;
    if (!ready_step(writer->chain)) {
        vault_erase(writer, sizeof *writer);
        return VAULT_CUSTODY_FAILED;
    }
    result = custody_seal_ready(aad, box, version, text, salt);
    custody_unready();
    return result;
}

// --- reading ------------------------------------------------------------------------------------

static bool is_session(enum vault_custody_domain domain, const uint8_t *public_key) {
    return custody.reader.domain == domain
        && memcmp(custody.reader.public_key, public_key, VAULT_X25519_BYTES) == 0;
}

static bool read_session(enum vault_custody_domain domain, const uint8_t *public_key) {
    struct custody_reader *reader = &custody.reader;
    const struct custody_pair *pair = custody_pair_of(domain);
    vault_erase(reader, sizeof *reader);
    if (!first_chain(pair->private_key, public_key, public_key, pair->public_key,
            reader->first_chain)) {
        return false;
    }
    reader->domain = domain;
    memcpy(reader->public_key, public_key, VAULT_X25519_BYTES);
    memcpy(reader->chain, reader->first_chain, CUSTODY_KEY_BYTES);
    return true;
}

// Brings the reader to a step of its session, from its beginning if it is beyond.
static bool go_to(uint32_t wanted) {
    struct custody_reader *reader = &custody.reader;
    if (reader->step > wanted) {
        memcpy(reader->chain, reader->first_chain, CUSTODY_KEY_BYTES);
        reader->step = 0;
    }
    bool done = true;
    for (; done && reader->step < wanted; reader->step++) {
        done = step(reader->chain, NULL, NULL);
    }
    done = done && ready_step(reader->chain);
    reader->step++;
    return done;
}

enum vault_custody_result vault_custody_open_box(enum vault_custody_domain domain,
    struct vault_custody_piece aad, uint32_t version,
    const uint8_t box[VAULT_CUSTODY_BOX_BYTES], const uint8_t salt[VAULT_CUSTODY_SALT_BYTES],
    struct vault_custody_text text) {
    uint32_t wanted = (uint32_t)box[STEP_AT] | (uint32_t)box[STEP_AT + 1] << 8;
    if (!custody_keys_of(domain)->open || !custody_pair_of(domain)->is_known) {
        return VAULT_CUSTODY_CLOSED;
    }
    // A public key that is none is a forgery like any other.
    if (wanted > STEP_MAX || (!is_session(domain, box) && !read_session(domain, box)) || !go_to(wanted)) {
        vault_erase(&custody.reader, sizeof custody.reader);
        vault_erase(text.at, text.n);
        return VAULT_CUSTODY_NOT_AUTHENTIC;
    }
    enum vault_custody_result result = custody_open_ready(aad, box, version, salt, text);
    custody_unready();
    return result;
}
