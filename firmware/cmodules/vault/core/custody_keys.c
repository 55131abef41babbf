// The keys themselves: drawn, wrapped into a record of the store, and unwrapped again.

#include <string.h>

#include "custody.h"
#include "custody_state.h"
#include "erase.h"
#include "rng.h"

#define TAG_BYTES VAULT_AEAD_TAG_BYTES
#define NONCE_BYTES VAULT_AEAD_NONCE_BYTES
#define FORMAT 1u

// Body of KEYS.
enum {
    ROUNDS_AT = 1,
    PIN_SALT_AT = 5,
    PUBLIC_AT = 21, // of professional, then of personal
    HEAD_BYTES = 85,
    SERVICE_AT = HEAD_BYTES,
    SERVICE_SECRET_BYTES = 32,
    PAIR_SECRET_BYTES = 64,
    PROFESSIONAL_AT = SERVICE_AT + 12 + SERVICE_SECRET_BYTES + 16,
    PERSONAL_AT = PROFESSIONAL_AT + 12 + PAIR_SECRET_BYTES + 16,
    GENERATION_AT = PERSONAL_AT + 12 + PAIR_SECRET_BYTES + 16,
};

static const struct {
    const char *name;
    size_t at;
    size_t n_secret;
} slots[] = {
    [VAULT_CUSTODY_SERVICE] = {"service", SERVICE_AT, SERVICE_SECRET_BYTES},
    [VAULT_CUSTODY_PROFESSIONAL] = {"professional", PROFESSIONAL_AT, PAIR_SECRET_BYTES},
    [VAULT_CUSTODY_PERSONAL] = {"personal", PERSONAL_AT, PAIR_SECRET_BYTES},
};

// Where the public key of professional or personal stands.
static size_t public_at(enum vault_custody_domain domain) {
    return PUBLIC_AT
        + VAULT_X25519_BYTES * ((size_t)domain - (size_t)VAULT_CUSTODY_PROFESSIONAL);
}

// Domain key, with its private key behind it where it has one, into use.
static bool take(enum vault_custody_domain domain, const uint8_t *secret) {
    struct custody_keys *keys = custody_keys_of(domain);
    custody_close(domain);
    if (!custody_derive(secret, CUSTODY_KEY_BYTES, NULL, 0, "nonce", keys->nonce_key)) {
        return false;
    }
    memcpy(keys->key, secret, CUSTODY_KEY_BYTES);
    if (domain != VAULT_CUSTODY_SERVICE) {
        memcpy(custody_pair_of(domain)->private_key, secret + CUSTODY_KEY_BYTES,
            VAULT_X25519_BYTES);
    }
    keys->open = true;
    return true;
}

// Another public key than before is another store: nothing of the old one's keys outlives it.
static void take_public(enum vault_custody_domain domain, const uint8_t *public_key) {
    struct custody_pair *pair = custody_pair_of(domain);
    if (pair->is_known && memcmp(pair->public_key, public_key, VAULT_X25519_BYTES) == 0) {
        return;
    }
    custody_close(domain);
    vault_erase(custody_writer_of(domain), sizeof(struct custody_writer));
    vault_erase(&custody.reader, sizeof custody.reader);
    memcpy(pair->public_key, public_key, VAULT_X25519_BYTES);
    pair->is_known = true;
}

// From a body that has proved authentic.
static void take_publics(const uint8_t *body) {
    take_public(VAULT_CUSTODY_PROFESSIONAL, body + public_at(VAULT_CUSTODY_PROFESSIONAL));
    take_public(VAULT_CUSTODY_PERSONAL, body + public_at(VAULT_CUSTODY_PERSONAL));
}

// --- drawn --------------------------------------------------------------------------------------

