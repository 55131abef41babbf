// The packet ring against a model, and between two threads.
#include "check.h"
#include "core/ring.h"

#include <pthread.h>

static struct voice_ring ring;

static bool push(uint32_t value) {
    struct voice_packet *slot = voice_ring_produce(&ring);
    if (slot == NULL) {
        return false;
    }
    slot->n_bytes = sizeof(value);
    memcpy(slot->bytes, &value, sizeof(value));
    voice_ring_commit(&ring);
    return true;
}

static bool pop(uint32_t *value) {
    const struct voice_packet *slot = voice_ring_consume(&ring);
    if (slot == NULL) {
        return false;
    }
    CHECK_EQ(slot->n_bytes, sizeof(*value));
    memcpy(value, slot->bytes, sizeof(*value));
    voice_ring_release(&ring);
    return true;
}

CASE(ring_follows_model) {
    uint32_t seed = 3, pushed = 0, popped = 0, value;
    voice_ring_init(&ring);
    // Close to where the counters wrap.
    ring.produced = ring.consumed = UINT32_MAX - 1000u;
    for (int i = 0; i < 200000; i++) {
        bool want_push = random_next(&seed) % 100 < (i / 1000 % 2 ? 60 : 40);
        if (want_push) {
            CHECK_EQ(push(pushed), pushed - popped < VOICE_RING_SLOTS);
            pushed += pushed - popped < VOICE_RING_SLOTS;
        } else if (pop(&value)) {
            CHECK_EQ(value, popped);
            popped++;
        } else {
            CHECK_EQ(popped, pushed);
        }
    }
    CHECK(popped > 10000);
}

CASE(ring_reports_level) {
    voice_ring_init(&ring);
    for (uint32_t i = 1; i <= VOICE_RING_SLOTS; i++) {
        CHECK(voice_ring_produce(&ring) != NULL);
        CHECK_EQ(voice_ring_commit(&ring), i);
    }
    CHECK(voice_ring_produce(&ring) == NULL);
}

#define N_THREADED 300000u

static void *producer(void *unused) {
    (void)unused;
    for (uint32_t i = 0; i < N_THREADED;) {
        i += push(i);
    }
    return NULL;
}

CASE(ring_between_threads) {
    pthread_t thread;
    uint32_t value;
    voice_ring_init(&ring);
    CHECK_EQ(pthread_create(&thread, NULL, producer, NULL), 0);
    for (uint32_t expected = 0; expected < N_THREADED;) {
        if (pop(&value)) {
            CHECK_EQ(value, expected);
            expected++;
        }
    }
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK(!pop(&value));
}
