// How long packets should wait, from when they come.
#include "check.h"
#include "core/delay.h"

#define STEP 320u
#define MS(ms) ((uint32_t)(ms) * STEP / 20u)

static struct voice_delay delay;
static uint32_t seed;
static uint32_t sent; // number of the next packet
// Both wrap soon.
static const uint32_t first_timestamp = 0u - 1000u * STEP, first_arrival = 0u - 500u * STEP;

static void start(void) {
    voice_delay_init(&delay, STEP, false);
    seed = 1;
    sent = 0;
}

static uint32_t target_ms(void) {
    return voice_delay_target(&delay) * 20u / STEP;
}

static void arrive(uint32_t late_ms) {
    uint32_t n = sent++;
    voice_delay_arrival(&delay, first_arrival + n * STEP + MS(late_ms), first_timestamp + n * STEP,
        n == 0);
}

static void arrive_within(unsigned n_packets, unsigned most_ms) {
    for (unsigned i = 0; i < n_packets; i++) {
        arrive(random_next(&seed) % (most_ms + 1u));
    }
}

CASE(delay_without_knowledge_is_40_ms) {
    start();
    CHECK_EQ(target_ms(), 40);
    arrive(0);
    CHECK_EQ(target_ms(), 40);
    voice_delay_init(&delay, STEP, true); // FEC: the packet after is worth a frame
    CHECK_EQ(target_ms(), 60);
}

CASE(delay_on_perfect_air_is_20_ms) {
    start();
    arrive_within(100, 4);
    CHECK_EQ(target_ms(), 40);
    arrive_within(100, 4);
    CHECK_EQ(target_ms(), 20);
    arrive_within(50000, 4);
    CHECK_EQ(target_ms(), 20);
}

CASE(delay_follows_the_jitter) {
    const unsigned jitters_ms[] = {30, 60, 100, 160};
    for (size_t i = 0; i < 4; i++) {
        start();
        arrive_within(500, jitters_ms[i]);
        char label[32];
        snprintf(label, sizeof(label), "target_ms_at_%u_ms", jitters_ms[i]);
        FIGURE(label, target_ms());
        CHECK(target_ms() >= jitters_ms[i] && target_ms() <= jitters_ms[i] + 20);
    }
    arrive_within(1000, 400);
    CHECK_EQ(target_ms(), 200);
    // Rises within a second, falls when it has been better for five.
    start();
    arrive_within(500, 4);
    CHECK_EQ(target_ms(), 20);
    arrive_within(50, 60);
    CHECK(target_ms() >= 50);
    arrive_within(200, 4);
    CHECK(target_ms() >= 50);
    arrive_within(800, 4);
    CHECK_EQ(target_ms(), 20);
}

CASE(delay_one_packet_is_not_the_network) {
    start();
    arrive_within(1000, 4);
    arrive(150);
    arrive_within(100, 4);
    CHECK_EQ(target_ms(), 20);
}

CASE(delay_of_what_was_kept_for_the_grant_is_no_jitter) {
    start();
    arrive_within(300, 4);
    // Half a second of speech at once, with a marker, then as it is said.
    for (uint32_t n = 0; n < 25; n++) {
        voice_delay_arrival(&delay, first_arrival + (sent + 24u) * STEP,
            first_timestamp + (sent + n) * STEP, n == 0);
    }
    sent += 25;
    CHECK_EQ(target_ms(), 20);
    arrive_within(300, 4);
    CHECK_EQ(target_ms(), 20);
}

CASE(delay_base_follows_the_clocks) {
    const int drifts_ppm[] = {200, -200};
    for (size_t i = 0; i < 2; i++) {
        start();
        for (uint32_t n = 0; n < 180000; n++) {
            uint32_t drifted = (uint32_t)((int64_t)n * STEP * drifts_ppm[i] / 1000000);
            uint32_t now = first_arrival + n * STEP + drifted;
            voice_delay_arrival(&delay, now + random_next(&seed) % MS(4),
                first_timestamp + n * STEP, false);
            int32_t waited = voice_delay_waited(&delay, now, first_timestamp + n * STEP);
            CHECK(n < 200 || (waited >= -(int32_t)MS(1) && waited <= (int32_t)MS(4)));
        }
        CHECK_EQ(target_ms(), 20);
    }
}

CASE(delay_due_is_waited_for_the_target) {
    start();
    arrive_within(300, 60);
    uint32_t now = first_arrival + sent * STEP;
    uint32_t due = voice_delay_due(&delay, now);
    CHECK_EQ(voice_delay_waited(&delay, now, due), voice_delay_target(&delay));
}

CASE(delay_another_talker_is_learnt_faster) {
    unsigned n_packets[2] = {0};
    for (int another = 0; another < 2; another++) {
        start();
        arrive_within(500, 60);
        uint32_t before = target_ms();
        if (another) {
            voice_delay_new_talker(&delay);
        }
        CHECK_EQ(target_ms(), before); // what is known until then
        while (target_ms() > 20) {
            arrive(1);
            n_packets[another]++;
        }
    }
    FIGURE("packets_until_the_same_talker_is_known", n_packets[0]);
    FIGURE("packets_until_another_talker_is_known", n_packets[1]);
    CHECK(n_packets[1] < n_packets[0] * 3 / 4);
}

CASE(delay_survives_any_timestamps) {
    const uint16_t steps[] = {160, 320, 960};
    uint32_t random = 77;
    for (unsigned round = 0; round < 100000; round++) {
        if (round % 1000 == 0) {
            voice_delay_init(&delay, steps[round / 1000 % 3], round / 1000 % 2 == 0);
        }
        voice_delay_arrival(&delay, random_next(&random), random_next(&random) << random % 32,
            random % 5 == 0);
        uint32_t target = voice_delay_target(&delay);
        CHECK(target >= delay.timestamp_step && target <= 10u * delay.timestamp_step);
        int32_t waited = voice_delay_waited(&delay, random_next(&random), random_next(&random));
        CHECK(waited <= 50 * delay.timestamp_step && waited >= -50 * delay.timestamp_step);
    }
}
