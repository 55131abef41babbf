// A radio station for tests: the packet layer of SRTP and SRTCP, driven by lines on standard input.
// Each line is a command with its arguments, each answered by a line (see `commands`). Senders and
// receivers have numbers; bytes are hexadecimal, "-" is none. What makes no sense ends the program.
//
// Packets lie in memory of exactly their size, so that the address sanitizer sees what goes beyond.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/srtcp.h"
#include "core/srtp.h"

#define STATIONS 256u
#define ARGUMENTS 6u
#define LINE_BYTES 8192u

struct sender {
    bool floor;
    struct voice_srtp_sender media_sender;
    struct voice_srtcp_sender floor_sender;
};

struct receiver {
    bool floor;
    struct voice_srtp_receiver media_receiver;
    struct voice_srtcp_receiver floor_receiver;
};

static struct voice_keyring keyring;
static struct sender senders[STATIONS];
static struct receiver receivers[STATIONS];

static const char *const RESULTS[] = {
    [VOICE_SRTP_OK] = "OK",
    [VOICE_SRTP_MALFORMED] = "MALFORMED",
    [VOICE_SRTP_UNKNOWN_KEY] = "UNKNOWN_KEY",
    [VOICE_SRTP_FORGED] = "FORGED",
    [VOICE_SRTP_REPLAYED] = "REPLAYED",
    [VOICE_SRTP_STALE] = "STALE",
    [VOICE_SRTP_BUSY] = "BUSY",
};

// --- arguments --------------------------------------------------------------------------------

static void nonsense(const char *what) {
    fprintf(stderr, "station: %s\n", what);
    exit(2);
}

static uint32_t number(const char *text) {
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text == 0 || *end != 0 || value > UINT32_MAX) {
        nonsense(text);
    }
    return (uint32_t)value;
}

static bool is_floor(const char *text) {
    return strcmp(text, "floor") == 0;
}

static struct sender *sender_of(const char *text) {
    return &senders[number(text) % STATIONS];
}

static struct receiver *receiver_of(const char *text) {
    return &receivers[number(text) % STATIONS];
}

// Memory of `capacity` bytes, or as many as the text has where that is more.
static uint8_t *bytes(const char *text, size_t *n_bytes, size_t capacity) {
    *n_bytes = strcmp(text, "-") == 0 ? 0 : strlen(text) / 2u;
    uint8_t *out = malloc(*n_bytes > capacity ? *n_bytes : capacity);
    for (size_t i = 0; i < *n_bytes; i++) {
        unsigned value;
        if (sscanf(text + 2u * i, "%2x", &value) != 1) {
            nonsense(text);
        }
        out[i] = (uint8_t)value;
    }
    return out;
}

static void copy(uint8_t *out, size_t n_out, const char *text) {
    size_t n_bytes;
    uint8_t *in = bytes(text, &n_bytes, 0);
    if (n_bytes != n_out) {
        nonsense(text);
    }
    memcpy(out, in, n_out);
    free(in);
}

static void print_bytes(const uint8_t *in, size_t n_bytes) {
    for (size_t i = 0; i < n_bytes; i++) {
        printf("%02x", in[i]);
    }
    printf(n_bytes == 0 ? "-\n" : "\n");
}

static void print_done(bool done) {
    puts(done ? "yes" : "no");
}

// --- commands ---------------------------------------------------------------------------------

// key SLOT ID BYTES: puts a group key into the keyring.
static void key(char **arguments) {
    uint32_t slot = number(arguments[0]);
    size_t n_bytes;
    uint8_t *group_key = bytes(arguments[2], &n_bytes, 0);
    print_done(slot < VOICE_KEYRING_KEYS && voice_group_key_init(&keyring.keys[slot],
        (uint16_t)number(arguments[1]), group_key, n_bytes));
    free(group_key);
}

// keys COUNT: the keyring has the first of them.
static void keys(char **arguments) {
    keyring.n_keys = (uint8_t)number(arguments[0]);
    print_done(true);
}

// sender NUMBER USE SLOT SSRC EPOCH: installs a key to send with.
static void sender(char **arguments) {
    struct sender *s = sender_of(arguments[0]);
    const struct voice_group_key *group = &keyring.keys[number(arguments[2]) % VOICE_KEYRING_KEYS];
    uint32_t ssrc = number(arguments[3]);
    uint8_t epoch[VOICE_SRTP_EPOCH_BYTES];
    copy(epoch, sizeof epoch, arguments[4]);
    s->floor = is_floor(arguments[1]);
    print_done(s->floor ? voice_srtcp_sender_init(&s->floor_sender, group, ssrc, epoch)
        : voice_srtp_sender_init(&s->media_sender, group, ssrc, epoch));
}

// forget_sender NUMBER: as it was before it had a key.
static void forget_sender(char **arguments) {
    struct sender *s = sender_of(arguments[0]);
    voice_srtp_sender_forget(&s->media_sender);
    voice_srtcp_sender_forget(&s->floor_sender);
    print_done(true);
}

// index NUMBER INDEX: its next packet has this index.
static void set_index(char **arguments) {
    struct sender *s = sender_of(arguments[0]);
    uint32_t index = number(arguments[1]);
    s->media_sender.n_packets_left = VOICE_SRTP_PACKETS_MAX - index;
    s->floor_sender.n_packets_left = VOICE_SRTCP_PACKETS_MAX - index;
    print_done(true);
}

// sequence NUMBER: the sequence number that its next packet must have.
static void sequence(char **arguments) {
    uint16_t next;
    if (voice_srtp_next_sequence(&sender_of(arguments[0])->media_sender, &next)) {
        printf("%u\n", (unsigned)next);
    } else {
        puts("exhausted");
    }
}

