// Two engines back to back: what goes into one microphone comes out of the other loudspeaker.
#include "check.h"
#include "core/rtp.h"
#include "sounds.h"
#include "stations.h"

#define FRAME VOICE_FRAME_SAMPLES
#define N_FRAMES 110u
#define N_SAMPLES (N_FRAMES * FRAME)
#define TAIL_FRAMES 12u

static struct station a, b;
static int16_t said[N_SAMPLES];
static int16_t heard[N_SAMPLES + TAIL_FRAMES * FRAME];

static const struct voice_codec *amrwb(void) {
    return voice_codec_find("amrwb");
}

static void start_both(const struct voice_codec *codec, uint32_t bitrate_bps) {
    test_now_us = 1000000;
    station_start(&a, codec, bitrate_bps, 0x1111, 65500, 0xffff0000u);
    station_start(&b, codec, bitrate_bps, 0x2222, 0, 0);
}

static void talk(struct station *station, bool on) {
    CHECK_EQ(voice_engine_talk(&station->engine, on ? VOICE_TALK_ON : VOICE_TALK_OFF), VOICE_OK);
}

// One frame: a speaks, the packet travels, b listens.
static void frame_of_both(const int16_t *mic) {
    station_tick(&a, mic);
    stations_carry(&a, &b);
    station_tick(&b, NULL);
    test_now_us += VOICE_FRAME_US;
}

// a says `said`; b's loudspeaker, a few frames longer, is in `heard`.
static void say_all(void) {
    talk(&a, VOICE_TALK_ON);
    for (size_t f = 0; f < N_FRAMES + TAIL_FRAMES; f++) {
        if (f == N_FRAMES) {
            talk(&a, VOICE_TALK_OFF);
        }
        frame_of_both(f < N_FRAMES ? said + f * FRAME : NULL);
        memcpy(heard + f * FRAME, b.speaker, sizeof(b.speaker));
    }
}

static void check_loop(const struct voice_codec *codec, uint32_t bitrate_bps, int least) {
    signal_speech(said, N_SAMPLES);
    start_both(codec, bitrate_bps);
    say_all();
    size_t lag = signal_best_lag(said, heard, N_SAMPLES, 500, 1000);
    int likeness = signal_correlation_permille(said, heard, N_SAMPLES, lag);
    char label[64];
    snprintf(label, sizeof(label), "loop_%s_%u_likeness_permille", codec->name,
        (unsigned)bitrate_bps);
    FIGURE(label, likeness);
    snprintf(label, sizeof(label), "loop_%s_delay_samples", codec->name);
    FIGURE(label, lag);
    CHECK(likeness >= least);
    // Two frames of buffered delay (the third is the one being played) and the codec's own.
    CHECK(lag >= 2 * FRAME && lag < 2 * FRAME + 160);
    CHECK_EQ(STAT(&a, tx_frames), N_FRAMES);
    CHECK_EQ(STAT(&b, rx_packets), N_FRAMES);
    CHECK_EQ(STAT(&b, decoded), N_FRAMES);
    CHECK_EQ(STAT(&b, concealed), 5);
    CHECK_EQ(STAT(&b, rx_bursts), 1);
    CHECK_EQ(STAT(&b, compressed), 0);
    CHECK_EQ(STAT(&b, jitter_us), 0);
    CHECK_EQ(STAT(&b, target_ms), 40);
    CHECK_EQ(STAT(&b, delay_ms), 40);
    const enum voice_stat zero[] = {
        VOICE_STAT_rx_bad, VOICE_STAT_rx_foreign, VOICE_STAT_rx_late, VOICE_STAT_rx_duplicate,
        VOICE_STAT_rx_lost, VOICE_STAT_rx_overflow, VOICE_STAT_rx_ring_full,
        VOICE_STAT_decode_failed, VOICE_STAT_rx_resyncs, VOICE_STAT_stretched,
        VOICE_STAT_underruns, VOICE_STAT_comfort_noise, VOICE_STAT_fec_recovered,
    };
    for (size_t i = 0; i < sizeof(zero) / sizeof(zero[0]); i++) {
        CHECK_EQ(station_stat(&b, zero[i]), 0);
    }
    CHECK_EQ(signal_peak(heard + (N_FRAMES + 8) * FRAME, (TAIL_FRAMES - 8) * FRAME), 0);
}

CASE(loop_amrwb_every_mode) {
    const uint32_t bps[9] = {6600, 8850, 12650, 14250, 15850, 18250, 19850, 23050, 23850};
    for (size_t mode = 0; mode < 9; mode++) {
        check_loop(amrwb(), bps[mode], mode == 0 ? 750 : 820); // the high-pass turns the pitch's phase
    }
}

