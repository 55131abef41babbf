// Half-duplex boards: microphone and amplifier take turns.
#include "station.h"

// Frames played since then, and how many of them were not silent.
static unsigned played_since(unsigned from, unsigned *loud) {
    *loud = 0;
    for (unsigned i = from; i < fake.n_played; i++) {
        *loud += !is_silence(&fake.played[i]);
    }
    return fake.n_played - from;
}

CASE(half_amplifier_stops_while_talking) {
    station_open();
    run_frames_with_other(20);
    CHECK(fake.n_played >= 19);
    CHECK_EQ(stat(VOICE_STAT_tx_frames), 0);
    station_talk(true);
    run_frames(2);
    unsigned n = fake.n_played;
    run_frames_with_other(20);
    CHECK_EQ(fake.n_played, n);
    CHECK(stat(VOICE_STAT_tx_frames) >= 19);
    station_talk(false);
    run_frames(2);
    n = fake.n_played;
    uint32_t sent = stat(VOICE_STAT_tx_frames);
    run_frames_with_other(20);
    CHECK(fake.n_played - n >= 19);
    CHECK_EQ(stat(VOICE_STAT_tx_frames), sent);
    CHECK_EQ(stat(VOICE_STAT_io_overruns) + stat(VOICE_STAT_io_underruns), 0);
    CHECK_EQ(fake.n_errors, 0);
    station_close();
}

// The first word is what is being said, not silence from before the turn.
CASE(half_burst_starts_with_sound) {
    station_open();
    run_frames_with_other(10);
    station_talk(true);
    run_frames(10);
    int16_t samples[KEPT];
    CHECK(next_packet(samples));
    int64_t at = 10 * FRAME;
    for (; !is_world(samples, at); at++) {
        CHECK(at < 13 * FRAME);
    }
    station_close();
}

// What was in the amplifier's buffers when the key was pressed is not heard after it is released.
CASE(half_nothing_old_is_heard) {
    station_open();
    run_frames_with_other(20);
    unsigned loud;
    CHECK(played_since(fake.n_played - 3, &loud) == 3 && loud == 3);
    station_talk(true);
    run_frames(20); // long enough for the other's burst to end
    unsigned n = fake.n_played;
    station_talk(false);
    run_frames(10);
    CHECK(played_since(n, &loud) >= 8);
    CHECK_EQ(loud, 0);
    station_close();
}

CASE(half_a_turn_that_fails_is_tried_again) {
    for (unsigned n = 1; n <= 2; n++) { // the route, the start
        fake.n_errors = 0;
        station_open();
        run_frames(5);
        fake.calls = 0;
        fake.fail_at = n;
        station_talk(true);
        run_frames(20);
        CHECK(fake.calls >= n + 1);
        CHECK_EQ(fake.n_errors, 1);
        CHECK(stat(VOICE_STAT_tx_frames) >= 14);
        CHECK_EQ(stat(VOICE_STAT_io_overruns), 2);
        fake.fail_at = 0;
        station_close();
    }
}