static enum vault_custody_result draw(enum vault_custody_domain domain) {
    uint8_t secret[PAIR_SECRET_BYTES];
    uint8_t public_key[VAULT_X25519_BYTES];
    if (!vault_rng_fill(secret, slots[domain].n_secret)) {
        return VAULT_CUSTODY_NO_RANDOMNESS;
    }
    if (domain != VAULT_CUSTODY_SERVICE) {
        vault_x25519_public(secret + CUSTODY_KEY_BYTES, public_key);
        take_public(domain, public_key);
    }
    bool done = take(domain, secret);
    vault_erase(secret, sizeof secret);
    return done ? VAULT_CUSTODY_DONE : VAULT_CUSTODY_FAILED;
}

enum vault_custody_result vault_custody_create(void) {
    if (!custody.begun) {
        return VAULT_CUSTODY_NOT_BEGUN;
    }
    vault_custody_lock();
    enum vault_custody_result result = draw(VAULT_CUSTODY_SERVICE);
    if (result == VAULT_CUSTODY_DONE) {
        result = draw(VAULT_CUSTODY_PROFESSIONAL);
    }
    if (result == VAULT_CUSTODY_DONE) {
        result = draw(VAULT_CUSTODY_PERSONAL);
    }
    if (result != VAULT_CUSTODY_DONE) {
        // Keys of which some are new and some old serve nobody.
        vault_custody_lock();
        custody_close(VAULT_CUSTODY_SERVICE);
        vault_erase(custody.pairs, sizeof custody.pairs);
    }
    return result;
}

// --- the PIN ------------------------------------------------------------------------------------

void vault_custody_pin_forget(void) {
    vault_pbkdf2_forget(&custody.pbkdf2);
    vault_erase(custody.pin_kek, sizeof custody.pin_kek);
    vault_erase(custody.pin_salt, sizeof custody.pin_salt);
    custody.pin_rounds = 0;
    custody.pin_running = false;
    custody.pin_there = false;
}

// Result of PBKDF2 and the device's part into the key.
static bool make_pin_kek(const uint8_t stretched[VAULT_PBKDF2_BYTES]) {
    uint8_t both[VAULT_PBKDF2_BYTES + CUSTODY_KEY_BYTES];
    memcpy(both, stretched, VAULT_PBKDF2_BYTES);
    memcpy(both + VAULT_PBKDF2_BYTES, custody.pepper, CUSTODY_KEY_BYTES);
    bool done = custody_derive(both, sizeof both, custody.store_salt, sizeof custody.store_salt,
        "pin", custody.pin_kek);
    vault_erase(both, sizeof both);
    vault_pbkdf2_forget(&custody.pbkdf2);
    custody.pin_running = false;
    custody.pin_there = done;
    return done;
}

enum vault_custody_result vault_custody_pin_begin(const uint8_t *pin, size_t n_pin,
    const uint8_t salt[VAULT_CUSTODY_PIN_SALT_BYTES], uint32_t n_rounds) {
    static const uint8_t no_pin[VAULT_PBKDF2_BYTES] = {0};
    if (!custody.begun) {
        return VAULT_CUSTODY_NOT_BEGUN;
    }
    vault_custody_pin_forget();
    memcpy(custody.pin_salt, salt, sizeof custody.pin_salt);
    custody.pin_rounds = n_rounds;
    if (n_rounds == 0) {
        return make_pin_kek(no_pin) ? VAULT_CUSTODY_DONE : VAULT_CUSTODY_FAILED;
    }
    custody.pin_running = vault_pbkdf2_start(&custody.pbkdf2, pin, n_pin, salt,
        VAULT_CUSTODY_PIN_SALT_BYTES, n_rounds);
    if (!custody.pin_running) {
        vault_custody_pin_forget();
        return VAULT_CUSTODY_FAILED;
    }
    return VAULT_CUSTODY_DONE;
}

enum vault_custody_result vault_custody_pin_step(uint32_t n_rounds, bool *finished) {
    *finished = custody.pin_there;
    if (custody.pin_there) {
        return VAULT_CUSTODY_DONE;
    }
    if (!custody.pin_running) {
        return VAULT_CUSTODY_NO_PIN;
    }
    if (!vault_pbkdf2_step(&custody.pbkdf2, n_rounds)
        || (custody.pbkdf2.n_left == 0 && !make_pin_kek(custody.pbkdf2.sum))) {
        vault_custody_pin_forget();
        return VAULT_CUSTODY_FAILED;
    }
    *finished = custody.pin_there;
    return VAULT_CUSTODY_DONE;
}

