#include "wire.h"

#include <string.h>

#include "virtio.h"

#define QUEUE_RECEIVE 0u
#define QUEUE_TRANSMIT 1u
#define HEADER_BYTES 12u // struct virtio_net_hdr (clause 5.1.6), all zero for us

struct wire_buffer {
    uint8_t header[HEADER_BYTES];
    uint8_t bytes[WIRE_DATAGRAM_BYTES_MAX];
};

struct wire {
    struct virtio_queue receive;
    struct virtio_queue transmit;
    struct wire_buffer in[VIRTIO_QUEUE_LENGTH];
    struct wire_buffer out[VIRTIO_QUEUE_LENGTH];
    uint32_t out_free; // bit i: buffer i is ours
    bool started;
};

static struct wire wires[WIRE_COUNT] SYSTEM_RAM;

bool wire_start(unsigned number) {
    struct wire *wire = &wires[number];
    unsigned slot = WIRE_FIRST_SLOT + number;
    wire->started = false;
    if (!virtio_begin(slot, VIRTIO_ID_NET)) {
        return false;
    }
    virtio_add_queue(slot, QUEUE_RECEIVE, &wire->receive, wire->in, sizeof(struct wire_buffer), true);
    virtio_add_queue(slot, QUEUE_TRANSMIT, &wire->transmit, wire->out, sizeof(struct wire_buffer), false);
    virtio_ready(slot);
    for (uint16_t i = 0; i < VIRTIO_QUEUE_LENGTH; i++) {
        virtio_offer(slot, QUEUE_RECEIVE, &wire->receive, i, sizeof(struct wire_buffer));
    }
    wire->out_free = (1u << VIRTIO_QUEUE_LENGTH) - 1u;
    wire->started = true;
    return true;
}

bool wire_readable(unsigned number) {
    return wires[number].started && virtio_done(&wires[number].receive);
}

bool wire_receive(unsigned number, uint8_t *to, size_t capacity, size_t *n_bytes) {
    struct wire *wire = &wires[number];
    uint32_t n_used;
    int id = wire->started ? virtio_take(&wire->receive, &n_used) : -1;
    if (id < 0) {
        return false;
    }
    *n_bytes = n_used > HEADER_BYTES ? n_used - HEADER_BYTES : 0;
    memcpy(to, wire->in[id].bytes, *n_bytes < capacity ? *n_bytes : capacity);
    virtio_offer(WIRE_FIRST_SLOT + number, QUEUE_RECEIVE, &wire->receive, (uint16_t)id, sizeof(struct wire_buffer));
    return true;
}

bool wire_send(unsigned number, const uint8_t *from, size_t n_bytes) {
    struct wire *wire = &wires[number];
    uint32_t unused;
    int id;
    while ((id = virtio_take(&wire->transmit, &unused)) >= 0) {
        wire->out_free |= 1u << id;
    }
    if (!wire->started || wire->out_free == 0 || n_bytes > WIRE_DATAGRAM_BYTES_MAX) {
        return false;
    }
    id = __builtin_ctz(wire->out_free);
    wire->out_free &= ~(1u << id);
    memcpy(wire->out[id].bytes, from, n_bytes);
    virtio_offer(WIRE_FIRST_SLOT + number, QUEUE_TRANSMIT, &wire->transmit, (uint16_t)id, (uint32_t)(HEADER_BYTES + n_bytes));
    return true;
}