// protect NUMBER CAPACITY BYTES: the packet as it goes on the air, or "-".
static void protect(char **arguments) {
    struct sender *s = sender_of(arguments[0]);
    size_t capacity = number(arguments[1]);
    size_t n_bytes;
    uint8_t *packet = bytes(arguments[2], &n_bytes, capacity);
    size_t n_protected = s->floor
        ? voice_srtcp_protect(&s->floor_sender, packet, n_bytes, capacity)
        : voice_srtp_protect(&s->media_sender, packet, n_bytes, capacity);
    print_bytes(packet, n_protected);
    free(packet);
}

// receiver NUMBER USE: a new one.
static void receiver(char **arguments) {
    struct receiver *r = receiver_of(arguments[0]);
    r->floor = is_floor(arguments[1]);
    voice_srtp_receiver_init(&r->media_receiver);
    voice_srtcp_receiver_init(&r->floor_receiver);
    print_done(true);
}

// tick NUMBER: 20 ms go by.
static void tick(char **arguments) {
    struct receiver *r = receiver_of(arguments[0]);
    voice_srtp_receiver_tick(&r->media_receiver);
    voice_srtcp_receiver_tick(&r->floor_receiver);
    print_done(true);
}

// forget_keys NUMBER
static void forget_keys(char **arguments) {
    struct receiver *r = receiver_of(arguments[0]);
    voice_srtp_receiver_forget_keys(&r->media_receiver);
    voice_srtcp_receiver_forget_keys(&r->floor_receiver);
    print_done(true);
}

static unsigned count_keys(const struct voice_srtp_slot *slots, size_t n_slots) {
    static const struct voice_srtp_session nothing;
    unsigned n_keys = 0;
    for (size_t i = 0; i < n_slots; i++) {
        n_keys += memcmp(&slots[i].session, &nothing, sizeof nothing) != 0;
    }
    return n_keys;
}

// count_keys NUMBER: of how many sources anything of the keys is in memory.
static void print_count_of_keys(char **arguments) {
    struct receiver *r = receiver_of(arguments[0]);
    printf("%u\n", r->floor ? count_keys(r->floor_receiver.slots, VOICE_SRTCP_SLOTS)
        : count_keys(r->media_receiver.slots, VOICE_SRTP_SLOTS));
}

// unprotect NUMBER BYTES: the result's name, and the packet's bytes as they are now.
static void unprotect(char **arguments) {
    struct receiver *r = receiver_of(arguments[0]);
    size_t n_bytes;
    uint8_t *packet = bytes(arguments[1], &n_bytes, 0);
    enum voice_srtp_result result = r->floor
        ? voice_srtcp_unprotect(&r->floor_receiver, &keyring, packet, &n_bytes)
        : voice_srtp_unprotect(&r->media_receiver, &keyring, packet, &n_bytes);
    printf("%s ", RESULTS[result]);
    print_bytes(packet, n_bytes);
    free(packet);
}

static void inject(struct voice_srtp_session *session, char **arguments) {
    uint8_t session_key[16];
    copy(session_key, sizeof session_key, arguments[0]);
    copy(session->salt, sizeof session->salt, arguments[1]);
    if (!vault_aead_init(&session->aead, session_key, sizeof session_key)) {
        nonsense("session key");
    }
}

// inject_sender NUMBER KEY SALT: session keys from a document, in the place of derived ones.
static void inject_sender(char **arguments) {
    struct sender *s = sender_of(arguments[0]);
    inject(&s->media_sender.session, arguments + 1);
    inject(&s->floor_sender.session, arguments + 1);
    print_done(true);
}

// inject_receiver NUMBER KEY SALT: for the source it heard first.
static void inject_receiver(char **arguments) {
    struct receiver *r = receiver_of(arguments[0]);
    inject(&r->media_receiver.slots[0].session, arguments + 1);
    inject(&r->floor_receiver.slots[0].session, arguments + 1);
    print_done(true);
}

static const struct command {
    const char *name;
    unsigned n_arguments;
    void (*run)(char **arguments);
} commands[] = {
    {"key", 3, key},
    {"keys", 1, keys},
    {"sender", 5, sender},
    {"forget_sender", 1, forget_sender},
    {"index", 2, set_index},
    {"sequence", 1, sequence},
    {"protect", 3, protect},
    {"receiver", 2, receiver},
    {"tick", 1, tick},
    {"forget_keys", 1, forget_keys},
    {"count_keys", 1, print_count_of_keys},
    {"unprotect", 2, unprotect},
    {"inject_sender", 3, inject_sender},
    {"inject_receiver", 3, inject_receiver},
};

static void obey(char *line) {
    char *words[ARGUMENTS + 1u];
    unsigned n_words = 0;
    for (char *word = strtok(line, " \n"); word != NULL; word = strtok(NULL, " \n")) {
        if (n_words > ARGUMENTS) {
            nonsense("too many words");
        }
        words[n_words++] = word;
    }
    for (size_t i = 0; n_words > 0 && i < sizeof commands / sizeof *commands; i++) {
        const struct command *command = &commands[i];
        if (strcmp(command->name, words[0]) == 0 && command->n_arguments == n_words - 1u) {
            command->run(words + 1);
            return;
        }
    }
    nonsense("unknown command");
}

int main(void) {
    static char line[LINE_BYTES];
    while (fgets(line, sizeof line, stdin) != NULL) {
        obey(line);
        fflush(stdout);
    }
    return 0;
}
