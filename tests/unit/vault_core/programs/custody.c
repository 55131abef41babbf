// Answers questions to the custody of keys (words.h). Those that can fail begin with a word: "done", or why
// not.
//
//   secret SECRET              from now on the device has this one; "-": none
//   random_ends N              the source of randomness gives N bytes more
//   random_goes_on             it gives as many as anybody wants
//   begin SALT, forget, lock, create, pin_forget
//   mac PIECE...                          -> MAC
//   name DOMAIN NAME                      -> ID
//   pin_begin PIN SALT ROUNDS, pin_step N -> "there" or "running"
//   wrap GENERATION                       -> BODY
//   load BODY, unlock BODY PERSONAL
//   is_open DOMAIN                        -> "open" or "closed"
//   seal DOMAIN AAD VERSION TEXT          -> TEXT TAG SALT
//   open DOMAIN AAD VERSION SALT TEXT TAG -> TEXT
//   seal_box DOMAIN AAD VERSION TEXT      -> BOX TEXT TAG SALT
//   open_box DOMAIN AAD VERSION BOX SALT TEXT TAG -> TEXT
//   search BYTES                          -> how often they stand in this program's static memory
//   state                                 -> all that custody keeps

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"
#include "vault/core/custody.h"
#include "vault/core/custody_state.h"
#include "vault/core/device.h"
#include "words.h"

// On the heap: where `search` does not look.
static uint8_t *secret;

bool vault_device_derive(const char *label, uint8_t out[32]) {
    uint8_t taken[VAULT_DEVICE_SECRET_BYTES] = {0};
    if (secret != NULL) {
        memcpy(taken, secret, sizeof taken);
    }
    return vault_device_hmac(secret != NULL, taken, label, out);
}

const char *vault_device_secret_name(void) {
    return "test";
}

bool vault_flash_is_protected(void) {
    return false;
}

static bool say(enum vault_custody_result result) {
    static const char *const names[] = {
        [VAULT_CUSTODY_DONE] = "done",
        [VAULT_CUSTODY_NOT_BEGUN] = "not_begun",
        [VAULT_CUSTODY_CLOSED] = "closed",
        [VAULT_CUSTODY_NO_PIN] = "no_pin",
        [VAULT_CUSTODY_NOT_AUTHENTIC] = "not_authentic",
        [VAULT_CUSTODY_DAMAGED] = "damaged",
        [VAULT_CUSTODY_NO_SECRET] = "no_secret",
        [VAULT_CUSTODY_NO_RANDOMNESS] = "no_randomness",
        [VAULT_CUSTODY_FAILED] = "failed",
    };
    printf("%s ", names[result]);
    return result == VAULT_CUSTODY_DONE;
}

static void set_secret(void) {
    free(secret);
    secret = NULL;
    if (word[0].n == VAULT_DEVICE_SECRET_BYTES) {
        secret = word[0].at;
        word[0].at = NULL; // ours now
    }
    say(VAULT_CUSTODY_DONE);
}

static void random_ends(void) {
    source_ends_at = source_n_drawn + number(0);
    say(VAULT_CUSTODY_DONE);
}

static void random_goes_on(void) {
    source_ends_at = UINT64_MAX;
    say(VAULT_CUSTODY_DONE);
}

// --- life, names, keys --------------------------------------------------------------------------

static void begin(void) {
    say(vault_custody_begin(word[0].at));
}

static void forget(void) {
    vault_custody_forget();
    say(VAULT_CUSTODY_DONE);
}

static void lock(void) {
    vault_custody_lock();
    say(VAULT_CUSTODY_DONE);
}

static enum vault_custody_domain domain(void) {
    return (enum vault_custody_domain)number(0);
}

static void is_open(void) {
    printf(vault_custody_is_open(domain()) ? "open" : "closed");
}

static void mac(void) {
    struct vault_custody_piece pieces[WORDS_MAX];
    uint8_t out[VAULT_CUSTODY_MAC_BYTES];
    for (unsigned i = 0; i < n_words; i++) {
        pieces[i] = (struct vault_custody_piece){word[i].at, word[i].n};
    }
    if (say(vault_custody_mac(pieces, n_words, out))) {
        print(out, sizeof out);
    }
}

static void name(void) {
    uint8_t id[VAULT_CUSTODY_NAME_ID_BYTES];
    if (say(vault_custody_name_id(domain(), word[1].at, word[1].n, id))) {
        print(id, sizeof id);
    }
}