// --- wrapped ------------------------------------------------------------------------------------

static void put_number(uint8_t *to, uint64_t number, unsigned n_bytes) {
    for (unsigned i = 0; i < n_bytes; i++) {
        to[i] = (uint8_t)(number >> 8 * i);
    }
}

struct slot_data {
    uint8_t bytes[16 + HEAD_BYTES];
    size_t n;
};

// Additional data: name, then the head of the body.
static void slot_data(enum vault_custody_domain domain, const uint8_t *body,
    struct slot_data *data) {
    size_t n_name = strlen(slots[domain].name);
    memcpy(data->bytes, slots[domain].name, n_name);
    memcpy(data->bytes + n_name, body, HEAD_BYTES);
    data->n = n_name + HEAD_BYTES;
}

// The key encryption key into the cipher that records use otherwise, whose nonce key is not needed.
static bool ready_kek(const uint8_t kek[CUSTODY_KEY_BYTES]) {
    return custody_ready(0, kek, kek);
}

static enum vault_custody_result wrap_slot(enum vault_custody_domain domain,
    const uint8_t kek[CUSTODY_KEY_BYTES], uint8_t *body) {
    uint8_t *nonce = body + slots[domain].at;
    uint8_t *secret = nonce + NONCE_BYTES;
    size_t n_secret = slots[domain].n_secret;
    struct slot_data data;
    slot_data(domain, body, &data);
    if (!vault_rng_fill(nonce, NONCE_BYTES)) {
        return VAULT_CUSTODY_NO_RANDOMNESS;
    }
    if (!ready_kek(kek)) {
        return VAULT_CUSTODY_FAILED;
    }
    memcpy(secret, custody_keys_of(domain)->key, CUSTODY_KEY_BYTES);
    memcpy(secret + CUSTODY_KEY_BYTES, custody_pair_of(domain)->private_key,
        n_secret - CUSTODY_KEY_BYTES);
    // A text that could not be sealed is zeroed.
    bool sealed = vault_aead_seal(&custody.cipher, nonce, data.bytes, data.n, secret, n_secret,
        secret + n_secret);
    custody_unready();
    return sealed ? VAULT_CUSTODY_DONE : VAULT_CUSTODY_FAILED;
}

static enum vault_custody_result may_wrap(void) {
    if (!custody.begun) {
        return VAULT_CUSTODY_NOT_BEGUN;
    }
    for (unsigned i = 0; i < CUSTODY_DOMAINS; i++) {
        if (!custody.keys[i].open) {
            return VAULT_CUSTODY_CLOSED;
        }
    }
    return custody.pin_there ? VAULT_CUSTODY_DONE : VAULT_CUSTODY_NO_PIN;
}

static void write_head(uint8_t *body) {
    static const enum vault_custody_domain pairs[] = {VAULT_CUSTODY_PROFESSIONAL,
        VAULT_CUSTODY_PERSONAL};
    body[0] = FORMAT;
    put_number(body + ROUNDS_AT, custody.pin_rounds, 4);
    memcpy(body + PIN_SALT_AT, custody.pin_salt, sizeof custody.pin_salt);
    for (unsigned i = 0; i < 2; i++) {
        memcpy(body + public_at(pairs[i]), custody_pair_of(pairs[i])->public_key,
            VAULT_X25519_BYTES);
    }
}