CASE(loop_opus) {
    check_loop(voice_codec_find("opus"), 16000, 750);
    check_loop(voice_codec_find("opus"), 24000, 750);
}

CASE(engine_fits_its_memory) {
    for (size_t i = 0; voice_codecs[i] != NULL; i++) {
        start_both(voice_codecs[i], RATE(voice_codecs[i]));
    }
    FIGURE("engine_bytes", sizeof(struct voice_engine));
    FIGURE("ring_bytes", sizeof(struct voice_ring));
    FIGURE("jitter_bytes", sizeof(struct voice_jitter));
}

CASE(rtp_of_bursts) {
    start_both(amrwb(), 12650);
    uint8_t packet[VOICE_PACKET_MAX_BYTES];
    uint16_t sequence = 65500;
    for (uint32_t f = 0; f < 100; f++) {
        if (f % 20 == 0 || f % 20 == 13) {
            talk(&a, f % 20 == 0);
        }
        station_tick(&a, NULL);
        size_t n_bytes = station_take(&a, packet);
        CHECK_EQ(n_bytes > 0, f % 20 < 13);
        if (n_bytes == 0) {
            continue;
        }
        struct voice_rtp rtp;
        const uint8_t *payload;
        size_t n_payload;
        CHECK(voice_rtp_read(packet, n_bytes, &rtp, &payload, &n_payload));
        CHECK_EQ(rtp.marker, f % 20 == 0);
        CHECK_EQ(rtp.payload_type, 96);
        CHECK_EQ(rtp.sequence, sequence++);
        CHECK_EQ(rtp.timestamp, 0xffff0000u + f * 320);
        CHECK_EQ(rtp.ssrc, 0x1111);
        CHECK_EQ(n_payload, 34);
        CHECK_EQ(station_take(&a, packet), 0);
    }
}

CASE(every_burst_sounds_the_same) {
    // A fresh encoder and decoder for every burst: what was said before leaves no trace.
    static int16_t first[40 * FRAME];
    signal_speech(said, N_SAMPLES);
    start_both(amrwb(), 12650);
    for (int burst = 0; burst < 3; burst++) {
        talk(&a, VOICE_TALK_ON);
        for (size_t f = 0; f < 40; f++) {
            frame_of_both(said + f * FRAME);
            int16_t *at = burst == 0 ? first + f * FRAME : heard;
            memcpy(at, b.speaker, sizeof(b.speaker));
            CHECK(memcmp(first + f * FRAME, b.speaker, sizeof(b.speaker)) == 0);
        }
        talk(&a, VOICE_TALK_OFF);
        for (int f = 0; f < 20; f++) {
            frame_of_both(NULL);
        }
    }
    CHECK_EQ(STAT(&b, rx_bursts), 3);
    CHECK_EQ(STAT(&a, tx_bursts), 3);
}

CASE(listen_to_one_to_first_to_none) {
    static struct station c;
    for (int mode = 0; mode < 3; mode++) {
        start_both(amrwb(), 12650);
        station_start(&c, amrwb(), 12650, 0x3333, 7, 7);
        const int64_t listen[] = {0x3333, VOICE_LISTEN_FIRST, VOICE_LISTEN_NONE};
        voice_engine_listen(&b.engine, listen[mode]);
        talk(&a, VOICE_TALK_ON);
        talk(&c, VOICE_TALK_ON);
        for (int f = 0; f < 20; f++) {
            station_tick(&a, NULL);
            station_tick(&c, NULL);
            stations_carry(&a, &b); // a is always first
            stations_carry(&c, &b);
            station_tick(&b, NULL);
        }
        const uint32_t heard_ssrc[] = {0x3333, 0x1111, 0};
        const uint32_t foreign[] = {20, 20, 40};
        CHECK_EQ(voice_engine_heard_ssrc(&b.engine), heard_ssrc[mode]);
        CHECK_EQ(STAT(&b, rx_foreign), foreign[mode]);
        CHECK_EQ(STAT(&b, decoded), mode == 2 ? 0 : 18);
    }
}

CASE(listening_to_the_first_frees_the_lock_when_the_burst_ends) {
    static struct station c;
    start_both(amrwb(), 12650);
    station_start(&c, amrwb(), 12650, 0x3333, 7, 7);
    talk(&a, VOICE_TALK_ON);
    for (int f = 0; f < 20; f++) {
        frame_of_both(NULL);
    }
    CHECK_EQ(voice_engine_heard_ssrc(&b.engine), 0x1111);
    talk(&a, VOICE_TALK_OFF);
    unsigned n_deaf = 0;
    talk(&c, VOICE_TALK_ON);
    while (voice_engine_heard_ssrc(&b.engine) != 0x3333) {
        station_tick(&a, NULL);
        station_tick(&c, NULL);
        stations_carry(&c, &b);
        station_tick(&b, NULL);
        CHECK(++n_deaf < 12);
    }
    FIGURE("frames_until_the_next_talker_is_heard", n_deaf);
    CHECK_EQ(STAT(&b, rx_foreign), n_deaf - 1);
}