static void create(void) {
    say(vault_custody_create());
}

static void pin_begin(void) {
    say(vault_custody_pin_begin(word[0].at, word[0].n, word[1].at, (uint32_t)number(2)));
}

static void pin_step(void) {
    bool finished;
    if (say(vault_custody_pin_step((uint32_t)number(0), &finished))) {
        printf(finished ? "there" : "running");
    }
}

static void pin_forget(void) {
    vault_custody_pin_forget();
    say(VAULT_CUSTODY_DONE);
}

static void wrap(void) {
    uint8_t *body = malloc(VAULT_CUSTODY_KEYS_BYTES);
    memset(body, 0xa5, VAULT_CUSTODY_KEYS_BYTES);
    say(vault_custody_wrap(number(0), body));
    print(body, VAULT_CUSTODY_KEYS_BYTES);
    free(body);
}

static void load(void) {
    say(vault_custody_load(word[0].at));
}

static void unlock(void) {
    say(vault_custody_unlock(word[0].at, number(1) != 0));
}

// --- records ------------------------------------------------------------------------------------

static struct vault_custody_piece aad(void) {
    return (struct vault_custody_piece){word[1].at, word[1].n};
}

static uint32_t version(void) {
    return (uint32_t)number(2);
}

static void seal(void) {
    uint8_t tag[16];
    uint8_t salt[VAULT_CUSTODY_SALT_BYTES];
    struct vault_custody_text text = {word[3].at, word[3].n, tag};
    bool done = say(vault_custody_seal(domain(), aad(), version(), text, salt));
    print(text.at, text.n);
    if (done) {
        print(tag, sizeof tag);
        print(salt, sizeof salt);
    }
}

static void open_sealed(void) {
    struct vault_custody_text text = {word[4].at, word[4].n, word[5].at};
    say(vault_custody_open(domain(), aad(), version(), word[3].at, text));
    print(text.at, text.n);
}

static void seal_box(void) {
    uint8_t tag[16];
    uint8_t salt[VAULT_CUSTODY_SALT_BYTES];
    uint8_t box[VAULT_CUSTODY_BOX_BYTES];
    struct vault_custody_text text = {word[3].at, word[3].n, tag};
    bool done = say(vault_custody_seal_box(domain(), aad(), version(), box, text, salt));
    if (done) {
        print(box, sizeof box);
    }
    print(text.at, text.n);
    if (done) {
        print(tag, sizeof tag);
        print(salt, sizeof salt);
    }
}

static void open_box(void) {
    struct vault_custody_text text = {word[5].at, word[5].n, word[6].at};
    say(vault_custody_open_box(domain(), aad(), version(), word[3].at, word[4].at, text));
    print(text.at, text.n);
}

// --- what is left -------------------------------------------------------------------------------

// The linker's: data and variables of the whole program, the libraries in it and the core.
extern const uint8_t __data_start[];
extern const uint8_t _end[];

// The sanitizer keeps ground free between variables that nobody else may look at.
static unsigned __attribute__((no_sanitize("address", "undefined"), noinline)) count(
    const uint8_t *bytes, size_t n) {
    unsigned n_found = 0;
    for (uintptr_t at = (uintptr_t)__data_start; at + n <= (uintptr_t)_end; at++) {
        const volatile uint8_t *here = (const volatile uint8_t *)at;
        size_t n_equal = 0;
        while (n_equal < n && here[n_equal] == bytes[n_equal]) {
            n_equal++;
        }
        n_found += n_equal == n;
    }
    return n_found;
}

static void search(void) {
    printf("%u", count(word[0].at, word[0].n));
}

static void state(void) {
    print((const uint8_t *)&custody, sizeof custody);
}

static const struct question questions[] = {
    {"secret", set_secret}, {"random_ends", random_ends}, {"random_goes_on", random_goes_on},
    {"begin", begin}, {"forget", forget}, {"lock", lock}, {"is_open", is_open}, {"mac", mac}, {"name", name}, {"create", create},
    {"pin_begin", pin_begin}, {"pin_step", pin_step}, {"pin_forget", pin_forget}, {"wrap", wrap},
    {"load", load}, {"unlock", unlock}, {"seal", seal}, {"open", open_sealed},
    {"seal_box", seal_box}, {"open_box", open_box}, {"search", search}, {"state", state},
    {NULL, NULL},
};

int main(void) {
    int status = answer_all(questions);
    free(secret);
    return status;
}
