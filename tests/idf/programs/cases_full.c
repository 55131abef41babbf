// Full-duplex boards.
#include "station.h"

// As long as on the simulator (its case io_stepped_frames_land_where_they_should): one frame to
// hear it, one of the jitter buffer, three to the loudspeaker.
static void check_circuit(unsigned first_played) {
    for (unsigned i = first_played; i < fake.n_played; i++) {
        int64_t at = fake.played[i].start_us * 16 / 1000;
        CHECK(is_world(fake.played[i].samples, at - 5 * FRAME));
    }
}

CASE(full_circuit_takes_five_frames) {
    station_open();
    station_talk(true);
    run_frames_to_itself(60);
    CHECK(fake.n_played >= 58);
    check_circuit(20);
    CHECK_EQ(stat(VOICE_STAT_io_overruns) + stat(VOICE_STAT_io_underruns), 0);
    station_close();
}

// The jitter buffer allows for another delay of that kind for five seconds of talk: 250 frames. The burst after that has
// the circuit of before.
CASE(full_circuit_closes_again_after_a_delay) {
    station_open();
    station_talk(true);
    run_frames_to_itself(20);
    encode_us = 5 * FRAME_US;
    run_frames_to_itself(20);
    CHECK(stat(VOICE_STAT_io_overruns) > 0);
    run_frames_to_itself(300);
    station_talk(false);
    run_frames_to_itself(20);
    station_talk(true);
    run_frames_to_itself(20);
    unsigned first = fake.n_played;
    run_frames_to_itself(20);
    CHECK(fake.n_played - first >= 19);
    check_circuit(first);
    station_close();
}

CASE(full_hears_while_it_plays) {
    station_open();
    station_talk(true);
    run_frames_with_other(30);
    CHECK(stat(VOICE_STAT_tx_frames) >= 29);
    CHECK(stat(VOICE_STAT_decoded) >= 27);
    CHECK(!is_silence(&fake.played[fake.n_played - 1]));
    station_close();
}
