#include "io_esp32_slots.h"

int16_t voice_slots_sample(int32_t slot) {
    int64_t rounded = ((int64_t)slot + 0x8000) >> 16;
    return (int16_t)(rounded > INT16_MAX ? INT16_MAX : rounded);
}

void voice_slots_take(const int32_t *pairs, size_t side, int16_t *samples, size_t n) {
    for (size_t i = 0; i < n; i++) {
        samples[i] = voice_slots_sample(pairs[2u * i + side]);
    }
}

void voice_slots_put_16(const int16_t *samples, int16_t *pairs, size_t n) {
    for (size_t i = 0; i < n; i++) {
        pairs[2u * i] = pairs[2u * i + 1u] = samples[i];
    }
}

void voice_slots_put_32(const int16_t *samples, int32_t *pairs, size_t n) {
    for (size_t i = 0; i < n; i++) {
        pairs[2u * i] = pairs[2u * i + 1u] = samples[i] * 0x10000;
    }
}
