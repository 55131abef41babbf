#include "rtp.h"

#define VERSION_2 0x80u
#define VERSION_MASK 0xc0u
#define PADDING_BIT 0x20u
#define EXTENSION_BIT 0x10u
#define CSRC_COUNT_MASK 0x0fu
#define MARKER_BIT 0x80u
#define EXTENSION_HEADER_BYTES 4u

static void write_u16(uint8_t *out, uint16_t value) {
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

static void write_u32(uint8_t *out, uint32_t value) {
    write_u16(out, (uint16_t)(value >> 16));
    write_u16(out + 2, (uint16_t)value);
}

static uint16_t read_u16(const uint8_t *in) {
    return (uint16_t)((in[0] << 8) | in[1]);
}

static uint32_t read_u32(const uint8_t *in) {
    return ((uint32_t)read_u16(in) << 16) | read_u16(in + 2);
}

void voice_rtp_write(uint8_t out[VOICE_RTP_HEADER_BYTES], const struct voice_rtp *rtp) {
    out[0] = VERSION_2;
    out[1] = (uint8_t)((rtp->marker ? MARKER_BIT : 0u) | (rtp->payload_type & 0x7fu));
    write_u16(out + 2, rtp->sequence);
    write_u32(out + 4, rtp->timestamp);
    write_u32(out + 8, rtp->ssrc);
}

// Where the payload starts, or 0 when the headers do not fit into the packet.
static size_t payload_offset(const uint8_t *packet, size_t n_bytes) {
    size_t offset = VOICE_RTP_HEADER_BYTES + 4u * (packet[0] & CSRC_COUNT_MASK);
    if (packet[0] & EXTENSION_BIT) {
        if (offset + EXTENSION_HEADER_BYTES > n_bytes) {
            return 0;
        }
        offset += EXTENSION_HEADER_BYTES + 4u * (size_t)read_u16(packet + offset + 2);
    }
    return offset <= n_bytes ? offset : 0;
}

bool voice_rtp_read(const uint8_t *packet, size_t n_bytes, struct voice_rtp *rtp,
    const uint8_t **payload, size_t *n_payload_bytes) {
    if (n_bytes < VOICE_RTP_HEADER_BYTES || (packet[0] & VERSION_MASK) != VERSION_2) {
        return false;
    }
    size_t offset = payload_offset(packet, n_bytes);
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
    rtp->sequence = read_u16(packet + 2);
    rtp->timestamp = read_u32(packet + 4);
    rtp->ssrc = read_u32(packet + 8);
    *payload = packet + offset;
    *n_payload_bytes = n_payload;
    return true;
}
