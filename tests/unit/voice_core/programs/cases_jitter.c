// The jitter buffer, driven frame by frame. A payload carries its own number, so that a frame
// that comes out says which packet it was.
#include "check.h"
#include "core/jitter.h"

#define STEP 320u

static struct voice_jitter jitter;
static uint16_t n_dropped;

static uint32_t due; // moves on by a frame with each pull

static enum voice_jitter_put put_kind(uint16_t sequence, uint32_t timestamp, bool marker,
    bool noise) {
    uint8_t payload[2] = {(uint8_t)(sequence >> 8), (uint8_t)sequence};
    struct voice_jitter_packet packet = {
        .sequence = sequence, .timestamp = timestamp, .marker = marker, .noise = noise,
        .payload = payload, .n_bytes = sizeof(payload),
    };
    return voice_jitter_put(&jitter, &packet, &n_dropped);
}

static enum voice_jitter_put put_at(uint16_t sequence, uint32_t timestamp, bool marker) {
    return put_kind(sequence, timestamp, marker, false);
}

// Packet `sequence` of a stream whose packet 0 has timestamp 0.
static enum voice_jitter_put put(unsigned sequence) {
    return put_at((uint16_t)sequence, sequence * STEP, false);
}

static struct voice_jitter_frame pulled;

// What plays next: a sequence number, or one of these.
enum { SILENCE = -1, CONCEAL = -2, NOISE = -3 };

static int number(const struct voice_jitter_slot *slot) {
    CHECK_EQ(slot->n_bytes, 2);
    return slot->payload[0] << 8 | slot->payload[1];
}

static int pull(void) {
    voice_jitter_pull(&jitter, due, &pulled);
    due += STEP;
    switch (pulled.kind) {
        case VOICE_FRAME_SILENCE:
            return SILENCE;
        case VOICE_FRAME_CONCEAL:
            return CONCEAL;
        case VOICE_FRAME_NOISE:
            return NOISE;
        case VOICE_FRAME_PACKET:
            break;
    }
    return number(pulled.packet);
}

static void start(void) {
    voice_jitter_init(&jitter, STEP);
    due = 0;
}

// A packet that comes now and has this number will be due in two frames, as long as the network
// is at its best.
static void best_is_now(unsigned sequence) {
    due = (sequence - 2u) * STEP;
}

