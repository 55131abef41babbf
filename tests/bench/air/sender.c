// Speech into packets: `sender CODEC BITRATE FEC < samples > packets`.
#include <stdlib.h>

#include "air.h"
#include "core/rtp.h"

int main(int argc, char **argv) {
    static int16_t pcm[VOICE_FRAME_SAMPLES];
    struct voice_encoder_options options;
    if (argc != 4) {
        air_fail("sender CODEC BITRATE FEC");
    }
    const struct voice_codec *codec = air_codec(argv + 1, &options);
    void *encoder = aligned_alloc(VOICE_CODEC_ALIGN, (codec->encoder_bytes() | 15u) + 1u);
    if (encoder == NULL || !codec->encoder_init(encoder, &options)) {
        air_fail("no encoder");
    }
    struct voice_rtp rtp = {.marker = true, .payload_type = 96, .sequence = 65000, .ssrc = 1};
    while (fread(pcm, sizeof(pcm), 1, stdin) == 1) {
        struct air_packet packet;
        int n_payload = codec->encode(encoder, pcm, packet.bytes + VOICE_RTP_HEADER_BYTES,
            AIR_PACKET_MAX_BYTES - VOICE_RTP_HEADER_BYTES);
        if (n_payload <= 0) {
            air_fail("a frame was not encoded");
        }
        voice_rtp_write(packet.bytes, &rtp);
        packet.n_bytes = (uint16_t)(VOICE_RTP_HEADER_BYTES + (unsigned)n_payload);
        fwrite(&packet.n_bytes, sizeof(packet.n_bytes), 1, stdout);
        fwrite(packet.bytes, 1, packet.n_bytes, stdout);
        rtp.marker = false;
        rtp.sequence++;
        rtp.timestamp += codec->timestamp_step;
    }
    return 0;
}
