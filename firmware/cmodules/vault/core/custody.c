#include "custody.h"

#include <string.h>

#include "custody_state.h"
#include "device.h"
#include "erase.h"
#include "hkdf.h"

struct custody_state custody;

bool custody_derive(const uint8_t *key, size_t n_key, const uint8_t *salt, size_t n_salt,
    const char *info, uint8_t out[CUSTODY_KEY_BYTES]) {
    uint8_t prk[VAULT_HKDF_PRK_BYTES];
    bool done = vault_hkdf_extract(salt, n_salt, key, n_key, prk)
        && vault_hkdf_expand(prk, (const uint8_t *)info, strlen(info), out, CUSTODY_KEY_BYTES);
    vault_erase(prk, sizeof prk);
    if (!done) {
        vault_erase(out, CUSTODY_KEY_BYTES);
    }
    return done;
}

// --- life ---------------------------------------------------------------------------------------

static bool derive_with_salt(const uint8_t key[CUSTODY_KEY_BYTES], const char *info,
    uint8_t out[CUSTODY_KEY_BYTES]) {
    return custody_derive(key, CUSTODY_KEY_BYTES, custody.store_salt, sizeof custody.store_salt,
        info, out);
}

static enum vault_custody_result derive_all(uint8_t of_device[CUSTODY_KEY_BYTES]) {
    uint8_t chain_key[CUSTODY_KEY_BYTES];
    if (!vault_device_derive("handset store chain", of_device)) {
        return VAULT_CUSTODY_NO_SECRET;
    }
    bool done = derive_with_salt(of_device, "chain", chain_key)
        && vault_hmac_prepare(&custody.chain_key, chain_key, sizeof chain_key)
        && derive_with_salt(of_device, "names", custody.name_key);
    vault_erase(chain_key, sizeof chain_key);
    if (!done) {
        return VAULT_CUSTODY_FAILED;
    }
    if (!vault_device_derive("handset store device", of_device)) {
        return VAULT_CUSTODY_NO_SECRET;
    }
    if (!derive_with_salt(of_device, "device", custody.device_kek)) {
        return VAULT_CUSTODY_FAILED;
    }
    return vault_device_derive("handset store pin", custody.pepper) ? VAULT_CUSTODY_DONE
                                                                     : VAULT_CUSTODY_NO_SECRET;
}

enum vault_custody_result vault_custody_begin(
    const uint8_t store_salt[VAULT_CUSTODY_STORE_SALT_BYTES]) {
    uint8_t of_device[CUSTODY_KEY_BYTES];
    vault_custody_forget();
    memcpy(custody.store_salt, store_salt, sizeof custody.store_salt);
    enum vault_custody_result result = derive_all(of_device);
    vault_erase(of_device, sizeof of_device);
    custody.begun = result == VAULT_CUSTODY_DONE;
    if (!custody.begun) {
        vault_custody_forget();
    }
    return result;
}

void custody_close(enum vault_custody_domain domain) {
    if (custody.ready && custody.ready_for == domain) {
        custody_unready();
    }
    vault_erase(custody_keys_of(domain), sizeof(struct custody_keys));
    vault_erase(custody_pair_of(domain)->private_key, VAULT_X25519_BYTES);
}

void vault_custody_lock(void) {
    vault_custody_pin_forget();
    custody_unready();
    custody_close(VAULT_CUSTODY_PROFESSIONAL);
    custody_close(VAULT_CUSTODY_PERSONAL);
    vault_erase(&custody.reader, sizeof custody.reader);
    vault_erase(custody.writers, sizeof custody.writers);
}

void vault_custody_forget(void) {
    vault_custody_lock();
    // Before its memory is erased: with ESP-IDF it may hold hardware.
    vault_hmac_forget(&custody.chain_key);
    vault_erase(&custody, sizeof custody);
}

bool vault_custody_is_open(enum vault_custody_domain domain) {
    return custody_keys_of(domain)->open;
}

