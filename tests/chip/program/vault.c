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
#include "vault/core/hkdf.h"

enum kind { SEAL, BLOCK, DERIVE };

// Followed by n_key bytes of key, and for SEAL nonce, data and text, for BLOCK a text of one block,
// for DERIVE salt (as data) and info (as text).
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
    vault_aead_forget(&aead);
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
