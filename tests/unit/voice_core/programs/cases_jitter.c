// The jitter buffer, driven frame by frame. A payload carries its own number, so that a frame
// that comes out says which packet it was.
#include "check.h"
#include "core/jitter.h"

#define STEP 320u

static struct voice_jitter jitter;
static uint16_t n_dropped;

static enum voice_jitter_put put_at(uint16_t sequence, uint32_t timestamp, bool marker) {
    uint8_t payload[2] = {(uint8_t)(sequence >> 8), (uint8_t)sequence};
    return voice_jitter_put(&jitter, sequence, timestamp, marker, payload, sizeof(payload),
        &n_dropped);
}

// Packet `sequence` of a stream whose packet 0 has timestamp 0.
static enum voice_jitter_put put(unsigned sequence) {
    return put_at((uint16_t)sequence, sequence * STEP, false);
}

static struct voice_jitter_frame pulled;

// What plays next: a sequence number, or one of these.
enum { SILENCE = -1, CONCEAL = -2 };

static int number(const struct voice_jitter_slot *slot) {
    CHECK_EQ(slot->n_bytes, 2);
    return slot->payload[0] << 8 | slot->payload[1];
}

static int pull(void) {
    voice_jitter_pull(&jitter, &pulled);
    switch (pulled.kind) {
        case VOICE_FRAME_SILENCE:
            return SILENCE;
        case VOICE_FRAME_CONCEAL:
            return CONCEAL;
        default:
            return number(pulled.packet);
    }
}

static void start(void) {
    voice_jitter_init(&jitter, STEP, 3);
}

// Packets from..to arrive one a frame; the buffer plays them in order with its delay.
static void run_smoothly(unsigned from, unsigned to) {
    for (unsigned s = from; s <= to; s++) {
        CHECK_EQ(put(s), VOICE_JITTER_STORED);
        CHECK_EQ(pull(), s - from < 2 ? SILENCE : (int)(uint16_t)(s - 2));
        CHECK_EQ(pulled.first, s - from == 2);
    }
}

// After run_smoothly(.., to): what is still buffered, then five guesses, then silence.
static void run_out(unsigned to) {
    CHECK_EQ(pull(), (uint16_t)(to - 1));
    CHECK_EQ(pull(), (uint16_t)to);
    for (int i = 0; i < 5; i++) {
        CHECK_EQ(pull(), CONCEAL);
        CHECK_EQ(pulled.last, i == 4);
    }
    for (int i = 0; i < 20; i++) {
        CHECK_EQ(pull(), SILENCE);
    }
    CHECK_EQ(jitter.state, VOICE_JITTER_IDLE);
}

CASE(jitter_delay_is_the_target) {
    start();
    CHECK_EQ(pull(), SILENCE);
    run_smoothly(100, 130);
    run_out(130);
}

CASE(jitter_starts_with_what_came_if_the_first_are_lost) {
    start();
    put(5);
    CHECK_EQ(pull(), SILENCE);
    CHECK_EQ(pull(), SILENCE);
    CHECK_EQ(pull(), 5);
}

CASE(jitter_clump_starts_at_once) {
    start();
    put(1), put(2), put(3), put(4);
    CHECK_EQ(pull(), 1);
    CHECK(pulled.first);
    CHECK_EQ(pull(), 2);
    CHECK(!pulled.first);
}

CASE(jitter_conceals_a_loss) {
    start();
    run_smoothly(0, 10);
    put(12);
    CHECK_EQ(pull(), 9);
    put(13);
    CHECK_EQ(pull(), 10);
    put(14);
    CHECK_EQ(pull(), CONCEAL);
    CHECK(!pulled.last);
    put(15);
    CHECK_EQ(pull(), 12);
    CHECK_EQ(pulled.n_lost, 1);
    CHECK_EQ(pull(), 13);
    CHECK_EQ(pulled.n_lost, 0);
}

CASE(jitter_reorders_inside_the_window) {
    start();
    run_smoothly(0, 10);
    put(12);
    CHECK_EQ(pull(), 9);
    CHECK_EQ(put(11), VOICE_JITTER_STORED);
    put(13);
    CHECK_EQ(pull(), 10);
    CHECK_EQ(pull(), 11);
    CHECK_EQ(pull(), 12);
}

CASE(jitter_reordered_first_packet_plays_first) {
    start();
    put(8);
    CHECK_EQ(pull(), SILENCE);
    CHECK_EQ(put_at(7, 7 * STEP, true), VOICE_JITTER_STORED);
    put(9);
    CHECK_EQ(pull(), 7);
    CHECK_EQ(pull(), 8);
    CHECK_EQ(pull(), 9);
}

