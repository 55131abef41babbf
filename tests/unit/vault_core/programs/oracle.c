// Answers questions about the vault's core, one a line: words in hexadecimal, "-" for none.
//
//   seal KEY NONCE AAD TEXT      -> TEXT TAG, or "refused" (the key)
//   open KEY NONCE AAD TEXT TAG  -> "authentic" TEXT or "forged" TEXT, as it is left in the buffer
//   forget KEY                   -> the object's bytes afterwards
//   block KEY IN                 -> OUT
//   hmac KEY PIECE...            -> MAC
//   extract SALT IKM             -> PRK
//   expand PRK INFO N            -> OUT of N (decimal) bytes, or "refused"
//   copies KEY PIECE...          -> MAC of each piece, with one key prepared for all
//   pbkdf2 PASSWORD SALT N SLICE -> OUT, in slices of so many rounds
//   public PRIVATE               -> PUBLIC
//   agree PRIVATE PUBLIC         -> SECRET, or "none"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vault/core/aead.h"
#include "vault/core/block.h"
#include "vault/core/hkdf.h"
#include "vault/core/hmac.h"
#include "vault/core/pbkdf2.h"
#include "vault/core/x25519.h"
#include "words.h"

static bool make_cipher(struct vault_aead *aead) {
    if (!vault_aead_init(aead, word[0].at, word[0].n)) {
        printf("refused");
        return false;
    }
    return true;
}

static void seal(void) {
    struct vault_aead aead;
    uint8_t tag[VAULT_AEAD_TAG_BYTES];
    if (make_cipher(&aead)) {
        bool sealed = vault_aead_seal(&aead, word[1].at, word[2].at, word[2].n, word[3].at,
            word[3].n, tag);
        printf(sealed ? "" : "failed ");
        print(word[3].at, word[3].n);
        print(tag, sizeof tag);
        vault_aead_forget(&aead);
    }
}

static void open_sealed(void) {
    struct vault_aead aead;
    if (make_cipher(&aead)) {
        bool authentic = vault_aead_open(&aead, word[1].at, word[2].at, word[2].n, word[3].at,
            word[3].n, word[4].at);
        printf(authentic ? "authentic " : "forged ");
        print(word[3].at, word[3].n);
        vault_aead_forget(&aead);
    }
}

static void forget(void) {
    struct vault_aead aead;
    memset(&aead, 0xa5, sizeof aead);
    if (make_cipher(&aead)) {
        vault_aead_forget(&aead);
        print((const uint8_t *)&aead, sizeof aead);
    }
}

static void block(void) {
    uint8_t out[VAULT_AES_BLOCK_BYTES];
    printf(vault_aes128_block(word[0].at, word[1].at, out) ? "" : "failed ");
    print(out, sizeof out);
}

static void hmac(void) {
    struct vault_hmac state;
    uint8_t mac[VAULT_SHA256_BYTES];
    bool done = vault_hmac_start(&state, word[0].at, word[0].n);
    for (unsigned i = 1; i < n_words; i++) {
        done = vault_hmac_add(&state, word[i].at, word[i].n) && done;
    }
    done = vault_hmac_finish(&state, mac) && done;
    printf(done ? "" : "failed ");
    print(mac, sizeof mac);
}

static void extract(void) {
    uint8_t prk[VAULT_HKDF_PRK_BYTES];
    printf(vault_hkdf_extract(word[0].at, word[0].n, word[1].at, word[1].n, prk) ? "" : "failed ");
    print(prk, sizeof prk);
}

static void expand(size_t n_out) {
    uint8_t *out = malloc(n_out);
    if (vault_hkdf_expand(word[0].at, word[1].at, word[1].n, out, n_out)) {
        print(out, n_out);
    } else {
        printf("refused");
    }
    free(out);
}

static void copies(void) {
    struct vault_hmac prepared;
    struct vault_hmac state;
    uint8_t mac[VAULT_SHA256_BYTES];
    bool done = vault_hmac_prepare(&prepared, word[0].at, word[0].n);
    for (unsigned i = 1; i < n_words; i++) {
        vault_hmac_copy(&state, &prepared);
        done = vault_hmac_add(&state, word[i].at, word[i].n) && vault_hmac_finish(&state, mac)
            && done;
        print(mac, sizeof mac);
    }
    vault_hmac_forget(&prepared);
    printf(done ? "" : "failed ");
}

static void pbkdf2(void) {
    struct vault_pbkdf2 derived;
    bool done = vault_pbkdf2_start(&derived, word[0].at, word[0].n, word[1].at, word[1].n,
        (uint32_t)number(2));
    while (done && derived.n_left > 0) {
        done = vault_pbkdf2_step(&derived, (uint32_t)number(3));
    }
    printf(done ? "" : "failed ");
    print(derived.sum, sizeof derived.sum);
    vault_pbkdf2_forget(&derived);
}

static void public(void) {
    uint8_t out[VAULT_X25519_BYTES];
    vault_x25519_public(word[0].at, out);
    print(out, sizeof out);
}

static void agree(void) {
    uint8_t out[VAULT_X25519_BYTES];
    if (vault_x25519(word[0].at, word[1].at, out)) {
        print(out, sizeof out);
    } else {
        printf("none");
    }
}

static void expand_last(void) {
    expand(number(2));
}

static const struct question questions[] = {
    {"seal", seal}, {"open", open_sealed}, {"forget", forget}, {"block", block}, {"hmac", hmac},
    {"extract", extract}, {"expand", expand_last}, {"copies", copies}, {"pbkdf2", pbkdf2},
    {"public", public}, {"agree", agree}, {NULL, NULL},
};

int main(void) {
    return answer_all(questions);
}