CASE(listening_to_whom_one_hears_does_not_interrupt) {
    start_both(amrwb(), 12650);
    talk(&a, VOICE_TALK_ON);
    for (int f = 0; f < 20; f++) {
        if (f == 10) {
            voice_engine_listen(&b.engine, 0x1111);
        }
        frame_of_both(NULL);
    }
    CHECK_EQ(STAT(&b, decoded), 18);
    CHECK_EQ(STAT(&b, rx_bursts), 1);
}

CASE(commands_are_checked) {
    struct voice_config config = {.codec = amrwb(), .options.bitrate_bps = 12650, .payload_type = 96};
    voice_engine_init(&a.engine, test_clock_us);
    CHECK_EQ(voice_engine_talk(&a.engine, VOICE_TALK_ON), VOICE_ERROR_UNCONFIGURED);
    CHECK_EQ(voice_engine_talk(&a.engine, VOICE_TALK_OFF), VOICE_OK);
    config.codec = NULL;
    CHECK_EQ(voice_engine_configure(&a.engine, &config), VOICE_ERROR_CODEC);
    config.codec = amrwb();
    config.options.bitrate_bps = 12651;
    CHECK_EQ(voice_engine_configure(&a.engine, &config), VOICE_ERROR_BITRATE);
    config.options.bitrate_bps = 12650;
    config.payload_type = 128;
    CHECK_EQ(voice_engine_configure(&a.engine, &config), VOICE_ERROR_PAYLOAD_TYPE);
    config.payload_type = 96;
    CHECK_EQ(voice_engine_configure(&a.engine, &config), VOICE_OK);
    CHECK_EQ(voice_engine_talk(&a.engine, VOICE_TALK_ON), VOICE_OK);
    CHECK_EQ(voice_engine_configure(&a.engine, &config), VOICE_ERROR_TALKING);
    CHECK_EQ(voice_engine_talk(&a.engine, VOICE_TALK_OFF), VOICE_OK);
    CHECK_EQ(voice_engine_configure(&a.engine, &config), VOICE_OK);
    // What is refused changes nothing.
    CHECK_EQ(voice_engine_talk(&a.engine, VOICE_TALK_ON), VOICE_OK);
    struct voice_config other = {.codec = voice_codec_find("opus"), .options.bitrate_bps = 16000,
                                 .payload_type = 97};
    CHECK_EQ(voice_engine_configure(&a.engine, &other), VOICE_ERROR_TALKING);
    station_tick(&a, NULL);
    uint8_t packet[VOICE_PACKET_MAX_BYTES];
    CHECK_EQ(station_take(&a, packet), 12 + 34);
}

// --- many wishes within one frame --------------------------------------------------------------

static void check_packet(struct station *station, bool marker, uint16_t sequence,
    uint32_t timestamp) {
    uint8_t packet[VOICE_PACKET_MAX_BYTES];
    struct voice_rtp rtp;
    const uint8_t *payload;
    size_t n_payload;
    size_t n_bytes = station_take(station, packet);
    CHECK(voice_rtp_read(packet, n_bytes, &rtp, &payload, &n_payload));
    CHECK_EQ(rtp.marker, marker);
    CHECK_EQ(rtp.sequence, sequence);
    CHECK_EQ(rtp.timestamp, timestamp);
    CHECK_EQ(station_take(station, packet), 0);
}

CASE(a_thousand_wishes_in_a_frame_end_as_the_last) {
    static struct station c;
    const int64_t others[] = {0x1111, VOICE_LISTEN_NONE, VOICE_LISTEN_FIRST, 0x4444};
    for (int ends_on = 0; ends_on < 2; ends_on++) {
        start_both(amrwb(), 12650);
        station_start(&c, amrwb(), 12650, 0x3333, 7, 7);
        for (unsigned i = 0; i < 1000; i++) {
            talk(&b, i % 2 != (unsigned)ends_on);
            voice_engine_listen(&b.engine, others[i % 4]);
        }
        talk(&b, ends_on);
        voice_engine_listen(&b.engine, 0x3333);
        talk(&a, VOICE_TALK_ON);
        talk(&c, VOICE_TALK_ON);
        for (unsigned f = 0; f < 20; f++) {
            station_tick(&a, NULL);
            station_tick(&c, NULL);
            stations_carry(&a, &b); // a is always first
            stations_carry(&c, &b);
            station_tick(&b, NULL);
            if (ends_on) {
                check_packet(&b, f == 0, (uint16_t)f, f * 320);
            }
        }
        CHECK_EQ(voice_engine_heard_ssrc(&b.engine), 0x3333);
        CHECK_EQ(STAT(&b, rx_foreign), 20);
        CHECK_EQ(STAT(&b, decoded), 18);
        CHECK_EQ(STAT(&b, tx_bursts), ends_on);
        CHECK_EQ(STAT(&b, tx_frames), ends_on ? 20 : 0);
    }
}

