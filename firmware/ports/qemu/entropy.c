// Randomness of the bare machine: QEMU's virtio-rng, fed by the host's generator.

#include "vault/entropy.h"

#include <string.h>

#include "virtio.h"

#define SLOT 0u
#define CHUNK_BYTES 64u
#define PATIENCE_US 2000000u

static struct virtio_queue queue SYSTEM_RAM;
static uint8_t chunk[VIRTIO_QUEUE_LENGTH][CHUNK_BYTES] SYSTEM_RAM;
static bool started;

static bool start(void) {
    if (!virtio_begin(SLOT, VIRTIO_ID_RNG)) {
        return false;
    }
    virtio_add_queue(SLOT, 0, &queue, chunk, CHUNK_BYTES, true);
    virtio_ready(SLOT);
    return true;
}

// One request at a time, always into buffer 0; how many bytes came, 0 after too long a wait.
static uint32_t request(uint32_t n_bytes) {
    uint64_t end_us = machine_time_us() + PATIENCE_US;
    uint32_t n_given;
    virtio_offer(SLOT, 0, &queue, 0, n_bytes);
    while (virtio_take(&queue, &n_given) < 0) {
        if (machine_time_us() > end_us) {
            started = false; // the device still has the buffer: begin again next time
            return 0;
        }
    }
    return n_given <= n_bytes ? n_given : 0;
}

bool vault_entropy(uint8_t *buf, size_t n_bytes) {
    started = started || start();
    while (started && n_bytes > 0) {
        uint32_t n = request(n_bytes < CHUNK_BYTES ? (uint32_t)n_bytes : CHUNK_BYTES);
        if (n == 0) {
            return false;
        }
        memcpy(buf, chunk[0], n);
        memset(chunk[0], 0, n);
        buf += n;
        n_bytes -= n;
    }
    return started;
}

const char *vault_entropy_name(void) {
    return "virtio-rng";
}
