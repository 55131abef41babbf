// What io_esp32 does on every board.
#include <errno.h>
#include <sched.h>

#include "driver/i2s_common.h"
#include "esp_task.h"
#include "station.h"

CASE(any_opens_once_and_closes_often) {
    for (int i = 0; i < 3; i++) {
        station_open();
        CHECK_EQ(voice_io_open(&engine, "i2s", true), EBUSY);
        CHECK(voice_io_is_open() && voice_io_is_paced());
        run_frames(3);
        station_close();
        voice_io_close();
    }
    CHECK_EQ(fake.n_errors, 0);
}

CASE(any_refuses_what_it_cannot_do) {
    CHECK_EQ(voice_io_open(&engine, "/a/tape", true), ENODEV);
    CHECK(strstr(fake.last_error, "i2s") != NULL); // says what there is
    CHECK_EQ(voice_io_open(&engine, "i2s", false), EOPNOTSUPP);
    CHECK_EQ(fake.n_errors, 2);
    CHECK(!voice_io_is_open());
    CHECK_EQ(fake.n_channels + fake.n_tasks, 0);
}

CASE(any_task_is_where_it_should_be) {
    fake.stack_free_bytes = 1000;
    station_open();
    run_frames(1);
    CHECK_EQ(fake.task_stack_bytes, HANDSET_VOICE_STACK_BYTES);
    CHECK_EQ(fake.task_core, 0); // MicroPython is on core 1
    CHECK(fake.task_priority > ESP_TASK_PRIO_MIN + 1); // MicroPython's
    CHECK(fake.task_priority < ESP_TASK_TCPIP_PRIO);
    CHECK_EQ(stat(VOICE_STAT_stack_high_water_bytes), HANDSET_VOICE_STACK_BYTES - 1000);
    station_close();
}

CASE(any_says_what_it_hears) {
    station_open();
    station_talk(true);
    run_frames(20);
    int16_t samples[KEPT];
    unsigned n = 0;
    int64_t at = -1;
    for (; next_packet(samples); n++) {
        // Whole frames of the chosen slot, one after the other.
        if (at < 0) {
            for (at = 0; !is_world(samples, at); at++) {
                CHECK(at < 3 * FRAME);
            }
        }
        CHECK(is_world(samples, at + n * FRAME));
    }
    CHECK(n >= 18);
    CHECK_EQ(stat(VOICE_STAT_tx_frames), n);
    CHECK_EQ(stat(VOICE_STAT_io_overruns), 0);
    station_close();
}

CASE(any_plays_what_it_is_given) {
    station_open();
    run_frames_with_other(30);
    unsigned heard = 0;
    for (unsigned i = 10; i < fake.n_played; i++) { // the first are silence, then fade in
        for (unsigned frame = 0; frame < 30; frame++) {
            heard += is_world(fake.played[i].samples, frame * FRAME);
        }
    }
    CHECK_EQ(heard, fake.n_played - 10);
    CHECK(heard >= 18);
    CHECK_EQ(stat(VOICE_STAT_io_underruns), 0);
    CHECK_EQ(stat(VOICE_STAT_concealed), 0);
    station_close();
}

CASE(any_late_by_two_frames_loses_nothing) {
    station_open();
    station_talk(true);
    run_frames(10);
    encode_us = 2 * FRAME_US - 1000;
    run_frames(10);
    CHECK_EQ(stat(VOICE_STAT_io_overruns) + stat(VOICE_STAT_io_underruns), 0);
    station_close();
}

CASE(any_later_counts_what_is_lost) {
    station_open();
    station_talk(true);
    run_frames(10);
    uint32_t before = stat(VOICE_STAT_frames);
    uint32_t sent = stat(VOICE_STAT_tx_frames);
    encode_us = 6 * FRAME_US - 1000;
    run_frames(12);
    uint32_t lost = stat(VOICE_STAT_io_overruns);
    CHECK(lost >= 3 && lost <= 5); // six, but for those that waited in the buffers
    // The engine's clock went on all the same, so that timestamps tell the truth.
    CHECK_EQ(stat(VOICE_STAT_frames) - before, 12);
    CHECK_EQ(stat(VOICE_STAT_tx_frames) - sent, 12 - lost);
    if (!HANDSET_AUDIO_HALF_DUPLEX) {
        CHECK(stat(VOICE_STAT_io_underruns) >= lost);
        CHECK(stat(VOICE_STAT_io_underruns) <= lost + 2);
    }
    FIGURE("lost_of_six_frames", lost);
    station_close();
}