CASE(off_and_on_within_a_frame_is_a_new_burst) {
    // The same sound before and after, encoded by a fresh encoder: the same bytes.
    uint8_t first[20][VOICE_PACKET_MAX_BYTES], again[VOICE_PACKET_MAX_BYTES];
    signal_speech(said, N_SAMPLES);
    memset(said + 15 * FRAME, 0, 5 * FRAME * sizeof(said[0])); // the high-pass forgets
    start_both(amrwb(), 12650);
    talk(&a, VOICE_TALK_ON);
    for (uint32_t f = 0; f < 40; f++) {
        if (f == 20) {
            talk(&a, VOICE_TALK_OFF);
            talk(&a, VOICE_TALK_ON);
            talk(&a, VOICE_TALK_OFF);
            talk(&a, VOICE_TALK_ON);
        }
        talk(&a, VOICE_TALK_ON); // already on: goes on
        station_tick(&a, said + f % 20 * FRAME);
        uint8_t *packet = f < 20 ? first[f] : again;
        size_t n_bytes = station_take(&a, packet);
        CHECK_EQ(n_bytes, 12 + 34);
        CHECK_EQ(packet[1] >> 7, f % 20 == 0); // marker
        CHECK_EQ((uint16_t)(packet[2] << 8 | packet[3]), (uint16_t)(65500 + f));
        CHECK(memcmp(first[f % 20] + 12, packet + 12, 34) == 0);
        CHECK(voice_engine_give(&b.engine, packet, n_bytes));
        station_tick(&b, NULL);
    }
    CHECK_EQ(STAT(&a, tx_bursts), 2);
    CHECK_EQ(STAT(&b, rx_bursts), 2);
    CHECK_EQ(STAT(&b, rx_lost), 0);
}

CASE(on_and_off_within_a_frame_sends_nothing) {
    start_both(amrwb(), 12650);
    talk(&a, VOICE_TALK_ON);
    talk(&a, VOICE_TALK_OFF);
    station_tick(&a, NULL);
    CHECK_EQ(STAT(&a, tx_bursts), 0);
    CHECK_EQ(STAT(&a, tx_frames), 0);
    // The next one is whole.
    talk(&a, VOICE_TALK_ON);
    station_tick(&a, NULL);
    check_packet(&a, true, 65500, 0xffff0000u + 320);
    // In the middle of a burst, off, on and off ends it.
    talk(&a, VOICE_TALK_OFF);
    talk(&a, VOICE_TALK_ON);
    talk(&a, VOICE_TALK_OFF);
    station_tick(&a, NULL);
    CHECK_EQ(STAT(&a, tx_bursts), 1);
    CHECK_EQ(STAT(&a, tx_frames), 1);
}

CASE(the_last_configuration_within_a_frame_counts) {
    start_both(amrwb(), 12650);
    talk(&a, VOICE_TALK_ON);
    station_tick(&a, NULL);
    check_packet(&a, true, 65500, 0xffff0000u);
    talk(&a, VOICE_TALK_OFF);
    struct voice_config config = {.codec = voice_codec_find("opus"), .options.bitrate_bps = 16000,
                                  .payload_type = 97, .ssrc = 0x5555};
    CHECK_EQ(voice_engine_configure(&a.engine, &config), VOICE_OK);
    for (uint16_t i = 1; i <= 100; i++) {
        config = (struct voice_config){.codec = amrwb(), .options.bitrate_bps = 6600, .payload_type = 99,
                                       .ssrc = 0x6666, .sequence = i, .timestamp = 1000u * i};
        CHECK_EQ(voice_engine_configure(&a.engine, &config), VOICE_OK);
    }
    talk(&a, VOICE_TALK_ON);
    voice_engine_listen(&a.engine, 0x2222);
    station_tick(&a, NULL);
    uint8_t packet[VOICE_PACKET_MAX_BYTES];
    CHECK_EQ(station_take(&a, packet), 12 + 19); // 6.6 kbit/s
    CHECK_EQ(packet[1], 0x80 | 99);
    CHECK_EQ(packet[3], 100);
    CHECK_EQ(packet[11], 0x66);
    // Not configured anew: the numbers go on.
    voice_engine_listen(&a.engine, VOICE_LISTEN_FIRST);
    talk(&a, VOICE_TALK_ON);
    station_tick(&a, NULL);
    check_packet(&a, false, 101, 100320);
}