CASE(jitter_late_and_duplicate) {
    start();
    run_smoothly(0, 10);
    put(12);
    CHECK_EQ(put(12), VOICE_JITTER_DUPLICATE);
    CHECK_EQ(pull(), 9);
    CHECK_EQ(put(9), VOICE_JITTER_DUPLICATE);
    CHECK_EQ(pull(), 10);
    CHECK_EQ(pull(), CONCEAL);
    CHECK_EQ(put(13), VOICE_JITTER_STORED);
    CHECK_EQ(pull(), 12);
    CHECK_EQ(put(11), VOICE_JITTER_LATE);
    CHECK_EQ(put(11), VOICE_JITTER_LATE);
    CHECK_EQ(pull(), 13);
}

CASE(jitter_sequence_wraps) {
    start();
    // 65530 * 320 stands for any timestamp; both wrap on the way.
    for (unsigned s = 65530; s < 65530 + 40; s++) {
        CHECK_EQ(put_at((uint16_t)s, 0xffffff00u + (s - 65530) * STEP, s == 65530),
            VOICE_JITTER_STORED);
        CHECK_EQ(pull(), s < 65532 ? SILENCE : (int)(uint16_t)(s - 2));
    }
}

CASE(jitter_loss_at_the_wrap) {
    start();
    run_smoothly(65520, 65534);
    for (unsigned s = 65537; s < 65545; s++) {
        put(s); // 65535 and 65536 (number 0) are lost
        int expected[] = {65533, 65534, CONCEAL, CONCEAL, 1, 2, 3, 4};
        CHECK_EQ(pull(), expected[s - 65537]);
    }
}

CASE(jitter_marker_builds_up_the_delay_again) {
    start();
    run_smoothly(0, 10);
    // The talker let go for a moment; the new burst comes before the old one has been heard.
    for (unsigned s = 11; s < 20; s++) {
        put_at((uint16_t)s, (s + 4) * STEP, s == 11);
        int expected[] = {9, 10, CONCEAL, 11, 12, 13, 14, 15, 16};
        CHECK_EQ(pull(), expected[s - 11]);
        CHECK_EQ(pulled.last, s == 13);
        CHECK_EQ(pulled.first, s == 14);
    }
}

CASE(jitter_new_burst_after_silence) {
    start();
    run_smoothly(0, 10);
    run_out(10);
    for (unsigned s = 11; s < 20; s++) {
        put_at((uint16_t)s, (s + 500) * STEP, false);
        CHECK_EQ(pull(), s < 13 ? SILENCE : (int)s - 2);
        CHECK_EQ(pulled.first, s == 13);
    }
}

CASE(jitter_stragglers_do_not_start_a_burst) {
    start();
    run_smoothly(0, 10);
    run_out(10);
    CHECK_EQ(put(10), VOICE_JITTER_DUPLICATE);
    CHECK_EQ(put(9), VOICE_JITTER_DUPLICATE);
    CHECK_EQ(pull(), SILENCE);
    CHECK_EQ(jitter.state, VOICE_JITTER_IDLE);
    for (int i = 0; i < 60; i++) {
        CHECK_EQ(pull(), SILENCE);
    }
    // Long after, the same numbers are a talker who started over.
    CHECK_EQ(put(9), VOICE_JITTER_STORED);
}

CASE(jitter_late_stream_is_stretched_not_lost) {
    start();
    run_smoothly(0, 10);
    CHECK_EQ(pull(), 9);
    CHECK_EQ(pull(), 10);
    CHECK_EQ(pull(), CONCEAL);
    CHECK_EQ(pull(), CONCEAL);
    put(11), put(12), put(13), put(14), put(15);
    for (int s = 11; s <= 15; s++) {
        CHECK_EQ(pull(), s);
        CHECK_EQ(pulled.n_lost, 0);
    }
}

CASE(jitter_time_spent_waiting_is_not_concealed_twice) {
    start();
    run_smoothly(0, 10);
    CHECK_EQ(pull(), 9);
    CHECK_EQ(pull(), 10);
    CHECK_EQ(pull(), CONCEAL);
    CHECK_EQ(pull(), CONCEAL);
    // 11 and 12 were lost; 13 comes when it should have played.
    put(13), put(14);
    CHECK_EQ(pull(), 13);
    CHECK_EQ(pulled.n_lost, 2);
    CHECK_EQ(pull(), 14);
}

CASE(jitter_sender_skipped_frames) {
    start();
    run_smoothly(0, 10);
    // Numbers go on, time jumped by three frames: nothing is lost, three frames are missing.
    for (unsigned s = 11; s < 20; s++) {
        put_at((uint16_t)s, (s + 3) * STEP, false);
        int expected[] = {9, 10, CONCEAL, CONCEAL, CONCEAL, 11, 12, 13, 14};
        CHECK_EQ(pull(), expected[s - 11]);
        CHECK_EQ(pulled.n_lost, 0);
    }
}

