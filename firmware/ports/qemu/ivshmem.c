// Memory shared with the bench: QEMU's ivshmem card on the PCI bus (docs/specs/ivshmem-spec.txt).

#include "machine.h"

#define CONFIG(device) (MACHINE_PCI_CONFIG + ((device) << 15))
#define DEVICES 32u
#define IVSHMEM_ID 0x11101af4u
#define COMMAND 0x04u
#define COMMAND_MEMORY 0x02u
#define BAR2 0x18u
#define BAR3 0x1cu

void *shared_memory(size_t *n_bytes) {
    for (uint32_t device = 0; device < DEVICES; device++) {
        uintptr_t config = CONFIG(device);
        if (read32(config) != IVSHMEM_ID) {
            continue;
        }
        write32(config + BAR2, UINT32_MAX); // reads back the mask of its size
        *n_bytes = (size_t)(~(read32(config + BAR2) & ~0xfu) + 1u);
        write32(config + BAR2, MACHINE_PCI_MEMORY);
        write32(config + BAR3, 0);
        write32(config + COMMAND, read32(config + COMMAND) | COMMAND_MEMORY);
        return (void *)MACHINE_PCI_MEMORY;
    }
    return NULL;
}