// Packets from..to arrive one a frame; the buffer plays them in order with its delay.
static void run_smoothly(unsigned from, unsigned to) {
    best_is_now(from);
    for (unsigned s = from; s <= to; s++) {
        CHECK_EQ(put(s), s == from ? VOICE_JITTER_STORED_FIRST : VOICE_JITTER_STORED);
        CHECK_EQ(pull(), s - from < 2 ? SILENCE : (int)(uint16_t)(s - 2));
        CHECK_EQ(pulled.first, s - from == 2);
        CHECK_EQ(pulled.fresh, s - from == 2);
        CHECK(!pulled.underrun);
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
    best_is_now(5);
    put(5);
    CHECK_EQ(pull(), SILENCE);
    CHECK_EQ(pull(), SILENCE);
    CHECK_EQ(pull(), 5);
}

CASE(jitter_clump_starts_at_once) {
    start();
    best_is_now(4);
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
    CHECK_EQ(pulled.n_lost, 1);
    CHECK_EQ(number(pulled.packet), 12); // may repeat it
    put(15);
    CHECK_EQ(pull(), 12);
    CHECK_EQ(pulled.n_lost, 0);
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
    best_is_now(8);
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
    due = 0xffffff00u - 2u * STEP;
    for (unsigned s = 65530; s < 65530 + 40; s++) {
        CHECK_EQ(put_at((uint16_t)s, 0xffffff00u + (s - 65530) * STEP, s == 65530),
            s == 65530 ? VOICE_JITTER_STORED_FIRST : VOICE_JITTER_STORED);
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
    due += 4 * STEP;
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
    best_is_now(511);
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
    CHECK_EQ(put(9), VOICE_JITTER_STORED_FIRST);
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

// Numbers go on, time jumps by three frames: nothing is lost, three frames are missing.
CASE(jitter_talker_left_frames_out) {
    start();
    run_smoothly(0, 10);
    for (unsigned s = 11; s < 23; s++) {
        if (s >= 14) {
            put_at((uint16_t)(s - 3), s * STEP, false);
        }
        int expected[] = {9, 10, CONCEAL, CONCEAL, CONCEAL, 11, 12, 13, 14, 15, 16, 17};
        CHECK_EQ(pull(), expected[s - 11]);
        CHECK_EQ(pulled.n_lost, 0);
        CHECK(!pulled.underrun);
    }
}

// The same while the talker catches up: the time left out is time won.
CASE(jitter_frames_left_out_take_delay_back) {
    start();
    run_smoothly(0, 10);
    due += 3 * STEP;
    for (unsigned s = 11; s < 20; s++) {
        put_at((uint16_t)s, (s + 3) * STEP, false);
        CHECK_EQ(pull(), (int)s - 2);
        CHECK(!pulled.first && !pulled.last);
    }
}

CASE(jitter_long_loss_fades_and_resumes_in_time) {
    start();
    run_smoothly(0, 10);
    for (unsigned s = 11; s < 40; s++) {
        if (s >= 18) {
            put(s); // 11 to 17 are lost
        }
        int expected[] = {9, 10, CONCEAL, CONCEAL, CONCEAL, CONCEAL, CONCEAL};
        int now = pull();
        if (s < 18) {
            CHECK_EQ(now, expected[s - 11]);
            CHECK_EQ(pulled.last, s == 17);
        } else {
            CHECK_EQ(now, s < 20 ? SILENCE : (int)s - 2);
            CHECK_EQ(pulled.first, s == 20);
            CHECK(!pulled.fresh && !pulled.underrun);
        }
    }
}

CASE(jitter_timestamp_jump_resyncs) {
    const uint32_t jumps[] = {1, 12345, 0x80000000u, 0xffff0000u, 100 * STEP, (uint32_t)-320};
    for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
        start();
        run_smoothly(0, 10);
        due += jumps[i];
        for (unsigned s = 11; s < 20; s++) {
            put_at((uint16_t)s, s * STEP + jumps[i], false);
            int expected[] = {9, 10, CONCEAL, 11, 12, 13, 14, 15, 16};
            CHECK_EQ(pull(), expected[s - 11]);
        }
    }
}

// Timestamps without any sense: nothing waits for ever.
CASE(jitter_priming_ends_whatever_the_timestamps_say) {
    start();
    due = 0;
    put_at(1, 0x70000000u, false);
    for (unsigned i = 1; i < VOICE_JITTER_WAIT_MAX; i++) {
        CHECK_EQ(pull(), SILENCE);
    }
    CHECK_EQ(pull(), 1);
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
        best_is_now(at + 1);
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
        put(s);
        dropped += n_dropped;
    }
    CHECK_EQ(dropped, 40 - VOICE_JITTER_SLOTS);
    due = 39 * STEP;
    CHECK_EQ(pull(), 40 - VOICE_JITTER_SLOTS);
    CHECK_EQ(pull(), 41 - VOICE_JITTER_SLOTS);
}

CASE(jitter_holds_all_that_was_kept_for_the_grant) {
    start();
    for (unsigned s = 0; s < 25; s++) {
        put(s);
        CHECK_EQ(n_dropped, 0);
    }
    best_is_now(24);
    for (unsigned s = 25; s < 200; s++) {
        CHECK_EQ(pull(), (int)s - 25);
        put(s);
        CHECK_EQ(n_dropped, 0);
    }
}

// --- pauses of the talker ---------------------------------------------------------------------

// Packets 0 to 10, the last one comfort noise; then 9 and 10 have been played.
static void run_into_pause(void) {
    start();
    run_smoothly(0, 9);
    put_kind(10, 10 * STEP, false, true);
    CHECK_EQ(pull(), 8);
    CHECK_EQ(pull(), 9);
    CHECK_EQ(pull(), 10);
}

CASE(jitter_pause_is_no_loss) {
    run_into_pause();
    for (unsigned s = 13; s < 60; s++) {
        // Noise is renewed every 8 frames; its number is the next.
        if (s % 8 == 2) {
            put_kind((uint16_t)(9 + s / 8), s * STEP, false, true);
        }
        int now = pull();
        CHECK_EQ(now, s < 18 || s % 8 != 4 ? NOISE : 9 + (int)s / 8);
        CHECK_EQ(pulled.n_lost, 0);
        CHECK(!pulled.first && !pulled.last && !pulled.underrun);
    }
}

CASE(jitter_marker_after_a_pause_goes_on) {
    run_into_pause();
    for (unsigned s = 13; s < 30; s++) {
        if (s >= 20) {
            put_at((uint16_t)(s - 9), s * STEP, s == 20);
        }
        CHECK_EQ(pull(), s < 22 ? NOISE : (int)s - 11);
        CHECK(!pulled.first && !pulled.last);
    }
}

// Speech after a pause plays when it is due, however many frames of noise that makes.
CASE(jitter_pause_changes_the_delay) {
    const int changes[] = {-2, -1, 0, 1, 2};
    for (size_t i = 0; i < 5; i++) {
        run_into_pause();
        due -= (uint32_t)changes[i] * STEP; // the target has become so much longer
        for (int s = 13; s < 40; s++) {
            if (s >= 20) {
                put_at((uint16_t)(s - 9), (uint32_t)s * STEP, false);
            }
            int begins = 22 + changes[i];
            CHECK_EQ(pull(), s < begins ? NOISE : s - 11 - changes[i]);
        }
    }
}

CASE(jitter_pause_without_end_ends_the_burst) {
    run_into_pause();
    for (unsigned i = 0; i < VOICE_JITTER_PAUSE_MAX; i++) {
        CHECK_EQ(pull(), NOISE);
        CHECK_EQ(pulled.last, i == VOICE_JITTER_PAUSE_MAX - 1);
    }
    CHECK_EQ(pull(), SILENCE);
    CHECK_EQ(jitter.state, VOICE_JITTER_IDLE);
    best_is_now(100);
    CHECK_EQ(put_at(11, 100 * STEP, true), VOICE_JITTER_STORED_FIRST);
    CHECK_EQ(pull(), SILENCE);
    CHECK_EQ(pull(), SILENCE);
    CHECK_EQ(pull(), 11);
    CHECK(pulled.first && pulled.fresh && !pulled.underrun);
}

CASE(jitter_underruns_are_told) {
    start();
    run_smoothly(0, 10);
    CHECK_EQ(pull(), 9);
    CHECK_EQ(pull(), 10);
    CHECK_EQ(pull(), CONCEAL);
    put(11), put(12);
    CHECK_EQ(pull(), 11);
    CHECK(pulled.underrun);
    CHECK_EQ(pull(), 12);
    CHECK(!pulled.underrun);
    // So late that the burst had ended: the stream goes on.
    for (int i = 0; i < 5; i++) {
        CHECK_EQ(pull(), CONCEAL);
    }
    CHECK_EQ(pull(), SILENCE);
    CHECK_EQ(put(13), VOICE_JITTER_STORED);
    CHECK_EQ(pull(), 13);
    CHECK(pulled.first && pulled.underrun && !pulled.fresh);
    // After the last guess, just before: in anew, out of silence.
    for (int i = 0; i < 5; i++) {
        CHECK_EQ(pull(), CONCEAL);
    }
    CHECK_EQ(put(14), VOICE_JITTER_STORED);
    CHECK_EQ(pull(), 14);
    CHECK(pulled.first && pulled.underrun && !pulled.fresh);
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
        due += STEP;
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
        best_is_now(base);
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
        best_is_now(base + 5000);
        for (unsigned s = base + 5000; s < base + 5012; s++) {
            put(s);
            int now = pull();
            heard = heard || (now >= 0 && (uint16_t)(s - (unsigned)now) <= 2);
        }
        CHECK(heard);
    }
}

