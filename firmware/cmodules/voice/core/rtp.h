// RTP data packets (RFC 3550 clause 5.1).
#ifndef VOICE_RTP_H
#define VOICE_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VOICE_RTP_HEADER_BYTES 12u

struct voice_rtp {
    bool marker;          // first packet of a talk burst (RFC 3551 clause 4.1)
    uint8_t payload_type; // 0..127
    uint16_t sequence;
    uint32_t timestamp; // in units of the payload's RTP clock
    uint32_t ssrc;
};

// Writes the 12-byte header (version 2; no padding, extension or CSRC).
void voice_rtp_write(uint8_t out[VOICE_RTP_HEADER_BYTES], const struct voice_rtp *rtp);

// Where the payload of a packet of n_bytes starts: behind CSRC list and header extension. 0 when the
// headers do not fit or are not of RTP version 2.
size_t voice_rtp_payload_offset(const uint8_t *packet, size_t n_bytes);

// Reads a packet of n_bytes and finds its payload behind CSRC list and header extension and in
// front of the padding. False when the packet contradicts itself or is not RTP version 2.
bool voice_rtp_read(const uint8_t *packet, size_t n_bytes, struct voice_rtp *rtp,
    const uint8_t **payload, size_t *n_payload_bytes);

#endif
