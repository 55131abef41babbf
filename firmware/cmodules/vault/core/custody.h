// The keys of the store, and the only place where they are: handset/store/README.md says what they
// are made of and how records are sealed with them. One store, in static memory of this module;
// nothing is allocated, and what is forgotten is erased. Used by one thread.
#ifndef VAULT_CUSTODY_H
#define VAULT_CUSTODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VAULT_CUSTODY_STORE_SALT_BYTES 8u
#define VAULT_CUSTODY_PIN_SALT_BYTES 16u
#define VAULT_CUSTODY_KEYS_BYTES 337u // body of a KEYS record
#define VAULT_CUSTODY_MAC_BYTES 8u
#define VAULT_CUSTODY_NAME_ID_BYTES 6u
#define VAULT_CUSTODY_SALT_BYTES 8u
#define VAULT_CUSTODY_BOX_BYTES 34u
#define VAULT_CUSTODY_AAD_BYTES_MAX 30u // a caller's part; the box comes on top
// A writing session is followed by another one after so many records, where there is randomness for
// it: what a record in the middle of one costs its reader stays bounded.
#define VAULT_CUSTODY_SESSION_STEPS 256u

enum vault_custody_domain {
    VAULT_CUSTODY_SERVICE = 1,
    VAULT_CUSTODY_PROFESSIONAL = 2,
    VAULT_CUSTODY_PERSONAL = 3,
};

enum vault_custody_result {
    VAULT_CUSTODY_DONE,
    VAULT_CUSTODY_NOT_BEGUN,     // there is no begin() behind us
    VAULT_CUSTODY_CLOSED,        // needs keys that are not open
    VAULT_CUSTODY_NO_PIN,        // needs a PIN that has been computed to its end
    VAULT_CUSTODY_NOT_AUTHENTIC, // sealed by others, or changed since; or the PIN is another
    VAULT_CUSTODY_DAMAGED,       // keys that the right PIN opens in part only
    VAULT_CUSTODY_NO_SECRET,     // the device has none
    VAULT_CUSTODY_NO_RANDOMNESS,
    VAULT_CUSTODY_FAILED,        // the cipher did; only hardware can
};

struct vault_custody_piece {
    const uint8_t *at;
    size_t n;
};

// Text within a caller's buffer, with room for the tag behind it.
struct vault_custody_text {
    uint8_t *at;
    size_t n;
    uint8_t *tag;
};

// --- life ---------------------------------------------------------------------------------------

// Forgets everything, then derives what the device secret and the salt give.
enum vault_custody_result vault_custody_begin(
    const uint8_t store_salt[VAULT_CUSTODY_STORE_SALT_BYTES]);
void vault_custody_forget(void);
// Erases professional and personal, the PIN's key, and what boxes are written and read with.
void vault_custody_lock(void);
bool vault_custody_is_open(enum vault_custody_domain domain);

// --- names and MACs -----------------------------------------------------------------------------

enum vault_custody_result vault_custody_mac(const struct vault_custody_piece *pieces,
    unsigned n_pieces, uint8_t mac[VAULT_CUSTODY_MAC_BYTES]);
enum vault_custody_result vault_custody_name_id(enum vault_custody_domain domain,
    const uint8_t *name, size_t n_name, uint8_t id[VAULT_CUSTODY_NAME_ID_BYTES]);

// --- keys ---------------------------------------------------------------------------------------

// Draws the keys of all domains, which are open then; forgets the PIN's key.
enum vault_custody_result vault_custody_create(void);
// `n_rounds` 0: no PIN is set, and the key follows from the device alone.
enum vault_custody_result vault_custody_pin_begin(const uint8_t *pin, size_t n_pin,
    const uint8_t salt[VAULT_CUSTODY_PIN_SALT_BYTES], uint32_t n_rounds);
// Does so many rounds more; `finished` when the PIN's key is there.
enum vault_custody_result vault_custody_pin_step(uint32_t n_rounds, bool *finished);
void vault_custody_pin_forget(void);
enum vault_custody_result vault_custody_wrap(uint64_t generation,
    uint8_t body[VAULT_CUSTODY_KEYS_BYTES]);
// Takes the public keys and opens service, or changes nothing.
enum vault_custody_result vault_custody_load(const uint8_t body[VAULT_CUSTODY_KEYS_BYTES]);
// Opens professional, and personal too if asked, or changes nothing.
enum vault_custody_result vault_custody_unlock(const uint8_t body[VAULT_CUSTODY_KEYS_BYTES],
    bool personal);

// --- records ------------------------------------------------------------------------------------

// In place; makes tag and salt. A text that could not be sealed is zeroed when the cipher failed.
enum vault_custody_result vault_custody_seal(enum vault_custody_domain domain,
    struct vault_custody_piece aad, uint32_t version, struct vault_custody_text text,
    uint8_t salt[VAULT_CUSTODY_SALT_BYTES]);
// In place; zeroed when it is not authentic.
enum vault_custody_result vault_custody_open(enum vault_custody_domain domain,
    struct vault_custody_piece aad, uint32_t version,
    const uint8_t salt[VAULT_CUSTODY_SALT_BYTES], struct vault_custody_text text);
// For a domain that is closed: with its public key alone, which load() or create() gave. Writes the
// box, which counts as the end of the additional data.
enum vault_custody_result vault_custody_seal_box(enum vault_custody_domain domain,
    struct vault_custody_piece aad, uint32_t version, uint8_t box[VAULT_CUSTODY_BOX_BYTES],
    struct vault_custody_text text, uint8_t salt[VAULT_CUSTODY_SALT_BYTES]);
enum vault_custody_result vault_custody_open_box(enum vault_custody_domain domain,
    struct vault_custody_piece aad, uint32_t version,
    const uint8_t box[VAULT_CUSTODY_BOX_BYTES], const uint8_t salt[VAULT_CUSTODY_SALT_BYTES],
    struct vault_custody_text text);

#endif