CASE(jitter_timestamp_jump_resyncs) {
    const uint32_t jumps[] = {1, 12345, 0x80000000u, 0xffff0000u, 100 * STEP, (uint32_t)-320};
    for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
        start();
        run_smoothly(0, 10);
        for (unsigned s = 11; s < 20; s++) {
            put_at((uint16_t)s, s * STEP + jumps[i], false);
            int expected[] = {9, 10, CONCEAL, 11, 12, 13, 14, 15, 16};
            CHECK_EQ(pull(), expected[s - 11]);
        }
    }
}

CASE(jitter_sequence_jump_resyncs) {
    const unsigned jumps[] = {1000, 32768, 40000, 65000};
    for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
        start();
        run_smoothly(0, 10);
        unsigned at = 11 + jumps[i];
        CHECK_EQ(put(at), VOICE_JITTER_SUSPECT);
        CHECK_EQ(pull(), 9);
        CHECK_EQ(put(at + 1), VOICE_JITTER_STORED_RESTART);
        CHECK_EQ(pull(), SILENCE);
        CHECK_EQ(put(at + 2), VOICE_JITTER_STORED);
        CHECK_EQ(pull(), SILENCE);
        CHECK_EQ(put(at + 3), VOICE_JITTER_STORED);
        CHECK_EQ(pull(), (uint16_t)(at + 1));
    }
}

CASE(jitter_one_wild_packet_changes_nothing) {
    start();
    run_smoothly(0, 10);
    for (unsigned s = 11; s < 40; s++) {
        CHECK_EQ(put(s + 20000 + 7 * s), VOICE_JITTER_SUSPECT);
        CHECK_EQ(put(s), VOICE_JITTER_STORED);
        CHECK_EQ(pull(), (int)s - 2);
    }
}

CASE(jitter_two_streams_under_one_name_do_not_alternate) {
    start();
    run_smoothly(0, 10);
    for (unsigned s = 11; s < 40; s++) {
        CHECK_EQ(put(s + 20000), VOICE_JITTER_SUSPECT);
        CHECK_EQ(put(s), VOICE_JITTER_STORED);
        CHECK_EQ(pull(), (int)s - 2);
    }
}

CASE(jitter_overflow_drops_the_oldest) {
    start();
    unsigned dropped = 0;
    for (unsigned s = 0; s < 40; s++) {
        CHECK_EQ(put(s), VOICE_JITTER_STORED);
        dropped += n_dropped;
    }
    CHECK_EQ(dropped, 40 - VOICE_JITTER_SLOTS);
    CHECK_EQ(pull(), 24);
    CHECK_EQ(pull(), 25);
}

// Delay beyond the target goes away, a frame at a time, and no frame is lost or repeated.
CASE(jitter_takes_back_delay) {
    start();
    for (unsigned s = 0; s < 8; s++) {
        put(s);
    }
    int expected = 0;
    unsigned merged = 0;
    for (unsigned s = 8; s < 200; s++) {
        CHECK_EQ(pull(), expected);
        expected++;
        if (pulled.kind == VOICE_FRAME_MERGE) {
            CHECK_EQ(number(pulled.second), expected);
            expected++;
            merged++;
        }
        put(s);
    }
    CHECK_EQ(merged, 5);
    CHECK_EQ(200 - expected, 3);
}

CASE(jitter_steady_stream_is_left_alone) {
    start();
    run_smoothly(0, 60000);
}

CASE(jitter_skipped_pulls_only_add_delay) {
    start();
    run_smoothly(0, 10);
    for (unsigned s = 11; s < 15; s++) {
        put(s);
        voice_jitter_skip(&jitter);
    }
    for (unsigned s = 15; s < 20; s++) {
        put(s);
        CHECK_EQ(pull(), (int)s - 6);
    }
}

// Whatever comes in whatever order: what is played only moves forward within a burst, guesses
// are bounded, and a good stream is heard again soon after.
CASE(jitter_survives_anything) {
    uint32_t seed = 99;
    for (int round = 0; round < 2000; round++) {
        start();
        unsigned base = random_next(&seed);
        for (int i = 0; i < 100; i++) {
            unsigned n_puts = random_next(&seed) % 4;
            for (unsigned p = 0; p < n_puts; p++) {
                uint32_t chance = random_next(&seed) % 20;
                unsigned spread = chance == 0 ? 65536 : chance < 3 ? 100 : 8;
                unsigned s = base + (unsigned)i + random_next(&seed) % spread;
                uint32_t timestamp = chance == 1 ? random_next(&seed) : s * STEP;
                put_at((uint16_t)s, timestamp, chance == 2);
            }
            pull();
            CHECK(jitter.concealed_frames <= VOICE_JITTER_CONCEAL_MAX);
            CHECK(jitter.n_stored <= VOICE_JITTER_SLOTS);
        }
        bool heard = false;
        for (unsigned s = base + 5000; s < base + 5012; s++) {
            put(s);
            heard = heard || pull() == (int)(uint16_t)(s - 2);
        }
        CHECK(heard);
    }
}