// b hears a to whom it listens; then these wishes in one frame while a goes on talking. Returns how
// many frames b has decoded 12 frames later; 12 when nothing interrupted a.
static uint32_t decoded_after(const int64_t *wishes, size_t n_wishes) {
    start_both(amrwb(), 12650);
    voice_engine_listen(&b.engine, 0x1111);
    talk(&a, VOICE_TALK_ON);
    for (int f = 0; f < 20; f++) {
        frame_of_both(NULL);
    }
    uint32_t before = STAT(&b, decoded);
    for (size_t i = 0; i < n_wishes; i++) {
        voice_engine_listen(&b.engine, wishes[i]);
    }
    for (int f = 0; f < 12; f++) {
        frame_of_both(NULL);
    }
    return STAT(&b, decoded) - before;
}
#define DECODED_AFTER(...) decoded_after((const int64_t[]){__VA_ARGS__}, \
    sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

CASE(listening_changes_within_a_frame) {
    const int64_t any = VOICE_LISTEN_FIRST, none = VOICE_LISTEN_NONE;
    // The last is the talker being heard, or anyone: as if nothing had been.
    CHECK_EQ(DECODED_AFTER(any), 12);
    CHECK_EQ(DECODED_AFTER(none, any), 12);
    CHECK_EQ(voice_engine_heard_ssrc(&b.engine), 0x1111);
    CHECK_EQ(DECODED_AFTER(0x9999, any), 12);
    CHECK_EQ(DECODED_AFTER(0x9999, 0x1111), 12);
    CHECK_EQ(STAT(&b, rx_bursts), 1);
    // Otherwise the talker is cut off at once.
    CHECK_EQ(DECODED_AFTER(any, none), 0);
    CHECK_EQ(voice_engine_heard_ssrc(&b.engine), 0);
    CHECK_EQ(DECODED_AFTER(any, 0x9999), 0);
    CHECK_EQ(STAT(&b, rx_foreign), 12);
    // None, then anyone while nobody is heard: anyone.
    start_both(amrwb(), 12650);
    voice_engine_listen(&b.engine, none);
    talk(&a, VOICE_TALK_ON);
    frame_of_both(NULL);
    CHECK_EQ(voice_engine_heard_ssrc(&b.engine), 0);
    voice_engine_listen(&b.engine, none);
    voice_engine_listen(&b.engine, any);
    frame_of_both(NULL);
    CHECK_EQ(voice_engine_heard_ssrc(&b.engine), 0x1111);
}

CASE(anyone_keeps_the_talker_until_its_burst_is_played_out) {
    static struct station c;
    start_both(amrwb(), 12650);
    station_start(&c, amrwb(), 12650, 0x3333, 7, 7);
    voice_engine_listen(&b.engine, 0x1111);
    talk(&a, VOICE_TALK_ON);
    for (int f = 0; f < 20; f++) {
        frame_of_both(NULL);
    }
    talk(&a, VOICE_TALK_OFF);
    voice_engine_listen(&b.engine, VOICE_LISTEN_FIRST);
    frame_of_both(NULL);
    CHECK_EQ(voice_engine_heard_ssrc(&b.engine), 0x1111);
    frame_of_both(NULL);
    CHECK_EQ(STAT(&b, decoded), 20); // the two that were still in the jitter buffer
    // Then anyone is heard, and whom b wants even in the middle of another's burst.
    while (voice_engine_heard_ssrc(&b.engine) != 0) {
        frame_of_both(NULL);
    }
    static struct station *const next[] = {&c, &a};
    for (int i = 0; i < 2; i++) {
        talk(next[i], true);
        if (i == 1) {
            voice_engine_listen(&b.engine, 0x1111);
        }
        station_tick(next[i], NULL);
        stations_carry(next[i], &b);
        station_tick(&b, NULL);
        CHECK_EQ(voice_engine_heard_ssrc(&b.engine), i == 0 ? 0x3333 : 0x1111);
    }
    CHECK_EQ(STAT(&b, rx_foreign), 0);
}

// --- packets that are nobody's ------------------------------------------------------------------

// Packets of a station that must not count come to b together with those of one that b hears
// afterwards: all are bad, nothing sounds, the lock stays free and then with the good one.
static void check_never_heard(struct station *strange) {
    static struct station c;
    station_start(&c, amrwb(), 12650, 0x3333, 7, 7);
    CHECK_EQ(voice_engine_talk(&strange->engine, VOICE_TALK_ON), VOICE_OK);
    for (int f = 0; f < 40; f++) {
        station_tick(strange, said + f % 20 * FRAME);
        CHECK_EQ(stations_carry(strange, &b), 1);
        if (f == 20) {
            talk(&c, VOICE_TALK_ON);
        }
        station_tick(&c, NULL);
        stations_carry(&c, &b);
        station_tick(&b, NULL);
        CHECK_EQ(voice_engine_heard_ssrc(&b.engine), f < 20 ? 0 : 0x3333);
        CHECK(f >= 20 || signal_peak(b.speaker, FRAME) == 0);
    }
    CHECK_EQ(STAT(&b, rx_bad), 40);
    CHECK_EQ(STAT(&b, rx_foreign), 0);
    CHECK_EQ(STAT(&b, decoded), 18);
    CHECK_EQ(STAT(&b, rx_bursts), 1);
}

