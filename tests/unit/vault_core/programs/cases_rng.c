// The generator above sources that are stuck, alternate, are biased, or stop in the middle. Each case
// runs in a process of its own, as the generator's state lasts from reset to reset.

#include "check.h"
#include "source.h"
#include "vault/core/health.h"
#include "vault/core/rng.h"

static uint8_t buf[4096];

static bool is_zero(size_t n_bytes) {
    for (size_t i = 0; i < n_bytes; i++) {
        if (buf[i] != 0) {
            return false;
        }
    }
    return true;
}

// A request that must be refused, with nothing left in the buffer.
static void refused(size_t n_bytes, enum vault_rng_state state) {
    memset(buf, 0xa5, sizeof buf);
    CHECK(!vault_rng_fill(buf, n_bytes));
    CHECK(is_zero(n_bytes));
    CHECK_EQ(buf[n_bytes], 0xa5);
    CHECK_EQ(vault_rng_state(), state);
}

// --- good sources -------------------------------------------------------------------------------

CASE(nothing_is_drawn_before_it_is_asked_for) {
    CHECK_EQ(vault_rng_state(), VAULT_RNG_UNTRIED);
    CHECK_EQ(source_n_drawn, 0);
    CHECK(strcmp(vault_rng_source(), "test") == 0);
}

CASE(what_is_tested_at_start_is_never_handed_out) {
    CHECK(vault_rng_fill(buf, 32));
    CHECK_EQ(vault_rng_state(), VAULT_RNG_GOOD);
    CHECK_EQ(source_n_drawn, VAULT_RNG_STARTUP_BYTES + 32);
    for (unsigned i = 0; i < 32; i++) {
        CHECK_EQ(buf[i], source_good(VAULT_RNG_STARTUP_BYTES + i));
    }
}

CASE(the_start_up_test_runs_once) {
    CHECK(vault_rng_fill(buf, 1));
    CHECK(vault_rng_fill(buf, 1));
    CHECK(vault_rng_fill(buf, 0));
    CHECK_EQ(source_n_drawn, VAULT_RNG_STARTUP_BYTES + 2);
    CHECK_EQ(buf[0], source_good(VAULT_RNG_STARTUP_BYTES + 1));
}

CASE(a_good_source_stays_good_for_long) {
    for (unsigned i = 0; i < 4096; i++) {
        CHECK(vault_rng_fill(buf, sizeof buf));
    }
}

// --- sources that are not there -----------------------------------------------------------------

CASE(no_source) {
    source_ends_at = 0;
    refused(16, VAULT_RNG_NO_SOURCE);
    refused(16, VAULT_RNG_NO_SOURCE);
}

CASE(a_source_that_ends_within_the_start_up_test) {
    source_ends_at = VAULT_RNG_STARTUP_BYTES - 1;
    refused(16, VAULT_RNG_NO_SOURCE);
}

CASE(a_source_that_ends_within_a_request_leaves_nothing_of_it) {
    source_ends_at = VAULT_RNG_STARTUP_BYTES + 8;
    refused(16, VAULT_RNG_NO_SOURCE);
}

CASE(a_source_that_comes_back_is_tested_from_the_start) {
    CHECK(vault_rng_fill(buf, 4));
    source_ends_at = source_n_drawn;
    refused(4, VAULT_RNG_NO_SOURCE);
    source_ends_at = UINT64_MAX;
    uint64_t before = source_n_drawn;
    CHECK(vault_rng_fill(buf, 4));
    CHECK_EQ(source_n_drawn - before, VAULT_RNG_STARTUP_BYTES + 4);
    CHECK_EQ(vault_rng_state(), VAULT_RNG_GOOD);
}

// --- sources that are broken --------------------------------------------------------------------

static uint8_t stuck(uint64_t position) {
    (void)position;
    return 0x5a;
}

static uint8_t alternating(uint64_t position) {
    return position % 2 ? 0x55 : 0xaa;
}

// Every fourth byte is the same: too much for any window.
static uint8_t one_in_four(uint64_t position) {
    return position % 4 ? source_good(position) : 0x11;
}

// Each bit is 0 three times in four.
static uint8_t biased(uint64_t position) {
    return source_good(position) & source_good(position + (1ull << 40));
}