// --- against a model --------------------------------------------------------------------------

#define MODEL_FRAMES 400

// What may be played, by the book: the smallest number that is there; a guess for each that is not,
// once, unless the time for it has passed while nothing was there.
struct model {
    bool here[MODEL_FRAMES + 64]; // came, not played yet
    bool seen[MODEL_FRAMES + 64];
    int next;
    int n_starved;
};

static enum voice_jitter_put model_put(struct model *model, int n) {
    bool seen = model->seen[n];
    if (n < model->next) {
        return seen ? VOICE_JITTER_DUPLICATE : VOICE_JITTER_LATE;
    }
    model->here[n] = model->seen[n] = true;
    return seen ? VOICE_JITTER_DUPLICATE : VOICE_JITTER_STORED;
}

static int model_pull(struct model *model) {
    int first = model->next;
    while (first < MODEL_FRAMES + 64 && !model->here[first]) {
        first++;
    }
    if (first == MODEL_FRAMES + 64) {
        model->n_starved++;
        return CONCEAL;
    }
    while (model->next < first && model->n_starved > 0) {
        model->next++;
        model->n_starved--;
    }
    if (model->next < first) {
        model->next++;
        return CONCEAL;
    }
    model->here[first] = false;
    model->next = first + 1;
    model->n_starved = 0;
    return first;
}