CASE(ssrc_0_is_never_heard) {
    static struct station nobody;
    signal_speech(said, N_SAMPLES);
    start_both(amrwb(), 12650);
    station_start(&nobody, amrwb(), 12650, 0, 1, 1);
    check_never_heard(&nobody);
}

CASE(another_payload_type_is_never_heard) {
    static struct station strange;
    signal_speech(said, N_SAMPLES);
    start_both(amrwb(), 12650);
    station_start(&strange, voice_codec_find("opus"), 16000, 0x1111, 1, 1);
    check_never_heard(&strange);
    // The same codec under another number, even from whom b listens to and hears.
    start_both(amrwb(), 12650);
    struct voice_config config = {.codec = amrwb(), .options.bitrate_bps = 12650, .payload_type = 97,
                                  .ssrc = 0x3333};
    voice_engine_init(&strange.engine, test_clock_us);
    CHECK_EQ(voice_engine_configure(&strange.engine, &config), VOICE_OK);
    voice_engine_listen(&b.engine, 0x3333);
    check_never_heard(&strange);
}

// --- hostile and unlucky ------------------------------------------------------------------------

CASE(an_unconfigured_engine_is_silent) {
    voice_engine_init(&b.engine, test_clock_us);
    uint8_t packet[46] = {0x80, 96, [11] = 1};
    memset(b.speaker, 1, sizeof(b.speaker));
    CHECK(voice_engine_give(&b.engine, packet, sizeof(packet)));
    station_tick(&b, NULL);
    CHECK_EQ(signal_peak(b.speaker, FRAME), 0);
    CHECK_EQ(STAT(&b, rx_bad), 1);
}

CASE(full_rings_are_counted) {
    start_both(amrwb(), 12650);
    signal_vowel(said, N_SAMPLES);
    talk(&a, VOICE_TALK_ON);
    for (unsigned f = 0; f < VOICE_RING_SLOTS + VOICE_BACKLOG_FRAMES + 5u; f++) {
        station_tick(&a, said + f * FRAME);
    }
    CHECK_EQ(STAT(&a, tx_ring_full), 5);
    CHECK_EQ(STAT(&a, tx_ring_high), VOICE_RING_SLOTS);
    CHECK_EQ(STAT(&a, tx_frames), VOICE_RING_SLOTS);
    uint8_t packet[100] = {0};
    for (unsigned p = 0; p < VOICE_RING_SLOTS + 3u; p++) {
        CHECK_EQ(voice_engine_give(&b.engine, packet, sizeof(packet)), p < VOICE_RING_SLOTS);
    }
    CHECK_EQ(STAT(&b, rx_ring_full), 3);
    CHECK_EQ(STAT(&b, rx_ring_high), VOICE_RING_SLOTS);
    station_tick(&b, NULL);
    CHECK_EQ(STAT(&b, rx_bad), VOICE_RING_SLOTS);
}

CASE(bad_packets_are_counted_and_not_played) {
    start_both(amrwb(), 12650);
    talk(&a, VOICE_TALK_ON);
    uint8_t good[VOICE_PACKET_MAX_BYTES], bad[2 * VOICE_PACKET_MAX_BYTES] = {0};
    station_tick(&a, NULL);
    size_t n_bytes = station_take(&a, good);
    CHECK(voice_engine_give(&b.engine, good, 0));
    CHECK(voice_engine_give(&b.engine, bad, sizeof(bad)));      // longer than any packet
    CHECK(voice_engine_give(&b.engine, good, n_bytes - 1));     // cut
    CHECK(voice_engine_give(&b.engine, good, n_bytes + 1));     // too long for its frame type
    memcpy(bad, good, n_bytes);
    bad[1] = 0x80 | 97;                                         // other payload type
    CHECK(voice_engine_give(&b.engine, bad, n_bytes));
    memcpy(bad, good, n_bytes);
    bad[13] = 10 << 3 | 4;                                      // unused frame type
    CHECK(voice_engine_give(&b.engine, bad, n_bytes));
    station_tick(&b, NULL);
    CHECK_EQ(STAT(&b, rx_packets), 6);
    CHECK_EQ(STAT(&b, rx_bad), 6);
    CHECK_EQ(voice_engine_heard_ssrc(&b.engine), 0);
    CHECK(voice_engine_give(&b.engine, good, n_bytes));
    station_tick(&b, NULL);
    CHECK_EQ(STAT(&b, rx_bad), 6);
    CHECK_EQ(voice_engine_heard_ssrc(&b.engine), 0x1111);
}