// --- names and MACs -----------------------------------------------------------------------------

enum vault_custody_result vault_custody_mac(const struct vault_custody_piece *pieces,
    unsigned n_pieces, uint8_t mac[VAULT_CUSTODY_MAC_BYTES]) {
    if (!custody.begun) {
        return VAULT_CUSTODY_NOT_BEGUN;
    }
    struct vault_hmac hmac;
    uint8_t whole[VAULT_SHA256_BYTES];
    bool done = true;
    vault_hmac_copy(&hmac, &custody.chain_key);
    for (unsigned i = 0; i < n_pieces; i++) {
        done = vault_hmac_add(&hmac, pieces[i].at, pieces[i].n) && done;
    }
    done = vault_hmac_finish(&hmac, whole) && done;
    memcpy(mac, whole, VAULT_CUSTODY_MAC_BYTES);
    return done ? VAULT_CUSTODY_DONE : VAULT_CUSTODY_FAILED;
}

enum vault_custody_result vault_custody_name_id(enum vault_custody_domain domain,
    const uint8_t *name, size_t n_name, uint8_t id[VAULT_CUSTODY_NAME_ID_BYTES]) {
    if (!custody.begun) {
        return VAULT_CUSTODY_NOT_BEGUN;
    }
    struct vault_hmac hmac;
    uint8_t whole[VAULT_SHA256_BYTES];
    uint8_t number = (uint8_t)domain;
    if (!vault_hmac_start(&hmac, custody.name_key, sizeof custody.name_key)) {
        return VAULT_CUSTODY_FAILED;
    }
    bool added = vault_hmac_add(&hmac, &number, 1) && vault_hmac_add(&hmac, name, n_name);
    bool done = vault_hmac_finish(&hmac, whole) && added;
    memcpy(id, whole, VAULT_CUSTODY_NAME_ID_BYTES);
    return done ? VAULT_CUSTODY_DONE : VAULT_CUSTODY_FAILED;
}

// --- records ------------------------------------------------------------------------------------

void custody_unready(void) {
    if (custody.ready) {
        vault_aead_forget(&custody.cipher);
        vault_hmac_forget(&custody.nonce_hmac);
        custody.ready = false;
    }
    custody.ready_for = 0;
}

bool custody_ready(enum vault_custody_domain domain, const uint8_t key[CUSTODY_KEY_BYTES],
    const uint8_t nonce_key[CUSTODY_KEY_BYTES]) {
    custody_unready();
    if (!vault_hmac_prepare(&custody.nonce_hmac, nonce_key, CUSTODY_KEY_BYTES)) {
        return false;
    }
    if (!vault_aead_init(&custody.cipher, key, CUSTODY_KEY_BYTES)) {
        vault_hmac_forget(&custody.nonce_hmac);
        return false;
    }
    custody.ready = true;
    custody.ready_for = domain;
    return true;
}

// The keys of a domain stay ready from one record to the next.
static enum vault_custody_result ready_domain(enum vault_custody_domain domain) {
    const struct custody_keys *keys = custody_keys_of(domain);
    if (!keys->open) {
        return VAULT_CUSTODY_CLOSED;
    }
    if (custody.ready && custody.ready_for == domain) {
        return VAULT_CUSTODY_DONE;
    }
    return custody_ready(domain, keys->key, keys->nonce_key) ? VAULT_CUSTODY_DONE
                                                             : VAULT_CUSTODY_FAILED;
}

static void make_nonce(const uint8_t salt[VAULT_CUSTODY_SALT_BYTES], uint32_t version,
    uint8_t nonce[VAULT_AEAD_NONCE_BYTES]) {
    memcpy(nonce, salt, VAULT_CUSTODY_SALT_BYTES);
    for (unsigned i = 0; i < 4; i++) {
        nonce[VAULT_CUSTODY_SALT_BYTES + i] = (uint8_t)(version >> 8 * i);
    }
}