// Packets lost (never more than three in a row), held up, overtaken and doubled; numbers and
// timestamps wrap on the way.
CASE(jitter_plays_what_the_model_plays) {
    static int arrival[2 * MODEL_FRAMES][2];
    uint32_t seed = 4711;
    unsigned n_concealed = 0, n_late = 0;
    for (int round = 0; round < 300; round++) {
        int n_arrivals = 0, n_lost = 0;
        unsigned spread = 1 + random_next(&seed) % 5, loss = random_next(&seed) % 30;
        for (int n = 0; n < MODEL_FRAMES; n++) {
            if (n > 0 && n_lost < 3 && random_next(&seed) % 100 < loss) {
                n_lost++;
                continue;
            }
            n_lost = 0;
            for (int copies = random_next(&seed) % 20 == 0 ? 2 : 1; copies > 0; copies--) {
                arrival[n_arrivals][0] = n + (n == 0 ? 0 : (int)(random_next(&seed) % spread));
                arrival[n_arrivals++][1] = n;
            }
        }
        struct model model = {.next = 0};
        uint16_t sequence = (uint16_t)random_next(&seed);
        uint32_t timestamp = 0u - random_next(&seed) % (MODEL_FRAMES * STEP);
        start();
        due = timestamp - 2u * STEP;
        for (int now = 0; now < MODEL_FRAMES; now++) {
            for (int i = 0; i < n_arrivals; i++) {
                if (arrival[i][0] != now) {
                    continue;
                }
                int n = arrival[i][1];
                enum voice_jitter_put expected = model_put(&model, n);
                enum voice_jitter_put got = put_at((uint16_t)(sequence + n),
                    timestamp + (uint32_t)n * STEP, n == 0);
                CHECK_EQ(got == VOICE_JITTER_STORED_FIRST ? VOICE_JITTER_STORED : got, expected);
                n_late += expected == VOICE_JITTER_LATE;
            }
            int expected = now < 2 ? SILENCE : model_pull(&model);
            int got = pull();
            if (jitter.concealed_frames >= VOICE_JITTER_CONCEAL_MAX) {
                break; // more than the model knows
            }
            CHECK_EQ(got, expected >= 0 ? (int)(uint16_t)(sequence + expected) : expected);
            n_concealed += expected == CONCEAL;
        }
    }
    FIGURE("jitter_model_concealed", n_concealed);
    FIGURE("jitter_model_late", n_late);
    CHECK(n_concealed > 5000 && n_late > 200);
}