enum vault_custody_result vault_custody_wrap(uint64_t generation,
    uint8_t body[VAULT_CUSTODY_KEYS_BYTES]) {
    enum vault_custody_result result = may_wrap();
    if (result != VAULT_CUSTODY_DONE) {
        return result;
    }
    write_head(body);
    put_number(body + GENERATION_AT, generation, 8);
    result = wrap_slot(VAULT_CUSTODY_SERVICE, custody.device_kek, body);
    if (result == VAULT_CUSTODY_DONE) {
        result = wrap_slot(VAULT_CUSTODY_PROFESSIONAL, custody.pin_kek, body);
    }
    if (result == VAULT_CUSTODY_DONE) {
        result = wrap_slot(VAULT_CUSTODY_PERSONAL, custody.pin_kek, body);
    }
    if (result != VAULT_CUSTODY_DONE) {
        vault_erase(body, VAULT_CUSTODY_KEYS_BYTES);
    }
    return result;
}

// --- unwrapped ----------------------------------------------------------------------------------

// The caller erases `secret`.
static enum vault_custody_result unwrap_slot(enum vault_custody_domain domain,
    const uint8_t kek[CUSTODY_KEY_BYTES], const uint8_t *body,
    uint8_t secret[PAIR_SECRET_BYTES]) {
    const uint8_t *nonce = body + slots[domain].at;
    const uint8_t *sealed = nonce + NONCE_BYTES;
    size_t n_secret = slots[domain].n_secret;
    struct slot_data data;
    slot_data(domain, body, &data);
    memcpy(secret, sealed, n_secret);
    if (!ready_kek(kek)) {
        return VAULT_CUSTODY_FAILED;
    }
    bool authentic = vault_aead_open(&custody.cipher, nonce, data.bytes, data.n, secret, n_secret,
        sealed + n_secret);
    custody_unready();
    return authentic ? VAULT_CUSTODY_DONE : VAULT_CUSTODY_NOT_AUTHENTIC;
}

enum vault_custody_result vault_custody_load(const uint8_t body[VAULT_CUSTODY_KEYS_BYTES]) {
    uint8_t secret[PAIR_SECRET_BYTES];
    if (!custody.begun) {
        return VAULT_CUSTODY_NOT_BEGUN;
    }
    if (body[0] != FORMAT) {
        return VAULT_CUSTODY_NOT_AUTHENTIC;
    }
    enum vault_custody_result result = unwrap_slot(VAULT_CUSTODY_SERVICE, custody.device_kek, body,
        secret);
    if (result == VAULT_CUSTODY_DONE && !take(VAULT_CUSTODY_SERVICE, secret)) {
        result = VAULT_CUSTODY_FAILED;
    }
    if (result == VAULT_CUSTODY_DONE) {
        take_publics(body);
    }
    vault_erase(secret, sizeof secret);
    return result;
}

static enum vault_custody_result unlock_both(const uint8_t *body, bool personal,
    uint8_t secrets[2][PAIR_SECRET_BYTES]) {
    enum vault_custody_result result = unwrap_slot(VAULT_CUSTODY_PROFESSIONAL, custody.pin_kek,
        body, secrets[0]);
    if (result == VAULT_CUSTODY_DONE && personal) {
        result = unwrap_slot(VAULT_CUSTODY_PERSONAL, custody.pin_kek, body, secrets[1]);
        // The PIN has proved right above.
        result = result == VAULT_CUSTODY_NOT_AUTHENTIC ? VAULT_CUSTODY_DAMAGED : result;
    }
    if (result != VAULT_CUSTODY_DONE) {
        return result;
    }
    take_publics(body);
    bool done = take(VAULT_CUSTODY_PROFESSIONAL, secrets[0])
        && (!personal || take(VAULT_CUSTODY_PERSONAL, secrets[1]));
    return done ? VAULT_CUSTODY_DONE : VAULT_CUSTODY_FAILED;
}

enum vault_custody_result vault_custody_unlock(const uint8_t body[VAULT_CUSTODY_KEYS_BYTES],
    bool personal) {
    uint8_t secrets[2][PAIR_SECRET_BYTES];
    if (!custody.begun) {
        return VAULT_CUSTODY_NOT_BEGUN;
    }
    if (!custody.pin_there) {
        return VAULT_CUSTODY_NO_PIN;
    }
    enum vault_custody_result result = unlock_both(body, personal, secrets);
    vault_erase(secrets, sizeof secrets);
    return result;
}
