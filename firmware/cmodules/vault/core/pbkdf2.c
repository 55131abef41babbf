#include "pbkdf2.h"

#include <string.h>

#include "erase.h"

// U = HMAC(password, piece | more), where `piece` may be what U is written to.
static bool next(struct vault_pbkdf2 *derived, const uint8_t *piece, size_t n_piece,
    const uint8_t *more, size_t n_more) {
    struct vault_hmac hmac;
    vault_hmac_copy(&hmac, &derived->key);
    bool added = vault_hmac_add(&hmac, piece, n_piece) && vault_hmac_add(&hmac, more, n_more);
    bool finished = vault_hmac_finish(&hmac, derived->last);
    for (unsigned i = 0; i < VAULT_PBKDF2_BYTES; i++) {
        derived->sum[i] = (uint8_t)(derived->sum[i] ^ derived->last[i]);
    }
    derived->n_left--;
    if (!added || !finished) {
        vault_pbkdf2_forget(derived);
        return false;
    }
    return true;
}

bool vault_pbkdf2_start(struct vault_pbkdf2 *derived, const uint8_t *password, size_t n_password,
    const uint8_t *salt, size_t n_salt, uint32_t n_rounds) {
    static const uint8_t first_block[4] = {0, 0, 0, 1};
    memset(derived, 0, sizeof *derived);
    derived->n_left = n_rounds;
    return vault_hmac_prepare(&derived->key, password, n_password)
        && next(derived, salt, n_salt, first_block, sizeof first_block);
}

bool vault_pbkdf2_step(struct vault_pbkdf2 *derived, uint32_t n_rounds) {
    bool done = true;
    for (uint32_t i = 0; done && i < n_rounds && derived->n_left > 0; i++) {
        done = next(derived, derived->last, sizeof derived->last, NULL, 0);
    }
    return done;
}

void vault_pbkdf2_forget(struct vault_pbkdf2 *derived) {
    vault_hmac_forget(&derived->key);
    vault_erase(derived, sizeof *derived);
}
