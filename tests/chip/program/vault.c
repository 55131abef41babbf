// Answers questions to the vault's core, and counts what its calls take.
//
// Reads the file `script` of the folder it runs in, writes `answer` and `figures` there. A question is
// the structure below with its bytes behind it; answers stand one after the other. vault_machines.py
// is the other side. One source for every machine, and their answers must be the same bytes.
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "vault/core/aead.h"
#include "vault/core/block.h"
#include "vault/core/custody.h"
#include "vault/core/device.h"
#include "vault/core/hkdf.h"
#include "vault/core/pbkdf2.h"
#include "vault/core/x25519.h"
#include "vault/entropy.h"

enum kind { SEAL, BLOCK, DERIVE, AGREE, STRETCH };

// Followed by n_key bytes of key, and for SEAL nonce, data and text, for BLOCK a text of one block,
// for DERIVE salt (as data) and info (as text), for AGREE (key: the private one) the other's public key (as
// data), for STRETCH (key: the password) a salt (as data), with n_text rounds.
struct question {
    uint16_t kind;
    uint16_t n_key;
    uint16_t n_data;
    uint16_t n_text;
};

// Instructions of one call, 0 where nobody counts them. Sizes are those of a packet of AMR-WB and of
// one of Opus under SRTP.
struct figures {
    uint32_t aead_init;
    uint32_t seal_35;
    uint32_t seal_60;
    uint32_t open_35;
    uint32_t block;
    uint32_t hkdf_extract;
    uint32_t hkdf_expand_32;
    uint32_t x25519;
    uint32_t pbkdf2_100_rounds;
    uint32_t custody_begin;
    uint32_t custody_mac;
    uint32_t custody_seal_66;
    uint32_t custody_open_66;
    uint32_t custody_other_domain; // the same, when the record before was of another domain
    uint32_t custody_first_box_66;
    uint32_t custody_next_box_66;
    uint32_t custody_open_first_box_66;
    uint32_t custody_open_next_box_66;
};

#define DERIVED_BYTES 77u

static uint8_t key[512];
static uint8_t nonce[VAULT_AEAD_NONCE_BYTES];
static uint8_t data[1024];
static uint8_t text[1024 + VAULT_AEAD_TAG_BYTES];
static int answers;

static void take(int script, void *to, size_t n_bytes) {
    if (n_bytes > 0 && read(script, to, n_bytes) != (ssize_t)n_bytes) {
        _exit(1);
    }
}

static void give(const void *from, size_t n_bytes) {
    if (write(answers, from, n_bytes) != (ssize_t)n_bytes) {
        _exit(2);
    }
}

static void require(bool done) {
    if (!done) {
        _exit(3);
    }
}

static void seal(int script, const struct question *question) {
    struct vault_aead aead;
    take(script, nonce, sizeof nonce);
    take(script, data, question->n_data);
    take(script, text, question->n_text);
    require(vault_aead_init(&aead, key, question->n_key));
    require(vault_aead_seal(&aead, nonce, data, question->n_data, text, question->n_text,
        text + question->n_text));
    give(text, question->n_text + VAULT_AEAD_TAG_BYTES);
    require(vault_aead_open(&aead, nonce, data, question->n_data, text, question->n_text,
        text + question->n_text));
    vault_aead_forget(&aead);
    give(text, question->n_text);
}

static void block(int script, const struct question *question) {
    take(script, text, question->n_text);
    require(vault_aes128_block(key, text, text));
    give(text, VAULT_AES_BLOCK_BYTES);
}

static void derive(int script, const struct question *question) {
    uint8_t prk[VAULT_HKDF_PRK_BYTES];
    uint8_t out[DERIVED_BYTES];
    take(script, data, question->n_data);
    take(script, text, question->n_text);
    require(vault_hkdf_extract(data, question->n_data, key, question->n_key, prk));
    require(vault_hkdf_expand(prk, text, question->n_text, out, sizeof out));
    give(out, sizeof out);
}

// Does the library leave the private key behind on the stack? It is there in the form in which it is used.
static bool is_left_on_stack(const uint8_t *private_key) {
    uint8_t used[VAULT_X25519_BYTES];
    memcpy(used, private_key, sizeof used);
    used[0] &= 248;
    used[31] = (uint8_t)((used[31] & 127) | 64);
    uintptr_t end = (uintptr_t)used - sizeof used;
    for (uintptr_t at = end - 4096; at < end; at++) {
        const volatile uint8_t *here = (const volatile uint8_t *)at;
        unsigned i = 0;
        while (i < sizeof used && here[i] == used[i]) {
            i++;
        }
        if (i == sizeof used) {
            return true;
        }
    }
    return false;
}

static void agree(int script, const struct question *question) {
    uint8_t out[VAULT_X25519_BYTES];
    take(script, data, question->n_data);
    vault_x25519_public(key, out);
    give(out, sizeof out);
    require(vault_x25519(key, data, out));
    require(!is_left_on_stack(key));
    give(out, sizeof out);
}

static void stretch(int script, const struct question *question) {
    struct vault_pbkdf2 derived;
    take(script, data, question->n_data);
    require(vault_pbkdf2_start(&derived, key, question->n_key, data, question->n_data,
        question->n_text));
    while (derived.n_left > 0) {
        require(vault_pbkdf2_step(&derived, 7));
    }
    give(derived.sum, sizeof derived.sum);
    vault_pbkdf2_forget(&derived);
}

