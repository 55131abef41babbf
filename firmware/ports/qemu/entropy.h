// The declared source of randomness: QEMU's virtio-rng, fed by the host's generator.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Fills `to` with random bytes. False when the source does not deliver: there is no other.
bool entropy_fill(uint8_t *to, size_t n_bytes);
