// Packets into sound, by the handset's own receive side on a clock that the arrivals drive:
// `receiver CODEC BITRATE FEC PHASE_US N_FRAMES packets arrivals > samples`.
// The first frame plays PHASE_US after time 0. Statistics go to standard error: at the end
// "name value", and on the way "watch delay_ms target_ms" every second.
#include <stdlib.h>

#include "air.h"
#include "core/receive.h"

static uint64_t clock_us;

static uint64_t now_us(void) {
    return clock_us;
}

static void tell(const struct voice_stats *stats) {
    #define TELL(name) fprintf(stderr, #name " %u\n", \
    (unsigned)voice_stats_get(stats, VOICE_STAT_##name));
    VOICE_STATS(TELL)
    #undef TELL
}

int main(int argc, char **argv) {
    static struct voice_receive receive;
    static struct voice_stats stats;
    static struct voice_packet in;
    static int16_t pcm[VOICE_FRAME_SAMPLES];
    static struct air air;
    if (argc != 8) {
        air_fail("receiver CODEC BITRATE FEC PHASE_US N_FRAMES packets arrivals");
    }
    struct voice_config config = {.payload_type = 96};
    config.codec = air_codec(argv + 1, &config.options);
    void *decoder = aligned_alloc(VOICE_CODEC_ALIGN, (config.codec->decoder_bytes() | 15u) + 1u);
    clock_us = strtoull(argv[4], NULL, 10);
    air_open(&air, argv[6], argv[7]);
    voice_receive_init(&receive, &stats, now_us);
    if (decoder == NULL || !voice_receive_configure(&receive, &config, decoder)) {
        air_fail("no decoder");
    }
    for (unsigned long f = 0, n_frames = strtoul(argv[5], NULL, 10); f < n_frames; f++) {
        const struct air_packet *packet;
        while ((packet = air_receive(&air, clock_us, &in.arrival_us)) != NULL) {
            in.n_bytes = packet->n_bytes;
            for (unsigned i = 0; i < packet->n_bytes; i++) {
                in.bytes[i] = packet->bytes[i];
            }
            voice_receive_packet(&receive, &in);
        }
        voice_receive_tick(&receive, pcm);
        fwrite(pcm, sizeof(pcm), 1, stdout);
        clock_us += VOICE_FRAME_US;
        if (f % 50 == 0) {
            fprintf(stderr, "watch %u %u\n", (unsigned)voice_stats_get(&stats, VOICE_STAT_delay_ms),
                (unsigned)voice_stats_get(&stats, VOICE_STAT_target_ms));
        }
    }
    tell(&stats);
    return 0;
}
