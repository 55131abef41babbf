#include "air.h"

#include <stdlib.h>

void air_fail(const char *what) {
    fprintf(stderr, "error: %s\n", what);
    exit(2);
}

const struct voice_codec *air_codec(char **arguments, struct voice_encoder_options *options) {
    const struct voice_codec *codec = voice_codec_find(arguments[0]);
    *options = (struct voice_encoder_options) {
        .bitrate_bps = (uint32_t)strtoul(arguments[1], NULL, 10),
        .fec = arguments[2][0] == '1',
    };
    if (codec == NULL || !codec->bitrate_ok(options->bitrate_bps)) {
        air_fail("no such codec or bit rate");
    }
    return codec;
}

static void read_next(struct air *air) {
    if (fread(&air->next_us, sizeof(air->next_us), 1, air->arrivals) != 1
        || fread(&air->next, sizeof(air->next), 1, air->arrivals) != 1) {
        air->next_us = UINT64_MAX;
    } else if (air->next >= air->n_packets) {
        air_fail("an arrival without a packet");
    }
}

void air_open(struct air *air, const char *packets_path, const char *arrivals_path) {
    FILE *file = fopen(packets_path, "rb");
    struct air_packet packet;
    *air = (struct air) {.arrivals = fopen(arrivals_path, "rb")};
    if (file == NULL || air->arrivals == NULL) {
        air_fail("cannot open packets or arrivals");
    }
    while (fread(&packet.n_bytes, sizeof(packet.n_bytes), 1, file) == 1) {
        if (packet.n_bytes > AIR_PACKET_MAX_BYTES
            || fread(packet.bytes, 1, packet.n_bytes, file) != packet.n_bytes) {
            air_fail("bad packet file");
        }
        if (air->n_packets % 4096u == 0) {
            air->packets = realloc(air->packets, (air->n_packets + 4096u) * sizeof(packet));
        }
        air->packets[air->n_packets++] = packet;
    }
    fclose(file);
    read_next(air);
}

const struct air_packet *air_receive(struct air *air, uint64_t until_us, uint64_t *arrival_us) {
    if (air->next_us > until_us) {
        return NULL;
    }
    const struct air_packet *packet = &air->packets[air->next];
    *arrival_us = air->next_us;
    read_next(air);
    return packet;
}