CASE(a_packet_longer_than_a_slot_stays_out) {
    start_both(amrwb(), 12650);
    station_tick(&b, NULL);
    talk(&a, VOICE_TALK_ON);
    station_tick(&a, NULL);
    // A good packet, made too long by RTP padding alone.
    uint8_t packet[512];
    memset(packet, 0xff, sizeof(packet));
    size_t n_bytes = station_take(&a, packet);
    packet[0] |= 0x20;
    packet[n_bytes + 254] = 255;
    CHECK(n_bytes + 255 > VOICE_PACKET_MAX_BYTES && n_bytes + 255 <= sizeof(packet));
    struct voice_wanted before[VOICE_WANTED_COPIES];
    memcpy(before, b.engine.wanted_copies, sizeof(before));
    for (unsigned p = 0; p < VOICE_RING_SLOTS; p++) {
        CHECK(voice_engine_give(&b.engine, packet, n_bytes + 255));
    }
    CHECK(memcmp(before, b.engine.wanted_copies, sizeof(before)) == 0); // what lies behind the ring
    station_tick(&b, NULL);
    CHECK_EQ(STAT(&b, rx_bad), VOICE_RING_SLOTS);
    // The longest that fits is taken.
    packet[VOICE_PACKET_MAX_BYTES - 1] = (uint8_t)(VOICE_PACKET_MAX_BYTES - n_bytes);
    CHECK(voice_engine_give(&b.engine, packet, VOICE_PACKET_MAX_BYTES));
    station_tick(&b, NULL);
    CHECK_EQ(STAT(&b, rx_bad), VOICE_RING_SLOTS);
    CHECK_EQ(voice_engine_heard_ssrc(&b.engine), 0x1111);
}

CASE(a_restarted_sender_is_heard_again) {
    // Power cut in the middle of a burst: same SSRC or another, everything else random.
    for (int same = 0; same < 2; same++) {
        start_both(amrwb(), 12650);
        talk(&a, VOICE_TALK_ON);
        for (int f = 0; f < 20; f++) {
            frame_of_both(NULL);
        }
        station_start(&a, amrwb(), 12650, same ? 0x1111 : 0x9999, 31000, 12345);
        talk(&a, VOICE_TALK_ON);
        uint32_t decoded = STAT(&b, decoded);
        for (int f = 0; f < 25; f++) {
            frame_of_both(NULL);
        }
        CHECK(STAT(&b, decoded) >= decoded + 12);
        CHECK_EQ(voice_engine_heard_ssrc(&b.engine), same ? 0x1111 : 0x9999);
    }
}

CASE(jitter_is_measured) {
    start_both(amrwb(), 12650);
    talk(&a, VOICE_TALK_ON);
    for (int f = 0; f < 400; f++) {
        station_tick(&a, NULL);
        test_now_us += f % 2 ? 4000 : 0; // every other packet 4 ms late
        stations_carry(&a, &b);
        test_now_us -= f % 2 ? 4000 : 0;
        station_tick(&b, NULL);
        test_now_us += VOICE_FRAME_US;
    }
    CHECK(STAT(&b, jitter_us) > 3600 && STAT(&b, jitter_us) <= 4000);
}

// Largest step from sample to sample, over the largest of the undisturbed tone.
static int roughness_permille(size_t from_frame, size_t to_frame) {
    int step = signal_step_max(heard + from_frame * FRAME, (to_frame - from_frame) * FRAME);
    int natural = signal_step_max(heard + 20 * FRAME, 10 * FRAME);
    return 1000 * step / natural;
}

