// Physical memory protection, locked until the next reset, so that mistakes end in a fault that names
// them: code cannot be written, data cannot be executed, and stacks grow into holes, not into others.

#include "machine.h"

#include "protection.h"

#define READ 0x01u
#define WRITE 0x02u
#define EXECUTE 0x04u
#define UP_TO 0x08u // "top of range": from the entry before to this one's address
#define LOCKED 0x80u

extern uint8_t _rom_end, _ram_start, _ram_end, _voice_stack_bottom, _voice_end, _system_start, _system_region_end;

#define SET(entry, end, rights) do { \
        __asm volatile("csrw pmpaddr" #entry ", %0" : : "r"((uint32_t)(uintptr_t)(end) >> 2)); \
        config[(entry) / 4] |= (uint32_t)((rights) | UP_TO | LOCKED) << (8 * ((entry) % 4)); \
} while (0)

#define FIRST_PAGE 0x1000u
#define MEMORY 0x80000000u

void protection_start(void) {
    uint32_t config[3] = {0};
    SET(0, FIRST_PAGE, 0); // null pointers
    SET(1, MEMORY, READ | WRITE);
    SET(2, &_rom_end, READ | EXECUTE);
    SET(3, &_ram_start, 0);
    SET(4, &_ram_end, READ | WRITE);
    SET(5, &_voice_stack_bottom, 0);
    SET(6, &_voice_end, READ | WRITE);
    SET(7, &_system_start, 0);
    SET(8, &_system_region_end, READ | WRITE);
    SET(9, MACHINE_STRAPS, 0);
    SET(10, UINT32_MAX, READ);
    __asm volatile("csrw pmpcfg0, %0\n csrw pmpcfg1, %1\n csrw pmpcfg2, %2" : : "r"(config[0]), "r"(config[1]), "r"(config[2]));
}