static void answer_all(int script) {
    struct question question;
    while (read(script, &question, sizeof question) == (ssize_t)sizeof question) {
        take(script, key, question.n_key);
        switch ((enum kind)question.kind) {
            case SEAL:
                seal(script, &question);
                break;
            case BLOCK:
                block(script, &question);
                break;
            case DERIVE:
                derive(script, &question);
                break;
            case AGREE:
                agree(script, &question);
                break;
            case STRETCH:
                stretch(script, &question);
                break;
        }
    }
}

// --- what calls take ----------------------------------------------------------------------------

static uint32_t instructions(void) {
#ifdef __riscv
    uint32_t count;
    __asm__ volatile ("csrr %0, minstret" : "=r" (count) : : "memory");
    return count;
#else
    return 0;
#endif
}

#define COUNT(figure, call) \
    do { \
        uint32_t before = instructions(); \
        require(call); \
        figure = instructions() - before; \
    } while (0)

// --- what a port gives: numbers that nobody keeps anything with ---------------------------------

bool vault_entropy(uint8_t *buf, size_t n_bytes) {
    static uint32_t state = 1;
    for (size_t i = 0; i < n_bytes; i++) {
        state = state * 1664525u + 1013904223u;
        buf[i] = (uint8_t)(state >> 24);
    }
    return true;
}

const char *vault_entropy_name(void) {
    return "none";
}

bool vault_device_derive(const char *label, uint8_t out[32]) {
    uint8_t secret[VAULT_DEVICE_SECRET_BYTES] = {0};
    return vault_device_hmac(true, secret, label, out);
}

const char *vault_device_secret_name(void) {
    return "none";
}

// Records of 64 bytes and their length; with the MAC of one.
static void count_custody(struct figures *figures) {
    static uint8_t box[2][VAULT_CUSTODY_BOX_BYTES];
    static uint8_t records[2][66 + VAULT_AEAD_TAG_BYTES];
    static uint8_t salts[2][VAULT_CUSTODY_SALT_BYTES];
    struct vault_custody_piece aad = {data, 12};
    struct vault_custody_piece pieces[] = {{data, 8}, aad, {data, 8}, {data, 16}};
    struct vault_custody_text texts[] = {{records[0], 66, records[0] + 66}, {records[1], 66, records[1] + 66}};
    COUNT(figures->custody_begin, vault_custody_begin(data) == VAULT_CUSTODY_DONE);
    require(vault_custody_create() == VAULT_CUSTODY_DONE);
    COUNT(figures->custody_mac, vault_custody_mac(pieces, 4, text) == VAULT_CUSTODY_DONE);
    require(vault_custody_seal(1, aad, 1, texts[0], salts[0]) == VAULT_CUSTODY_DONE);
    require(vault_custody_open(1, aad, 1, salts[0], texts[0]) == VAULT_CUSTODY_DONE);
    COUNT(figures->custody_seal_66, vault_custody_seal(1, aad, 1, texts[0], salts[0]) == VAULT_CUSTODY_DONE);
    COUNT(figures->custody_open_66, vault_custody_open(1, aad, 1, salts[0], texts[0]) == VAULT_CUSTODY_DONE);
    COUNT(figures->custody_other_domain, vault_custody_seal(2, aad, 1, texts[0], salts[0]) == VAULT_CUSTODY_DONE);
    COUNT(figures->custody_first_box_66,
        vault_custody_seal_box(2, aad, 1, box[0], texts[0], salts[0]) == VAULT_CUSTODY_DONE);
    COUNT(figures->custody_next_box_66,
        vault_custody_seal_box(2, aad, 2, box[1], texts[1], salts[1]) == VAULT_CUSTODY_DONE);
    COUNT(figures->custody_open_first_box_66,
        vault_custody_open_box(2, aad, 1, box[0], salts[0], texts[0]) == VAULT_CUSTODY_DONE);
    COUNT(figures->custody_open_next_box_66,
        vault_custody_open_box(2, aad, 2, box[1], salts[1], texts[1]) == VAULT_CUSTODY_DONE);
    vault_custody_forget();
}

static struct figures count(void) {
    static struct vault_aead aead;
    struct figures figures;
    uint8_t tag[VAULT_AEAD_TAG_BYTES];
    uint8_t prk[VAULT_HKDF_PRK_BYTES];
    COUNT(figures.aead_init, vault_aead_init(&aead, key, 16));
    COUNT(figures.seal_60, vault_aead_seal(&aead, nonce, data, 12, text, 60, tag));
    COUNT(figures.seal_35, vault_aead_seal(&aead, nonce, data, 12, text, 35, tag));
    COUNT(figures.open_35, vault_aead_open(&aead, nonce, data, 12, text, 35, tag));
    COUNT(figures.block, vault_aes128_block(key, data, text));
    COUNT(figures.hkdf_extract, vault_hkdf_extract(data, 12, key, 32, prk));
    COUNT(figures.hkdf_expand_32, vault_hkdf_expand(prk, data, 12, text, 32));
    static const uint8_t base[VAULT_X25519_BYTES] = {9};
    COUNT(figures.x25519, vault_x25519(key, base, prk));
    static struct vault_pbkdf2 derived;
    require(vault_pbkdf2_start(&derived, key, 8, data, 16, 101));
    COUNT(figures.pbkdf2_100_rounds, vault_pbkdf2_step(&derived, 100));
    vault_pbkdf2_forget(&derived);
    vault_aead_forget(&aead);
    count_custody(&figures);
    return figures;
}

int main(void) {
    int script = open("script", O_RDONLY);
    answers = open("answer", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    answer_all(script);
    close(script);
    close(answers);
    answers = open("figures", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    struct figures figures = count();
    give(&figures, sizeof figures);
    close(answers);
    return 0;
}
