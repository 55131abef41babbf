// Virtio over MMIO, version 1.x (OASIS VIRTIO 1.1, clauses 2.6 split virtqueues, 4.2 MMIO).
#pragma once

#include "machine.h"

#define VIRTIO_SLOTS 8u
#define VIRTIO_QUEUE_LENGTH 8u

#define VIRTIO_ID_NET 1u
#define VIRTIO_ID_RNG 4u

struct virtio_descriptor {
    uint64_t address;
    uint32_t n_bytes;
    uint16_t flags;
    uint16_t next;
};

struct virtio_available {
    uint16_t flags;
    uint16_t index;
    uint16_t ring[VIRTIO_QUEUE_LENGTH];
};

struct virtio_used {
    uint16_t flags;
    uint16_t index;
    struct {
        uint32_t id;
        uint32_t n_bytes;
    } ring[VIRTIO_QUEUE_LENGTH];
};

// Buffer i of a queue belongs to descriptor i for good.
struct virtio_queue {
    _Alignas(16) struct virtio_descriptor descriptors[VIRTIO_QUEUE_LENGTH];
    _Alignas(4) struct virtio_available available;
    _Alignas(4) struct virtio_used used;
    uint16_t seen; // used entries already taken
};

// Resets the device in a slot and agrees on VIRTIO_F_VERSION_1 alone. False: no such device there.
bool virtio_begin(unsigned slot, uint32_t device_id);

// Gives the device an empty queue, whose buffers lie one after the other.
void virtio_add_queue(unsigned slot, unsigned queue_index, struct virtio_queue *queue,
    void *buffers, uint32_t buffer_bytes, bool device_writes);

// The driver is ready: the device may work.
void virtio_ready(unsigned slot);

// Hands buffer `id` with n_bytes to the device.
void virtio_offer(unsigned slot, unsigned queue_index, struct virtio_queue *queue, uint16_t id, uint32_t n_bytes);

// Takes the next buffer the device is done with: its id, and how much is in it. -1: none.
int virtio_take(struct virtio_queue *queue, uint32_t *n_bytes);

// Whether virtio_take would find one.
bool virtio_done(const struct virtio_queue *queue);

void virtio_interrupt(unsigned slot);