CASE(no_clicks) {
    for (size_t i = 0; voice_codecs[i] != NULL; i++) {
        signal_tone(said, N_SAMPLES, 300);
        start_both(voice_codecs[i], RATE(voice_codecs[i]));
        talk(&a, VOICE_TALK_ON);
        uint8_t packet[VOICE_PACKET_MAX_BYTES];
        for (size_t f = 0; f < N_FRAMES + TAIL_FRAMES; f++) {
            if (f == N_FRAMES) {
                talk(&a, VOICE_TALK_OFF);
            }
            station_tick(&a, f < N_FRAMES ? said + f * FRAME : NULL);
            size_t n_bytes = station_take(&a, packet);
            if (n_bytes > 0 && f != 50) { // one loss
                CHECK(voice_engine_give(&b.engine, packet, n_bytes));
            }
            if (f >= 70 && f < 74) { // the device hangs: the delay grows, then is taken back
                voice_engine_audio_skip(&b.engine);
                memset(b.speaker, 0, sizeof(b.speaker));
            } else {
                station_tick(&b, NULL);
            }
            memcpy(heard + f * FRAME, b.speaker, sizeof(b.speaker));
            test_now_us += VOICE_FRAME_US;
        }
        CHECK_EQ(STAT(&b, concealed), 1 + 5);
        CHECK(STAT(&b, compressed) >= 2 * FRAME);
        const struct {
            const char *what;
            size_t from, to;
            int most;
        } spans[] = {
            {"start", 0, 15, 1500},
            {"loss", 45, 65, 2500},
            {"compressing", 75, N_FRAMES, 1800},
            {"end", N_FRAMES, N_FRAMES + TAIL_FRAMES, 1500},
        };
        for (size_t s = 0; s < sizeof(spans) / sizeof(spans[0]); s++) {
            int roughness = roughness_permille(spans[s].from, spans[s].to);
            char label[64];
            snprintf(label, sizeof(label), "%s_%s_step_permille", voice_codecs[i]->name,
                spans[s].what);
            FIGURE(label, roughness);
            CHECK(roughness <= spans[s].most);
        }
    }
}

CASE(no_click_when_the_stream_jumps) {
    for (size_t i = 0; voice_codecs[i] != NULL; i++) {
        for (int hangs = 0; hangs < 2; hangs++) {
            signal_tone(said, N_SAMPLES, 300);
            start_both(voice_codecs[i], RATE(voice_codecs[i]));
            talk(&a, VOICE_TALK_ON);
            for (size_t f = 0; f < 60; f++) {
                // a's device hangs for 400 ms, which for b are no time at all; or its time jumps.
                for (int skip = 0; hangs && f == 40 && skip < 20; skip++) {
                    voice_engine_audio_skip(&a.engine);
                }
                if (!hangs && f == 40) {
                    a.engine.send.timestamp += 12345;
                }
                frame_of_both(said + f * FRAME);
                memcpy(heard + f * FRAME, b.speaker, sizeof(b.speaker));
            }
            CHECK_EQ(STAT(&b, rx_bursts), hangs ? 1 : 2);
            CHECK_EQ(STAT(&b, rx_lost), 0);
            CHECK(roughness_permille(35, 60) <= 1500);
            if (!hangs) {
                // What was buffered plays, then a guess that fades out, then the stream fades in.
                int quietest = signal_peak(heard + 38 * FRAME, 8);
                for (size_t at = 38 * FRAME; at < 46 * FRAME; at++) {
                    int now = signal_peak(heard + at, 8);
                    quietest = now < quietest ? now : quietest;
                }
                CHECK(quietest < 400);
            }
        }
    }
}

CASE(skipped_frames_count_as_time) {
    start_both(amrwb(), 12650);
    talk(&a, VOICE_TALK_ON);
    station_tick(&a, NULL);
    voice_engine_audio_skip(&a.engine);
    voice_engine_audio_skip(&a.engine);
    station_tick(&a, NULL);
    CHECK_EQ(STAT(&a, frames), 4);
    CHECK_EQ(STAT(&a, io_overruns), 2);
    CHECK_EQ(STAT(&a, io_underruns), 2);
    uint8_t packet[VOICE_PACKET_MAX_BYTES];
    struct voice_rtp first, second;
    const uint8_t *payload;
    size_t n_payload;
    CHECK(voice_rtp_read(packet, station_take(&a, packet), &first, &payload, &n_payload));
    CHECK(voice_rtp_read(packet, station_take(&a, packet), &second, &payload, &n_payload));
    CHECK_EQ((uint16_t)(second.sequence - first.sequence), 1);
    CHECK_EQ(second.timestamp - first.timestamp, 3 * 320);
}

// A half-duplex board has no microphone while its loudspeaker has its turn: what was learnt stays, time goes on.
CASE(a_microphone_that_is_off_teaches_nothing) {
    signal_speech(said, N_SAMPLES);
    start_both(amrwb(), 12650);
    for (size_t f = 0; f < N_FRAMES; f++) {
        station_tick(&a, said + f * FRAME);
    }
    const struct voice_send before = a.engine.send;
    for (unsigned f = 0; f < 200; f++) {
        voice_engine_audio_tick(&a.engine, NULL, a.speaker);
    }
    CHECK_EQ(memcmp(&before.vad, &a.engine.send.vad, sizeof(before.vad)), 0);
    CHECK_EQ(memcmp(&before.highpass, &a.engine.send.highpass, sizeof(before.highpass)), 0);
    CHECK_EQ(a.engine.send.config.timestamp - before.config.timestamp, 200 * FRAME);
    CHECK_EQ(voice_engine_stat(&a.engine, VOICE_STAT_frames), N_FRAMES + 200);
}
