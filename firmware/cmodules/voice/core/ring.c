#include "ring.h"

#include <stddef.h>

void voice_ring_init(struct voice_ring *ring) {
    __atomic_store_n(&ring->produced, 0u, __ATOMIC_RELEASE);
    __atomic_store_n(&ring->consumed, 0u, __ATOMIC_RELEASE);
}

struct voice_packet *voice_ring_produce(struct voice_ring *ring) {
    // Acquire: the consumer has finished reading the slot before it is written again.
    uint32_t consumed = __atomic_load_n(&ring->consumed, __ATOMIC_ACQUIRE);
    if (ring->produced - consumed >= VOICE_RING_SLOTS) {
        return NULL;
    }
    return &ring->slots[ring->produced % VOICE_RING_SLOTS];
}

uint32_t voice_ring_commit(struct voice_ring *ring) {
    uint32_t produced = ring->produced + 1u;
    __atomic_store_n(&ring->produced, produced, __ATOMIC_RELEASE);
    return produced - __atomic_load_n(&ring->consumed, __ATOMIC_RELAXED);
}

struct voice_packet *voice_ring_consume(struct voice_ring *ring) {
    uint32_t produced = __atomic_load_n(&ring->produced, __ATOMIC_ACQUIRE);
    if (produced == ring->consumed) {
        return NULL;
    }
    return &ring->slots[ring->consumed % VOICE_RING_SLOTS];
}

void voice_ring_release(struct voice_ring *ring) {
    __atomic_store_n(&ring->consumed, ring->consumed + 1u, __ATOMIC_RELEASE);
}
