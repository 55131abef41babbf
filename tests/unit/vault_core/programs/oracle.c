// Answers questions about the vault's core, one a line: words in hexadecimal, "-" for none.
//
//   seal KEY NONCE AAD TEXT      -> TEXT TAG, or "refused" (the key)
//   open KEY NONCE AAD TEXT TAG  -> "authentic" TEXT or "forged" TEXT, as it is left in the buffer
//   forget KEY                   -> the object's bytes afterwards
//   block KEY IN                 -> OUT
//   hmac KEY PIECE...            -> MAC
//   extract SALT IKM             -> PRK
//   expand PRK INFO N            -> OUT of N (decimal) bytes, or "refused"
//
// Every word lies in memory of its own size, so that the sanitizer sees a byte too many.

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vault/core/aead.h"
#include "vault/core/block.h"
#include "vault/core/hkdf.h"
#include "vault/core/hmac.h"

#define WORDS_MAX 16
#define LINE_BYTES_MAX 65536

struct bytes {
    uint8_t *at; // NULL for none
    size_t n;
};

static struct bytes word[WORDS_MAX];
static unsigned n_words;

static struct bytes parse(const char *text) {
    struct bytes bytes = {NULL, strcmp(text, "-") == 0 ? 0 : strlen(text) / 2};
    if (bytes.n > 0) {
        bytes.at = malloc(bytes.n);
    }
    for (size_t i = 0; i < bytes.n; i++) {
        unsigned value;
        if (sscanf(text + 2 * i, "%2x", &value) != 1) {
            exit(2);
        }
        bytes.at[i] = (uint8_t)value;
    }
    return bytes;
}

static void print(const uint8_t *at, size_t n) {
    for (size_t i = 0; i < n; i++) {
        printf("%02x", at[i]);
    }
    printf(n == 0 ? "- " : " ");
}

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

static void answer(const char *question, const char *last) {
    if (strcmp(question, "seal") == 0) {
        seal();
    } else if (strcmp(question, "open") == 0) {
        open_sealed();
    } else if (strcmp(question, "forget") == 0) {
        forget();
    } else if (strcmp(question, "block") == 0) {
        block();
    } else if (strcmp(question, "hmac") == 0) {
        hmac();
    } else if (strcmp(question, "extract") == 0) {
        extract();
    } else if (strcmp(question, "expand") == 0) {
        expand(strtoul(last, NULL, 10));
    } else {
        exit(2);
    }
    printf("\n");
    fflush(stdout);
}

int main(void) {
    static char line[LINE_BYTES_MAX];
    while (fgets(line, sizeof line, stdin) != NULL) {
        const char *question = strtok(line, " \n");
        const char *last = "";
        n_words = 0;
        for (char *text; n_words < WORDS_MAX && (text = strtok(NULL, " \n")) != NULL; n_words++) {
            last = text;
            word[n_words] = parse(text);
        }
        answer(question, last);
        for (unsigned i = 0; i < n_words; i++) {
            free(word[i].at);
        }
    }
    return 0;
}