static bool make_salt(struct vault_custody_piece data, struct vault_custody_text text,
    uint8_t salt[VAULT_CUSTODY_SALT_BYTES]) {
    struct vault_hmac hmac;
    uint8_t whole[VAULT_SHA256_BYTES];
    vault_hmac_copy(&hmac, &custody.nonce_hmac);
    bool added = vault_hmac_add(&hmac, data.at, data.n) && vault_hmac_add(&hmac, text.at, text.n);
    bool done = vault_hmac_finish(&hmac, whole) && added;
    memcpy(salt, whole, VAULT_CUSTODY_SALT_BYTES);
    vault_erase(whole, sizeof whole);
    return done;
}

// Additional data and box, one behind the other.
struct joined {
    uint8_t bytes[VAULT_CUSTODY_AAD_BYTES_MAX + VAULT_CUSTODY_BOX_BYTES];
    size_t n;
};

static bool join(struct vault_custody_piece aad, const uint8_t *box, struct joined *joined) {
    size_t n_box = box == NULL ? 0 : VAULT_CUSTODY_BOX_BYTES;
    if (aad.n > VAULT_CUSTODY_AAD_BYTES_MAX) {
        return false;
    }
    if (aad.n > 0) {
        memcpy(joined->bytes, aad.at, aad.n);
    }
    if (n_box > 0) {
        memcpy(joined->bytes + aad.n, box, n_box);
    }
    joined->n = aad.n + n_box;
    return true;
}

enum vault_custody_result custody_seal_ready(struct vault_custody_piece aad, const uint8_t *box,
    uint32_t version, struct vault_custody_text text, uint8_t salt[VAULT_CUSTODY_SALT_BYTES]) {
    struct joined data;
    uint8_t nonce[VAULT_AEAD_NONCE_BYTES];
    bool done = join(aad, box, &data)
        && make_salt((struct vault_custody_piece){data.bytes, data.n}, text, salt);
    if (!done) {
        vault_erase(text.at, text.n);
        return VAULT_CUSTODY_FAILED;
    }
    make_nonce(salt, version, nonce);
    return vault_aead_seal(&custody.cipher, nonce, data.bytes, data.n, text.at, text.n, text.tag)
        ? VAULT_CUSTODY_DONE
        : VAULT_CUSTODY_FAILED;
}

enum vault_custody_result custody_open_ready(struct vault_custody_piece aad, const uint8_t *box,
    uint32_t version, const uint8_t salt[VAULT_CUSTODY_SALT_BYTES],
    struct vault_custody_text text) {
    struct joined data;
    uint8_t nonce[VAULT_AEAD_NONCE_BYTES];
    make_nonce(salt, version, nonce);
    if (!join(aad, box, &data)) {
        vault_erase(text.at, text.n);
        return VAULT_CUSTODY_NOT_AUTHENTIC;
    }
    return vault_aead_open(&custody.cipher, nonce, data.bytes, data.n, text.at, text.n, text.tag)
        ? VAULT_CUSTODY_DONE
        : VAULT_CUSTODY_NOT_AUTHENTIC;
}

enum vault_custody_result vault_custody_seal(enum vault_custody_domain domain,
    struct vault_custody_piece aad, uint32_t version, struct vault_custody_text text,
    uint8_t salt[VAULT_CUSTODY_SALT_BYTES]) {
    enum vault_custody_result result = ready_domain(domain);
    return result == VAULT_CUSTODY_DONE ? custody_seal_ready(aad, NULL, version, text, salt)
                                        : result;
}

enum vault_custody_result vault_custody_open(enum vault_custody_domain domain,
    struct vault_custody_piece aad, uint32_t version,
    const uint8_t salt[VAULT_CUSTODY_SALT_BYTES], struct vault_custody_text text) {
    enum vault_custody_result result = ready_domain(domain);
    return result == VAULT_CUSTODY_DONE ? custody_open_ready(aad, NULL, version, salt, text)
                                        : result;
}
