// NOR flash behind the Common Flash Interface (JEDEC JEP137, Intel command set JEP137 0x0001).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What the chips say of themselves; false if no such flash answers.
bool flash_geometry(uint32_t *size_bytes, uint32_t *sector_bytes);

void flash_read(uint32_t offset, uint8_t *to, size_t n_bytes);

// Clears bits. False (and nothing written) if one would have to be set; false if the chip reports an error.
bool flash_program(uint32_t offset, const uint8_t *from, size_t n_bytes);

// Erases the sector that begins at `offset`; false if the chip reports an error.
bool flash_erase(uint32_t offset);
