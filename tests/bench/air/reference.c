// The receiver that ours is compared with: it waits 60 ms from the first packet, then plays a frame
// every 20 ms, the packet that belongs there or the decoder's own guess. Arguments and output as
// those of receiver.c.
#include <stdlib.h>

#include "air.h"
#include "core/rtp.h"

#define WAIT_US 60000u

int main(int argc, char **argv) {
    static int16_t pcm[VOICE_FRAME_SAMPLES];
    static struct air air;
    struct voice_encoder_options options;
    if (argc != 8) {
        air_fail("reference CODEC BITRATE FEC PHASE_US N_FRAMES packets arrivals");
    }
    const struct voice_codec *codec = air_codec(argv + 1, &options);
    void *decoder = aligned_alloc(VOICE_CODEC_ALIGN, (codec->decoder_bytes() | 15u) + 1u);
    uint64_t clock_us = strtoull(argv[4], NULL, 10);
    unsigned long n_frames = strtoul(argv[5], NULL, 10);
    air_open(&air, argv[6], argv[7]);
    const struct air_packet **here = calloc(air.n_packets + n_frames + 1u, sizeof(*here));
    if (decoder == NULL || here == NULL || !codec->decoder_init(decoder)) {
        air_fail("no decoder");
    }
    uint64_t begin_us = UINT64_MAX;
    uint32_t earliest = UINT32_MAX;
    for (unsigned long f = 0; f < n_frames; f++, clock_us += VOICE_FRAME_US) {
        const struct air_packet *packet;
        uint64_t arrival_us;
        struct voice_rtp rtp;
        const uint8_t *payload;
        size_t n_payload;
        while ((packet = air_receive(&air, clock_us, &arrival_us)) != NULL) {
            voice_rtp_read(packet->bytes, packet->n_bytes, &rtp, &payload, &n_payload);
            uint32_t number = rtp.timestamp / codec->timestamp_step;
            here[number] = packet;
            begin_us = begin_us == UINT64_MAX ? arrival_us + WAIT_US : begin_us;
            earliest = clock_us < begin_us && number < earliest ? number : earliest;
        }
        if (clock_us < begin_us || earliest >= air.n_packets) {
            fwrite((int16_t[VOICE_FRAME_SAMPLES]) {0}, sizeof(pcm), 1, stdout);
            continue;
        }
        packet = here[earliest++];
        n_payload = 0;
        if (packet != NULL) {
            voice_rtp_read(packet->bytes, packet->n_bytes, &rtp, &payload, &n_payload);
        }
        codec->decode(decoder, packet == NULL ? NULL : payload, n_payload, pcm);
        fwrite(pcm, sizeof(pcm), 1, stdout);
    }
    return 0;
}
