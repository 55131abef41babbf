// Conversion between samples and slots.
#include "check.h"
#include "io_esp32_slots.h"

CASE(slots_are_rounded_and_saturated) {
    static const struct {
        int32_t slot;
        int16_t sample;
    } pairs[] = {
        {0, 0}, {0x7fff, 0}, {0x8000, 1}, {0x00010000, 1}, {0x00017fff, 1}, {0x00018000, 2},
        {-0x8000, 0}, {-0x8001, -1}, {-0x10000, -1}, {0x7ffe7fff, 0x7ffe},
        {0x7ffe8000, 0x7fff}, {0x7fffffff, 0x7fff}, {INT32_MIN, INT16_MIN},
        {INT32_MIN + 0x7fff, INT16_MIN}, {INT32_MIN + 0x8000, INT16_MIN + 1},
        {0x123456 << 8, 0x1234}, // 24 bits
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        CHECK_EQ(voice_slots_sample(pairs[i].slot), pairs[i].sample);
    }
}

CASE(slots_of_every_sample) {
    for (int32_t sample = INT16_MIN; sample <= INT16_MAX; sample++) {
        int16_t in = (int16_t)sample, out[2];
        int16_t narrow[2];
        int32_t wide[2];
        voice_slots_put_16(&in, narrow, 1);
        CHECK(narrow[0] == in && narrow[1] == in);
        voice_slots_put_32(&in, wide, 1);
        CHECK_EQ(wide[0], sample * 0x10000);
        voice_slots_take(wide, 0, out, 1);
        voice_slots_take(wide, 1, out + 1, 1);
        CHECK(out[0] == in && out[1] == in);
    }
}

CASE(slots_left_and_right) {
    static const int32_t pairs[] = {0x10000, 0x20000, 0x30000, 0x40000};
    int16_t samples[2];
    voice_slots_take(pairs, 0, samples, 2);
    CHECK(samples[0] == 1 && samples[1] == 3);
    voice_slots_take(pairs, 1, samples, 2);
    CHECK(samples[0] == 2 && samples[1] == 4);
}
