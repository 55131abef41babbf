#include "cfi_flash.h"

#include <string.h>

#include "machine.h"

// Two 16-bit chips side by side: every command goes to both.
#define BOTH(command) ((uint32_t)(command) << 16 | (uint32_t)(command))
#define CHIPS 2u

#define READ_ARRAY BOTH(0xffu)
#define READ_QUERY BOTH(0x98u)
#define PROGRAM BOTH(0x40u)
#define ERASE BOTH(0x20u)
#define CONFIRM BOTH(0xd0u)
#define CLEAR_STATUS BOTH(0x50u)
#define READY BOTH(0x80u)
#define ERRORS BOTH(0x3au) // erase, program, voltage, lock

#define QUERY(index) (read32(MACHINE_FLASH + 4u * (index)) & 0xffu)
#define QUERY_COMMAND_AT 0x55u
#define QUERY_SIGNATURE 0x10u
#define QUERY_SIZE_LOG2 0x27u
#define QUERY_BLOCK_BYTES_DIV256 0x2fu // two bytes, little-endian, per chip

static void command(uint32_t offset, uint32_t value) {
    write32(MACHINE_FLASH + offset, value);
}

static bool finish(uint32_t offset) {
    uint32_t status;
    do {
        status = read32(MACHINE_FLASH + offset);
    } while ((status & READY) != READY);
    command(offset, CLEAR_STATUS);
    command(offset, READ_ARRAY);
    return (status & ERRORS) == 0;
}

bool flash_geometry(uint32_t *size_bytes, uint32_t *sector_bytes) {
    command(4u * QUERY_COMMAND_AT, READ_QUERY);
    bool answers = QUERY(QUERY_SIGNATURE) == 'Q' && QUERY(QUERY_SIGNATURE + 1u) == 'R' && QUERY(QUERY_SIGNATURE + 2u) == 'Y';
    *size_bytes = CHIPS << QUERY(QUERY_SIZE_LOG2);
    *sector_bytes = CHIPS * 256u * (QUERY(QUERY_BLOCK_BYTES_DIV256) | QUERY(QUERY_BLOCK_BYTES_DIV256 + 1u) << 8);
    command(0, READ_ARRAY);
    return answers;
}

void flash_read(uint32_t offset, uint8_t *to, size_t n_bytes) {
    memcpy(to, (const uint8_t *)(uintptr_t)MACHINE_FLASH + offset, n_bytes);
}

static bool only_clears_bits(uint32_t offset, const uint8_t *from, size_t n_bytes) {
    for (size_t i = 0; i < n_bytes; i++) {
        if (from[i] & (uint8_t)~read8(MACHINE_FLASH + offset + i)) {
            return false;
        }
    }
    return true;
}

bool flash_program(uint32_t offset, const uint8_t *from, size_t n_bytes) {
    if (!only_clears_bits(offset, from, n_bytes)) {
        return false;
    }
    bool ok = true;
    while (ok && n_bytes > 0) {
        uint32_t word_at = offset & ~3u;
        size_t first = offset & 3u;
        size_t n = 4u - first < n_bytes ? 4u - first : n_bytes;
        uint32_t word = read32(MACHINE_FLASH + word_at); // its other bytes stay as they are
        memcpy((uint8_t *)&word + first, from, n);
        command(word_at, PROGRAM);
        command(word_at, word);
        ok = finish(word_at);
        offset += (uint32_t)n;
        from += n;
        n_bytes -= n;
    }
    return ok;
}

bool flash_erase(uint32_t offset) {
    command(offset, ERASE);
    command(offset, CONFIRM);
    return finish(offset);
}
