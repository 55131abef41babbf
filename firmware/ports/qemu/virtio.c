#include "virtio.h"

#include <string.h>

#define REG(slot, offset) (MACHINE_VIRTIO + 0x1000u * (slot) + (offset))
#define MAGIC 0x000u
#define VERSION 0x004u
#define DEVICE_ID 0x008u
#define DRIVER_FEATURES 0x020u
#define DRIVER_FEATURES_SELECT 0x024u
#define QUEUE_SELECT 0x030u
#define QUEUE_LENGTH 0x038u
#define QUEUE_READY 0x044u
#define QUEUE_NOTIFY 0x050u
#define INTERRUPT_STATUS 0x060u
#define INTERRUPT_ACK 0x064u
#define STATUS 0x070u
#define QUEUE_DESCRIPTORS 0x080u
#define QUEUE_AVAILABLE 0x090u
#define QUEUE_USED 0x0a0u

#define MAGIC_VALUE 0x74726976u // "virt"
#define VERSION_1_IN_UPPER_FEATURES 1u

#define STATUS_ACKNOWLEDGE 1u
#define STATUS_DRIVER 2u
#define STATUS_DRIVER_OK 4u
#define STATUS_FEATURES_OK 8u

#define DESCRIPTOR_DEVICE_WRITES 2u

static void set_status(unsigned slot, uint32_t bits) {
    write32(REG(slot, STATUS), read32(REG(slot, STATUS)) | bits);
}

bool virtio_begin(unsigned slot, uint32_t device_id) {
    if (read32(REG(slot, MAGIC)) != MAGIC_VALUE || read32(REG(slot, VERSION)) != 2
        || read32(REG(slot, DEVICE_ID)) != device_id) {
        return false;
    }
    write32(REG(slot, STATUS), 0); // reset: no buffer of ours is the device's any more
    while (read32(REG(slot, STATUS)) != 0) {
    }
    set_status(slot, STATUS_ACKNOWLEDGE);
    set_status(slot, STATUS_DRIVER);
    write32(REG(slot, DRIVER_FEATURES_SELECT), 0);
    write32(REG(slot, DRIVER_FEATURES), 0);
    write32(REG(slot, DRIVER_FEATURES_SELECT), 1);
    write32(REG(slot, DRIVER_FEATURES), VERSION_1_IN_UPPER_FEATURES);
    set_status(slot, STATUS_FEATURES_OK);
    return (read32(REG(slot, STATUS)) & STATUS_FEATURES_OK) != 0;
}

static void set_address(unsigned slot, uint32_t offset, const void *address) {
    write32(REG(slot, offset), (uint32_t)(uintptr_t)address);
    write32(REG(slot, offset + 4u), 0);
}

void virtio_add_queue(unsigned slot, unsigned queue_index, struct virtio_queue *queue,
    void *buffers, uint32_t buffer_bytes, bool device_writes) {
    memset(queue, 0, sizeof(*queue));
    for (uint32_t i = 0; i < VIRTIO_QUEUE_LENGTH; i++) {
        queue->descriptors[i].address = (uint32_t)(uintptr_t)buffers + i * buffer_bytes;
        queue->descriptors[i].flags = device_writes ? DESCRIPTOR_DEVICE_WRITES : 0;
    }
    write32(REG(slot, QUEUE_SELECT), queue_index);
    write32(REG(slot, QUEUE_LENGTH), VIRTIO_QUEUE_LENGTH);
    set_address(slot, QUEUE_DESCRIPTORS, queue->descriptors);
    set_address(slot, QUEUE_AVAILABLE, &queue->available);
    set_address(slot, QUEUE_USED, &queue->used);
    write32(REG(slot, QUEUE_READY), 1);
}

void virtio_ready(unsigned slot) {
    set_status(slot, STATUS_DRIVER_OK);
    machine_enable_irq(MACHINE_IRQ_VIRTIO + slot);
}

void virtio_offer(unsigned slot, unsigned queue_index, struct virtio_queue *queue, uint16_t id, uint32_t n_bytes) {
    queue->descriptors[id].n_bytes = n_bytes;
    uint16_t index = queue->available.index;
    queue->available.ring[index % VIRTIO_QUEUE_LENGTH] = id;
    fence();
    *(volatile uint16_t *)&queue->available.index = (uint16_t)(index + 1u);
    fence();
    write32(REG(slot, QUEUE_NOTIFY), queue_index);
}

bool virtio_done(const struct virtio_queue *queue) {
    return *(const volatile uint16_t *)&queue->used.index != queue->seen;
}

int virtio_take(struct virtio_queue *queue, uint32_t *n_bytes) {
    if (!virtio_done(queue)) {
        return -1;
    }
    fence();
    unsigned at = queue->seen % VIRTIO_QUEUE_LENGTH;
    *n_bytes = queue->used.ring[at].n_bytes;
    queue->seen++;
    return (int)queue->used.ring[at].id;
}

void virtio_interrupt(unsigned slot) {
    write32(REG(slot, INTERRUPT_ACK), read32(REG(slot, INTERRUPT_STATUS)));
    machine_event();
}
