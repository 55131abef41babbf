// RTP packets: whatever comes in, a payload lies inside the packet.
#include "core/rtp.h"
#include "pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *packet, size_t n_bytes) {
    struct voice_rtp rtp;
    const uint8_t *payload;
    size_t n_payload;
    if (!voice_rtp_read(packet, n_bytes, &rtp, &payload, &n_payload)) {
        return 0;
    }
    must(rtp.payload_type < 128);
    must(payload >= packet + VOICE_RTP_HEADER_BYTES);
    must(payload + n_payload <= packet + n_bytes);
    // The header says the same when it is written anew.
    uint8_t header[VOICE_RTP_HEADER_BYTES];
    voice_rtp_write(header, &rtp);
    must(memcmp(header + 1, packet + 1, VOICE_RTP_HEADER_BYTES - 1) == 0);
    return 0;
}
