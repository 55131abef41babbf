// Once started, the engine never asks the C library for memory: the linker sends every
// malloc, calloc, realloc and free of this program through here.
#include "check.h"
#include "sounds.h"
#include "stations.h"

static bool forbidden;
static unsigned n_calls;

void *__real_malloc(size_t n_bytes);
void *__real_calloc(size_t n, size_t n_bytes);
void *__real_realloc(void *block, size_t n_bytes);
void __real_free(void *block);
void *__wrap_malloc(size_t n_bytes);
void *__wrap_calloc(size_t n, size_t n_bytes);
void *__wrap_realloc(void *block, size_t n_bytes);
void __wrap_free(void *block);

static void called(void) {
    n_calls++;
    if (forbidden) {
        abort();
    }
}

void *__wrap_malloc(size_t n_bytes) {
    called();
    return __real_malloc(n_bytes);
}
void *__wrap_calloc(size_t n, size_t n_bytes) {
    called();
    return __real_calloc(n, n_bytes);
}
void *__wrap_realloc(void *block, size_t n_bytes) {
    called();
    return __real_realloc(block, n_bytes);
}
void __wrap_free(void *block) {
    called();
    __real_free(block);
}

CASE(the_trap_is_set) {
    void *volatile block = malloc(10);
    free(block);
    CHECK_EQ(n_calls, 2);
}

static struct station a, b;

CASE(engine_never_allocates) {
    static int16_t said[50 * VOICE_FRAME_SAMPLES];
    signal_speech(said, 50 * VOICE_FRAME_SAMPLES);
    forbidden = true;
    for (size_t i = 0; voice_codecs[i] != NULL; i++) {
        station_start(&a, voice_codecs[i], RATE(voice_codecs[i]), 1, 1, 1);
        station_start(&b, voice_codecs[i], RATE(voice_codecs[i]), 2, 2, 2);
        for (int burst = 0; burst < 2; burst++) {
            voice_engine_talk(&a.engine, VOICE_TALK_ON);
            for (size_t f = 0; f < 60; f++) {
                voice_engine_talk(&a.engine, f < 50 ? VOICE_TALK_ON : VOICE_TALK_OFF);
                station_tick(&a, f < 50 ? said + f * VOICE_FRAME_SAMPLES : NULL);
                if (f % 10 != 7) {
                    stations_carry(&a, &b);
                }
                station_tick(&b, NULL);
            }
        }
        forbidden = false;
        CHECK(STAT(&b, decoded) > 80);
        forbidden = true;
    }
    forbidden = false;
}
