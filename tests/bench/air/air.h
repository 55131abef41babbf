// What sender and receivers of the simulated air have in common: their files and their arguments.
//
// Packets: one after the other, 16 bits of length and as many bytes. Arrivals: one after the other,
// 64 bits of time in microseconds and 32 bits of packet number, in order of time. Numbers in the
// order of this machine.
#ifndef AIR_H
#define AIR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/codec.h"

#define AIR_PACKET_MAX_BYTES 256u

struct air_packet {
    uint16_t n_bytes;
    uint8_t bytes[AIR_PACKET_MAX_BYTES];
};

struct air {
    struct air_packet *packets;
    uint32_t n_packets;
    FILE *arrivals;
    uint64_t next_us; // when the next packet arrives, UINT64_MAX when none does any more
    uint32_t next;
};

// The codec's configuration from "amrwb", "12650", "0" or "1" (in-band FEC). Ends the program when
// there is no such codec.
const struct voice_codec *air_codec(char **arguments, struct voice_encoder_options *options);
void air_open(struct air *air, const char *packets_path, const char *arrivals_path);
// The next packet that arrives no later than this, or NULL.
const struct air_packet *air_receive(struct air *air, uint64_t until_us, uint64_t *arrival_us);
void air_fail(const char *what);

#endif
