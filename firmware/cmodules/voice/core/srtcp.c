#include "srtcp.h"

#include <string.h>

#include "bytes.h"

#define HEADER_BYTES VOICE_SRTCP_HEADER_BYTES
#define VERSION_2 0x80u
#define VERSION_MASK 0xc0u
#define SSRC_OFFSET 4u
#define ENCRYPTED_BIT 0x80000000u
// RFC 7714 clause 9.2: the header, and the word with bit and index.
#define AAD_BYTES (HEADER_BYTES + VOICE_SRTCP_INDEX_BYTES)

static bool is_rtcp(const uint8_t *packet, size_t n_bytes) {
    return n_bytes >= HEADER_BYTES && (packet[0] & VERSION_MASK) == VERSION_2;
}

static void make_aad(const uint8_t *packet, uint32_t index_word, uint8_t aad[AAD_BYTES]) {
    memcpy(aad, packet, HEADER_BYTES);
    voice_write_u32(aad + HEADER_BYTES, index_word);
}

// --- sending ----------------------------------------------------------------------------------

bool voice_srtcp_sender_init(struct voice_srtcp_sender *sender,
    const struct voice_group_key *group, uint32_t ssrc,
    const uint8_t epoch[VOICE_SRTP_EPOCH_BYTES]) {
    sender->source.ssrc = ssrc;
    sender->source.key_id = group->id;
    memcpy(sender->source.epoch, epoch, VOICE_SRTP_EPOCH_BYTES);
    bool done = voice_srtp_session_derive(&sender->session, VOICE_SRTP_FLOOR, group,
        &sender->source);
    sender->n_packets_left = done ? VOICE_SRTCP_PACKETS_MAX : 0;
    return done;
}

void voice_srtcp_sender_forget(struct voice_srtcp_sender *sender) {
    voice_srtp_session_forget(&sender->session);
    sender->n_packets_left = 0;
}

size_t voice_srtcp_protect(struct voice_srtcp_sender *sender, uint8_t *packet, size_t n_bytes,
    size_t capacity) {
    if (!is_rtcp(packet, n_bytes) || n_bytes > capacity
        || capacity - n_bytes < VOICE_SRTCP_OVERHEAD_BYTES || sender->n_packets_left == 0
        || voice_read_u32(packet + SSRC_OFFSET) != sender->source.ssrc) {
        return 0;
    }
    // Used up before it is used: whatever happens, it does not come again.
    uint32_t index = VOICE_SRTCP_PACKETS_MAX - sender->n_packets_left--;
    uint8_t nonce[VOICE_SRTP_NONCE_BYTES];
    voice_srtp_session_nonce(&sender->session, sender->source.ssrc, index, nonce);
    uint8_t aad[AAD_BYTES];
    make_aad(packet, ENCRYPTED_BIT | index, aad);
    uint8_t *tag = packet + n_bytes;
    if (!vault_aead_seal(&sender->session.aead, nonce, aad, sizeof aad, packet + HEADER_BYTES,
            n_bytes - HEADER_BYTES, tag)) {
        return 0;
    }
    uint8_t *word = tag + VOICE_SRTP_TAG_BYTES;
    voice_write_u32(word, ENCRYPTED_BIT | index);
    voice_srtp_mki_write(word + VOICE_SRTCP_INDEX_BYTES, &sender->source, 0);
    return n_bytes + VOICE_SRTCP_OVERHEAD_BYTES;
}

// --- receiving --------------------------------------------------------------------------------

void voice_srtcp_receiver_init(struct voice_srtcp_receiver *receiver) {
    voice_srtp_streams_init(&receiver->streams, VOICE_SRTP_FLOOR, receiver->slots,
        VOICE_SRTCP_SLOTS);
}

void voice_srtcp_receiver_forget_keys(struct voice_srtcp_receiver *receiver) {
    voice_srtp_streams_forget_keys(&receiver->streams);
}

void voice_srtcp_receiver_tick(struct voice_srtcp_receiver *receiver) {
    voice_srtp_streams_tick(&receiver->streams);
}

enum voice_srtp_result voice_srtcp_unprotect(struct voice_srtcp_receiver *receiver,
    const struct voice_keyring *keyring, uint8_t *packet, size_t *n_bytes) {
    if (*n_bytes < VOICE_SRTCP_OVERHEAD_BYTES
        || !is_rtcp(packet, *n_bytes - VOICE_SRTCP_OVERHEAD_BYTES)) {
        return VOICE_SRTP_MALFORMED;
    }
    size_t n_plain = *n_bytes - VOICE_SRTCP_OVERHEAD_BYTES;
    const uint8_t *tag = packet + n_plain;
    const uint8_t *word = tag + VOICE_SRTP_TAG_BYTES;
    uint32_t index_word = voice_read_u32(word);
    uint8_t aad[AAD_BYTES];
    make_aad(packet, index_word, aad);
    struct voice_srtp_sealed sealed = {
        .source.ssrc = voice_read_u32(packet + SSRC_OFFSET),
        .index = index_word & ~ENCRYPTED_BIT,
        .aad = aad,
        .n_aad = sizeof aad,
        .text = packet + HEADER_BYTES,
        .n_text = n_plain - HEADER_BYTES,
        .tag = tag,
    };
    // Messages in clear are not for us, and SRTCP has no roll-over counter.
    uint16_t roll_over = voice_srtp_mki_read(word + VOICE_SRTCP_INDEX_BYTES, &sealed.source);
    if (!(index_word & ENCRYPTED_BIT) || roll_over != 0) {
        return VOICE_SRTP_MALFORMED;
    }
    enum voice_srtp_result result = voice_srtp_streams_open(&receiver->streams, keyring, &sealed);
    if (result == VOICE_SRTP_OK) {
        *n_bytes = n_plain;
    }
    return result;
}