// Sixteen values instead of 256: 4 bits of entropy a byte.
static uint8_t few_values(uint64_t position) {
    return source_good(position) & 0x0f;
}

static uint64_t breaks_at;

static uint8_t stuck_later(uint64_t position) {
    return position < breaks_at ? source_good(position) : 0x5a;
}

static void fails_at_start(source_byte *broken) {
    source = broken;
    refused(16, VAULT_RNG_UNHEALTHY);
    CHECK(source_n_drawn <= VAULT_RNG_STARTUP_BYTES);
}

CASE(a_stuck_source) {
    fails_at_start(stuck);
    CHECK(source_n_drawn < 100);
}

CASE(a_source_of_zeros_is_no_different) {
    uint8_t zeros[VAULT_HEALTH_REPETITION_CUTOFF] = {0};
    struct vault_health health = {0};
    CHECK(vault_health_watch(&health, zeros, VAULT_HEALTH_REPETITION_CUTOFF - 1));
    CHECK(!vault_health_watch(&health, zeros, 1));
}

CASE(an_alternating_source) {
    fails_at_start(alternating);
}

CASE(a_source_with_one_value_in_four) {
    fails_at_start(one_in_four);
}

CASE(a_biased_source) {
    fails_at_start(biased);
}

CASE(a_source_of_few_values) {
    fails_at_start(few_values);
}

CASE(a_failure_is_final) {
    fails_at_start(stuck);
    source = source_good;
    uint64_t before = source_n_drawn;
    refused(16, VAULT_RNG_UNHEALTHY);
    CHECK_EQ(source_n_drawn, before);
}

CASE(a_source_that_breaks_later_is_found_in_what_is_handed_out) {
    source = stuck_later;
    breaks_at = VAULT_RNG_STARTUP_BYTES + 1000;
    CHECK(vault_rng_fill(buf, 1000));
    refused(16, VAULT_RNG_UNHEALTHY);
    refused(16, VAULT_RNG_UNHEALTHY);
}

CASE(small_requests_add_up) {
    source = stuck_later;
    breaks_at = VAULT_RNG_STARTUP_BYTES;
    for (unsigned i = 1; i < VAULT_HEALTH_REPETITION_CUTOFF; i++) {
        CHECK(vault_rng_fill(buf, 1));
    }
    refused(1, VAULT_RNG_UNHEALTHY);
}

// --- the tests' own limits ----------------------------------------------------------------------

CASE(repetition_count_at_its_cutoff) {
    struct vault_health health = {0};
    uint8_t bytes[VAULT_HEALTH_REPETITION_CUTOFF + 1];
    memset(bytes, 7, sizeof bytes);
    bytes[VAULT_HEALTH_REPETITION_CUTOFF - 1] = 8; // one short of the cutoff
    CHECK(vault_health_watch(&health, bytes, sizeof bytes));
    bytes[VAULT_HEALTH_REPETITION_CUTOFF - 1] = 7;
    CHECK(!vault_health_watch(&health, bytes, sizeof bytes));
}

// A window of 512 bytes with its first value `n` times in all, and no value twice in a row.
static bool window_with(unsigned n) {
    struct vault_health health = {0};
    for (unsigned i = 0; i < VAULT_HEALTH_WINDOW_BYTES; i++) {
        uint8_t byte = i % 2 == 0 && i / 2 < n ? 9 : (uint8_t)(16 + i % 200);
        if (!vault_health_watch(&health, &byte, 1)) {
            return false;
        }
    }
    return true;
}

CASE(adaptive_proportion_at_its_cutoff) {
    CHECK(window_with(VAULT_HEALTH_PROPORTION_CUTOFF - 1));
    CHECK(!window_with(VAULT_HEALTH_PROPORTION_CUTOFF));
}

CASE(each_window_counts_anew) {
    struct vault_health health = {0};
    for (unsigned i = 0; i < 20 * VAULT_HEALTH_WINDOW_BYTES; i++) {
        // 16 times in each window: fine in each, too often in two together.
        uint8_t byte = i % 32 == 0 ? 9 : (uint8_t)(16 + i % 200);
        CHECK(vault_health_watch(&health, &byte, 1));
    }
}