CASE(any_clock_that_stands_still) {
    station_open();
    run_frames(10);
    uint32_t before = stat(VOICE_STAT_frames);
    fake.clocks_stand_still = true;
    run_frames(50); // a second
    CHECK_EQ(fake.n_errors, 1); // said once
    CHECK(strstr(fake.last_error, "no clock") != NULL);
    uint32_t passed = stat(VOICE_STAT_frames) - before;
    CHECK(passed >= 45 && passed <= 50); // time goes on, and the task does not run hot
    CHECK(stat(VOICE_STAT_io_overruns) + stat(VOICE_STAT_io_underruns) >= 45);
    fake.clocks_stand_still = false;
    run_frames(50);
    CHECK_EQ(fake.n_errors, 1);
    CHECK(stat(VOICE_STAT_frames) - before >= 95);
    fake.clocks_stand_still = true;
    int64_t start_us = fake_now_us();
    station_close();
    CHECK(fake_now_us() - start_us <= 5 * FRAME_US);
}

CASE(any_close_takes_a_frame_at_most) {
    for (int64_t phase_us = 0; phase_us < FRAME_US; phase_us += 1700) {
        station_open();
        run_frames(5);
        fake_run_us(phase_us);
        int64_t start_us = fake_now_us();
        station_close();
        int64_t took_us = fake_now_us() - start_us;
        CHECK(took_us <= FRAME_US + 1000000 / configTICK_RATE_HZ);
    }
}

CASE(any_restart_of_the_chip_closes_it) {
    station_open();
    run_frames(3);
    fake_shutdown();
    CHECK(!voice_io_is_open());
    station_open(); // and the handler is there once only
    station_close();
}

CASE(any_hundred_times_leave_nothing) {
    for (int i = 0; i < 100; i++) {
        station_open();
        station_talk(true);
        run_frames(1 + i % 7);
        station_talk(i % 2 != 0);
        run_frames_with_other(3);
        station_close();
    }
}

// Python's side and the task at the same time, for the thread sanitizer above all.
CASE(any_both_sides_at_once) {
    fake.loose = true;
    for (int i = 0; i < 50; i++) {
        station_open();
        for (int frame = 0; frame < 10; frame++) {
            station_talk(frame % 4 != 0);
            run_frames_to_itself(1);
            for (unsigned s = 0; s < VOICE_STAT_COUNT; s++) {
                stat((enum voice_stat)s);
            }
            sched_yield();
        }
        station_close();
    }
}

// Every call that can fail does, one after the other.
CASE(any_failure_at_open_is_told_and_undone) {
    unsigned n = 0;
    int error;
    do {
        fake.n_errors = fake.calls = 0;
        fake.fail_at = ++n;
        voice_engine_init(&engine, voice_io_now_us);
        error = voice_io_open(&engine, "i2s", true);
        if (fake.calls < n) { // there is no n-th
            CHECK_EQ(error, 0);
            break;
        }
        CHECK(error != 0);
        CHECK_EQ(fake.n_errors, 1);
        CHECK(strstr(fake.last_error, ":") != NULL);
        CHECK(!voice_io_is_open());
        CHECK_EQ(fake.n_channels + fake.n_tasks, 0);
        CHECK_EQ(fake.misuses, 0);
    } while (n < 100);
    FIGURE("calls_that_can_fail", n - 1);
    CHECK(n - 1 >= 8);
    fake.fail_at = 0;
    station_close();
}

CASE(any_port_in_use_is_told) {
    i2s_chan_handle_t others[2];
    i2s_chan_config_t config = {.id = I2S_NUM_0, .dma_desc_num = 2};
    CHECK_EQ(i2s_new_channel(&config, &others[0], &others[1]), 0); // machine.I2S, say
    CHECK_EQ(voice_io_open(&engine, "i2s", true), EBUSY);
    CHECK(strstr(fake.last_error, "machine.I2S") != NULL);
    CHECK_EQ(fake.n_channels, 2);
    CHECK_EQ(i2s_del_channel(others[0]), 0);
    CHECK_EQ(i2s_del_channel(others[1]), 0);
    station_open();
    station_close();
}

// A driver that refuses at once must not become a busy loop.
CASE(any_reads_that_fail_at_once) {
    station_open();
    station_talk(true);
    run_frames(5);
    fake.read_error = ESP_ERR_INVALID_STATE;
    uint32_t before = stat(VOICE_STAT_frames);
    run_frames(50);
    CHECK_EQ(fake.n_errors, 1);
    CHECK(stat(VOICE_STAT_frames) - before <= 51);
    fake.read_error = ESP_OK;
    run_frames(10);
    uint32_t sent = stat(VOICE_STAT_tx_frames);
    run_frames(10);
    CHECK_EQ(stat(VOICE_STAT_tx_frames) - sent, 10);
    station_close();
}

// Ends the program: the test looks at how.
CASE(any_task_that_never_ends_stops_the_board) {
    station_open();
    station_talk(true);
    run_frames(5);
    encode_us = 3600 * (int64_t)1000000;
    run_frames(2);
    voice_io_close();
    CHECK(false);
}
