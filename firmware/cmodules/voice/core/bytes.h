// Numbers as they stand in packets: most significant byte first.
#ifndef VOICE_BYTES_H
#define VOICE_BYTES_H

#include <stdint.h>

static inline void voice_write_u16(uint8_t *out, uint16_t value) {
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

static inline void voice_write_u32(uint8_t *out, uint32_t value) {
    voice_write_u16(out, (uint16_t)(value >> 16));
    voice_write_u16(out + 2, (uint16_t)value);
}

static inline uint16_t voice_read_u16(const uint8_t *in) {
    return (uint16_t)((in[0] << 8) | in[1]);
}

static inline uint32_t voice_read_u32(const uint8_t *in) {
    return ((uint32_t)voice_read_u16(in) << 16) | voice_read_u16(in + 2);
}

#endif
