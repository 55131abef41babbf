#include "rtp.h"

#include "bytes.h"

#define VERSION_2 0x80u
#define VERSION_MASK 0xc0u
#define PADDING_BIT 0x20u
#define EXTENSION_BIT 0x10u
#define CSRC_COUNT_MASK 0x0fu
#define MARKER_BIT 0x80u
#define EXTENSION_HEADER_BYTES 4u

void voice_rtp_write(uint8_t out[VOICE_RTP_HEADER_BYTES], const struct voice_rtp *rtp) {
    out[0] = VERSION_2;
    out[1] = (uint8_t)((rtp->marker ? MARKER_BIT : 0u) | (rtp->payload_type & 0x7fu));
    voice_write_u16(out + 2, rtp->sequence);
    voice_write_u32(out + 4, rtp->timestamp);
    voice_write_u32(out + 8, rtp->ssrc);
}

size_t voice_rtp_payload_offset(const uint8_t *packet, size_t n_bytes) {
    if (n_bytes < VOICE_RTP_HEADER_BYTES || (packet[0] & VERSION_MASK) != VERSION_2) {
        return 0;
    }
    size_t offset = VOICE_RTP_HEADER_BYTES + 4u * (packet[0] & CSRC_COUNT_MASK);
    if (packet[0] & EXTENSION_BIT) {
        if (offset + EXTENSION_HEADER_BYTES > n_bytes) {
            return 0;
        }
        offset += EXTENSION_HEADER_BYTES + 4u * (size_t)voice_read_u16(packet + offset + 2);
    }
    return offset <= n_bytes ? offset : 0;
}

bool voice_rtp_read(const uint8_t *packet, size_t n_bytes, struct voice_rtp *rtp,
    const uint8_t **payload, size_t *n_payload_bytes) {
    size_t offset = voice_rtp_payload_offset(packet, n_bytes);
    if (offset == 0) {
        return false;
    }
    size_t n_payload = n_bytes - offset;
    if (packet[0] & PADDING_BIT) {
        // The last byte counts the padding bytes, itself included.
        size_t n_padding = packet[n_bytes - 1];
        if (n_padding == 0 || n_padding > n_payload) {
            return false;
        }
        n_payload -= n_padding;
    }
    rtp->marker = (packet[1] & MARKER_BIT) != 0;
    rtp->payload_type = packet[1] & 0x7fu;
    rtp->sequence = voice_read_u16(packet + 2);
    rtp->timestamp = voice_read_u32(packet + 4);
    rtp->ssrc = voice_read_u32(packet + 8);
    *payload = packet + offset;
    *n_payload_bytes = n_payload;
    return true;
}
