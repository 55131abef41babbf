// Packet ring between exactly one producer and one consumer (Python on one side, the audio thread
// on the other). Neither ever waits: a full ring refuses, an empty one has nothing.
//
// A packet is built in place and read in place:
//   slot = voice_ring_produce(r);  if (slot) { fill *slot; voice_ring_commit(r); }
//   slot = voice_ring_consume(r);  if (slot) { use *slot;  voice_ring_release(r); }
#ifndef VOICE_RING_H
#define VOICE_RING_H

#include <stdint.h>

#include "codec.h"

// RTP header 12, SRTP's authentication tag 16 and MKI 10, and 26 for what others put into theirs
// (CSRC list, header extension).
#define VOICE_PACKET_MAX_BYTES (VOICE_ENCODED_MAX_BYTES + 12u + 16u + 10u + 26u)
#define VOICE_RING_SLOTS 16u // power of two; 320 ms of one talker

struct voice_packet {
    uint64_t arrival_us; // when it was handed in, on the engine's clock
    uint16_t n_bytes;
    uint8_t bytes[VOICE_PACKET_MAX_BYTES];
};

struct voice_ring {
    // Counters that run on and wrap at 2^32; their difference is the fill level.
    uint32_t produced; // written by the producer only
    uint32_t consumed; // written by the consumer only
    struct voice_packet slots[VOICE_RING_SLOTS];
};

// Empties the ring. Only while neither side is running.
void voice_ring_init(struct voice_ring *ring);

// The slot to fill next, or NULL when the ring is full. Producer side.
struct voice_packet *voice_ring_produce(struct voice_ring *ring);
// Publishes the filled slot and returns the fill level just after. Producer side.
uint32_t voice_ring_commit(struct voice_ring *ring);

// The oldest packet, or NULL when the ring is empty; the consumer's to change. Consumer side.
struct voice_packet *voice_ring_consume(struct voice_ring *ring);
// Gives that slot back. Consumer side.
void voice_ring_release(struct voice_ring *ring);

#endif
