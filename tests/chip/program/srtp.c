// Protects and opens packets under SRTP and SRTCP, and counts what that takes.
//
// Reads the file `script` of the folder it runs in: struct keys, then each packet in clear behind its
// struct packet. Writes to `answer` each packet as it goes on the air and as it is opened again, and
// to `figures` what it counted. srtp_machines.py is the other side. One source for every machine, and
// their answers must be the same bytes.
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "core/rtp.h"
#include "core/srtcp.h"
#include "core/srtp.h"

// Which the script begins with.
struct keys {
    uint8_t group_key[32];
    uint8_t epoch[VOICE_SRTP_EPOCH_BYTES];
    uint16_t key_id;
    uint32_t ssrc;
    uint32_t start_index; // of the media
};

struct packet {
    uint16_t use; // enum voice_srtp_use
    uint16_t n_bytes;
};

// Instructions of one call, 0 where nobody counts them: packets by the bytes of their payload, which
// are those of AMR-WB at 12.65 and 23.85 kbit/s. `first`: the keys are derived.
struct figures {
    uint32_t protect_33;
    uint32_t protect_61;
    uint32_t unprotect_33;
    uint32_t unprotect_61;
    uint32_t unprotect_first;
    uint32_t unprotect_forged_first;
    uint32_t unprotect_replayed;
    uint32_t sender_init;
    uint32_t sender_bytes;
    uint32_t receiver_bytes;
    uint32_t floor_receiver_bytes;
    uint32_t keyring_bytes;
};

#define PACKET_BYTES 1024u

static struct keys keys;
static struct voice_keyring keyring;
static struct voice_srtp_sender sender;
static struct voice_srtp_receiver receiver;
static struct voice_srtcp_sender floor_sender;
static struct voice_srtcp_receiver floor_receiver;
static uint8_t memory[PACKET_BYTES + VOICE_SRTCP_OVERHEAD_BYTES];
static int answers;

static void require(bool done) {
    if (!done) {
        _exit(1);
    }
}

static void take(int script, void *to, size_t n_bytes) {
    require(read(script, to, n_bytes) == (ssize_t)n_bytes);
}

static void give(const void *from, size_t n_bytes) {
    require(write(answers, from, n_bytes) == (ssize_t)n_bytes);
}

static void install_keys(void) {
    require(voice_group_key_init(&keyring.keys[0], keys.key_id, keys.group_key,
        sizeof keys.group_key));
    keyring.n_keys = 1;
    require(voice_srtp_sender_init(&sender, &keyring.keys[0], keys.ssrc, keys.epoch));
    require(voice_srtcp_sender_init(&floor_sender, &keyring.keys[0], keys.ssrc, keys.epoch));
    sender.n_packets_left -= keys.start_index;
    voice_srtp_receiver_init(&receiver);
    voice_srtcp_receiver_init(&floor_receiver);
}

static void answer_all(int script) {
    struct packet packet;
    while (read(script, &packet, sizeof packet) == (ssize_t)sizeof packet) {
        bool media = packet.use == VOICE_SRTP_MEDIA;
        require(packet.n_bytes <= PACKET_BYTES);
        take(script, memory, packet.n_bytes);
        size_t n_bytes = media
            ? voice_srtp_protect(&sender, memory, packet.n_bytes, sizeof memory)
            : voice_srtcp_protect(&floor_sender, memory, packet.n_bytes, sizeof memory);
        require(n_bytes > 0);
        give(memory, n_bytes);
        enum voice_srtp_result result = media
            ? voice_srtp_unprotect(&receiver, &keyring, memory, &n_bytes)
            : voice_srtcp_unprotect(&floor_receiver, &keyring, memory, &n_bytes);
        require(result == VOICE_SRTP_OK);
        give(memory, n_bytes);
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

// A packet of the next sequence number on the air; returns what protecting it took.
static uint32_t protect(size_t n_payload, size_t *n_bytes) {
    struct voice_rtp rtp = {.payload_type = 96, .ssrc = keys.ssrc};
    require(voice_srtp_next_sequence(&sender, &rtp.sequence));
    voice_rtp_write(memory, &rtp);
    uint32_t before = instructions();
    *n_bytes = voice_srtp_protect(&sender, memory, VOICE_RTP_HEADER_BYTES + n_payload,
        sizeof memory);
    uint32_t taken = instructions() - before;
    require(*n_bytes > 0);
    return taken;
}

static uint32_t unprotect(size_t n_bytes, enum voice_srtp_result expected) {
    uint32_t before = instructions();
    enum voice_srtp_result result = voice_srtp_unprotect(&receiver, &keyring, memory, &n_bytes);
    uint32_t taken = instructions() - before;
    require(result == expected);
    return taken;
}

static struct figures count(void) {
    struct figures figures = {
        .sender_bytes = sizeof sender,
        .receiver_bytes = sizeof receiver,
        .floor_receiver_bytes = sizeof floor_receiver,
        .keyring_bytes = sizeof keyring,
    };
    size_t n_bytes;
    uint32_t before = instructions();
    require(voice_srtp_sender_init(&sender, &keyring.keys[0], keys.ssrc, keys.epoch));
    figures.sender_init = instructions() - before;
    voice_srtp_receiver_init(&receiver);
    protect(33, &n_bytes);
    memory[n_bytes - VOICE_SRTP_OVERHEAD_BYTES] ^= 1;
    figures.unprotect_forged_first = unprotect(n_bytes, VOICE_SRTP_FORGED);
    protect(33, &n_bytes);
    figures.unprotect_first = unprotect(n_bytes, VOICE_SRTP_OK);
    figures.protect_61 = protect(61, &n_bytes);
    figures.unprotect_61 = unprotect(n_bytes, VOICE_SRTP_OK);
    figures.protect_33 = protect(33, &n_bytes);
    figures.unprotect_33 = unprotect(n_bytes, VOICE_SRTP_OK);
    figures.unprotect_replayed = unprotect(n_bytes, VOICE_SRTP_REPLAYED);
    return figures;
}

int main(void) {
    int script = open("script", O_RDONLY);
    answers = open("answer", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    take(script, &keys, sizeof keys);
    install_keys();
    answer_all(script);
    close(script);
    close(answers);
    answers = open("figures", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    struct figures figures = count();
    give(&figures, sizeof figures);
    close(answers);
    return 0;
}
