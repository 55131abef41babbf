// Wires of the bench that carry datagrams: one virtio network card each, without a network on it.
#pragma once

#include "machine.h"

#define WIRE_COUNT 4u
#define WIRE_FIRST_SLOT 1u
#define WIRE_DATAGRAM_BYTES_MAX 1152u

enum { WIRE_PINS, WIRE_GNSS, WIRE_MEDIA, WIRE_FLOOR };

// Starts or restarts a wire; what was on it is gone. False: the bench did not lay it.
bool wire_start(unsigned wire);

// The next datagram, cut to `capacity`; what it had in all in *n_bytes. False: none waits.
bool wire_receive(unsigned wire, uint8_t *to, size_t capacity, size_t *n_bytes);

// False: all buffers are on their way.
bool wire_send(unsigned wire, const uint8_t *from, size_t n_bytes);

bool wire_readable(unsigned wire);
