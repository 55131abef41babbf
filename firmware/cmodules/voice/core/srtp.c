#include "srtp.h"

#include <string.h>

#include "bytes.h"
#include "rtp.h"

#define SEQUENCE_OFFSET 2u
#define SSRC_OFFSET 8u

// --- sending ----------------------------------------------------------------------------------

bool voice_srtp_sender_init(struct voice_srtp_sender *sender, const struct voice_group_key *group,
    uint32_t ssrc, const uint8_t epoch[VOICE_SRTP_EPOCH_BYTES]) {
    sender->source.ssrc = ssrc;
    sender->source.key_id = group->id;
    memcpy(sender->source.epoch, epoch, VOICE_SRTP_EPOCH_BYTES);
    bool done = voice_srtp_session_derive(&sender->session, VOICE_SRTP_MEDIA, group,
        &sender->source);
    sender->n_packets_left = done ? VOICE_SRTP_PACKETS_MAX : 0;
    return done;
}

bool voice_srtp_sender_start_at(struct voice_srtp_sender *sender, uint16_t sequence) {
    if (sender->n_packets_left != VOICE_SRTP_PACKETS_MAX) {
        return false;
    }
    sender->n_packets_left -= sequence;
    return true;
}

void voice_srtp_sender_forget(struct voice_srtp_sender *sender) {
    voice_srtp_session_forget(&sender->session);
    sender->n_packets_left = 0;
}

static uint32_t next_index(const struct voice_srtp_sender *sender) {
    return VOICE_SRTP_PACKETS_MAX - sender->n_packets_left;
}

bool voice_srtp_next_sequence(const struct voice_srtp_sender *sender, uint16_t *sequence) {
    *sequence = (uint16_t)next_index(sender);
    return sender->n_packets_left > 0;
}

size_t voice_srtp_protect(struct voice_srtp_sender *sender, uint8_t *packet, size_t n_bytes,
    size_t capacity) {
    uint32_t index = next_index(sender);
    size_t n_header = voice_rtp_payload_offset(packet, n_bytes);
    if (n_header == 0 || n_bytes > capacity || capacity - n_bytes < VOICE_SRTP_OVERHEAD_BYTES
        || sender->n_packets_left == 0
        || voice_read_u32(packet + SSRC_OFFSET) != sender->source.ssrc
        || voice_read_u16(packet + SEQUENCE_OFFSET) != (uint16_t)index) {
        return 0;
    }
    // Used up before it is used: whatever happens, it does not come again.
    sender->n_packets_left--;
    uint8_t nonce[VOICE_SRTP_NONCE_BYTES];
    voice_srtp_session_nonce(&sender->session, sender->source.ssrc, index, nonce);
    uint8_t *tag = packet + n_bytes;
    if (!vault_aead_seal(&sender->session.aead, nonce, packet, n_header, packet + n_header,
            n_bytes - n_header, tag)) {
        return 0;
    }
    voice_srtp_mki_write(tag + VOICE_SRTP_TAG_BYTES, &sender->source, (uint16_t)(index >> 16));
    return n_bytes + VOICE_SRTP_OVERHEAD_BYTES;
}

// --- receiving --------------------------------------------------------------------------------

void voice_srtp_receiver_init(struct voice_srtp_receiver *receiver) {
    voice_srtp_streams_init(&receiver->streams, VOICE_SRTP_MEDIA, receiver->slots,
        VOICE_SRTP_SLOTS);
}

void voice_srtp_receiver_forget_keys(struct voice_srtp_receiver *receiver) {
    voice_srtp_streams_forget_keys(&receiver->streams);
}

void voice_srtp_receiver_tick(struct voice_srtp_receiver *receiver) {
    voice_srtp_streams_tick(&receiver->streams);
}

enum voice_srtp_result voice_srtp_unprotect(struct voice_srtp_receiver *receiver,
    const struct voice_keyring *keyring, uint8_t *packet, size_t *n_bytes) {
    if (*n_bytes < VOICE_SRTP_OVERHEAD_BYTES) {
        return VOICE_SRTP_MALFORMED;
    }
    size_t n_plain = *n_bytes - VOICE_SRTP_OVERHEAD_BYTES;
    size_t n_header = voice_rtp_payload_offset(packet, n_plain);
    if (n_header == 0) {
        return VOICE_SRTP_MALFORMED;
    }
    struct voice_srtp_sealed sealed = {
        .source.ssrc = voice_read_u32(packet + SSRC_OFFSET),
        .aad = packet,
        .n_aad = n_header,
        .text = packet + n_header,
        .n_text = n_plain - n_header,
        .tag = packet + n_plain,
    };
    uint16_t roll_over = voice_srtp_mki_read(sealed.tag + VOICE_SRTP_TAG_BYTES, &sealed.source);
    sealed.index = ((uint32_t)roll_over << 16) | voice_read_u16(packet + SEQUENCE_OFFSET);
    enum voice_srtp_result result = voice_srtp_streams_open(&receiver->streams, keyring, &sealed);
    if (result == VOICE_SRTP_OK) {
        *n_bytes = n_plain;
    }
    return result;
}
