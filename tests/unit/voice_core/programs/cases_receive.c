// The receive side on a test clock, with a codec that says what it was asked for: a frame of its
// sound is a stretch of one long tone, so that what is missing or too much shows in the phase.
#include "check.h"
#include "core/receive.h"
#include "core/rtp.h"
#include "sounds.h"

#define FRAME VOICE_FRAME_SAMPLES
#define TONE_SAMPLES 16000u // 250 Hz fits in
#define SSRC 7u

enum { SPEECH = 1, NOISE = 2, QUIET = 3 };

static struct voice_receive receive;
static struct voice_stats stats;
static int16_t speaker[FRAME];
static int16_t tone[TONE_SAMPLES + FRAME];
static uint64_t now_us;
static uint32_t n_inits, n_unknown, n_repeated, n_repeat_asked;

static uint64_t clock_us(void) {
    return now_us;
}

static size_t some_bytes(void) {
    return 16;
}
static bool init_decoder(void *decoder) {
    memset(decoder, 0, 16);
    n_inits++;
    return true;
}
// A payload: what it is, number of the frame, requested bit rate in kbit/s, whether it repeats.
static enum voice_payload_kind payload_kind(const uint8_t *payload, size_t n_bytes) {
    if (n_bytes < 5) {
        return VOICE_PAYLOAD_BAD;
    }
    return payload[0] == NOISE ? VOICE_PAYLOAD_NOISE : VOICE_PAYLOAD_SPEECH;
}
static uint32_t requested_bitrate(const uint8_t *payload, size_t n_bytes) {
    CHECK(n_bytes >= 5);
    return 1000u * payload[3];
}
static void make_sound(uint32_t *decoder, unsigned kind, int16_t *pcm) {
    for (unsigned i = 0; i < FRAME; i++) {
        pcm[i] = kind == SPEECH ? tone[decoder[0] * FRAME % TONE_SAMPLES + i] : (int16_t)(i % 3);
    }
    decoder[0]++;
}
static bool decode(void *memory, const uint8_t *payload, size_t n_bytes, int16_t *pcm) {
    uint32_t *decoder = memory;
    (void)n_bytes;
    if (payload != NULL) {
        decoder[0] = payload[1] | (uint32_t)payload[2] << 8;
        decoder[1] = payload[0];
    } else {
        n_unknown++;
    }
    make_sound(decoder, decoder[1] == 0 ? QUIET : decoder[1], pcm);
    return true;
}
static bool decode_lost(void *memory, const uint8_t *next, size_t n_bytes, int16_t *pcm) {
    uint32_t *decoder = memory;
    CHECK(n_bytes >= 5);
    n_repeat_asked++;
    if (next[4] == 0) {
        return false;
    }
    n_repeated++;
    decoder[0] = (next[1] | (uint32_t)next[2] << 8) - 1u;
    make_sound(decoder, SPEECH, pcm);
    return true;
}

static const struct voice_codec stub = {
    .name = "stub", .timestamp_step = 320, .decoder_bytes = some_bytes,
    .decoder_init = init_decoder, .payload_kind = payload_kind, .decode = decode,
    .requested_bitrate = requested_bitrate, .decode_lost = decode_lost,
};

static uint32_t decoder_memory[4] VOICE_ALIGNED;

static void start(bool fec) {
    struct voice_config config = {.codec = &stub, .options.fec = fec, .payload_type = 96};
    signal_tone(tone, TONE_SAMPLES + FRAME, 250);
    memset(&stats, 0, sizeof(stats));
    now_us = 5000000;
    voice_receive_init(&receive, &stats, clock_us);
    CHECK(voice_receive_configure(&receive, &config, decoder_memory));
    n_inits = n_unknown = n_repeated = n_repeat_asked = 0;
}

static uint32_t stat(enum voice_stat which) {
    return voice_stats_get(&stats, which);
}
#define STAT(name) stat(VOICE_STAT_##name)

struct sent {
    uint32_t sequence; // and the number of the frame, unless it has another one
    uint32_t frame;
    bool marker;
    uint8_t kind;
    uint8_t cmr_kbps;
    bool repeats;
    unsigned n_padding;
};

static void give_at(struct sent sent, uint64_t arrival_us) {
    struct voice_packet packet = {.arrival_us = arrival_us};
    struct voice_rtp rtp = {.marker = sent.marker, .payload_type = 96, .ssrc = SSRC,
                            .sequence = (uint16_t)sent.sequence, .timestamp = sent.frame * 320u};
    uint8_t payload[] = {sent.kind, (uint8_t)sent.frame, (uint8_t)(sent.frame >> 8), sent.cmr_kbps,
                         sent.repeats};
    voice_rtp_write(packet.bytes, &rtp);
    memcpy(packet.bytes + VOICE_RTP_HEADER_BYTES, payload, sizeof(payload));
    packet.n_bytes = (uint16_t)(VOICE_RTP_HEADER_BYTES + sizeof(payload) + sent.n_padding);
    voice_receive_packet(&receive, &packet);
}

static void give(uint32_t n, uint8_t kind) {
    give_at((struct sent) {.sequence = n, .frame = n, .marker = n == 0, .kind = kind}, now_us);
}

static void tick(void) {
    voice_receive_tick(&receive, speaker);
    now_us += VOICE_FRAME_US;
}

// --- the delay --------------------------------------------------------------------------------

CASE(receive_perfect_air) {
    start(false);
    for (uint32_t n = 0; n < 1000; n++) {
        give(n, SPEECH);
        tick();
        CHECK(n < 3 || signal_peak(speaker, FRAME) > 7000);
    }
    CHECK_EQ(STAT(target_ms), 20);
    CHECK(STAT(delay_ms) >= 20 && STAT(delay_ms) < 40);
    CHECK_EQ(STAT(stretched), 0);
    CHECK(STAT(compressed) >= 128 && STAT(compressed) <= 2 * FRAME);
    CHECK_EQ(n_inits, 1);
    CHECK_EQ(STAT(rx_bursts), 1);
    CHECK_EQ(n_unknown + STAT(underruns) + STAT(rx_late) + STAT(rx_lost), 0);
}

// 25 packets come at once. How many frames until the delay is what it is without.
static unsigned frames_to_drain(uint8_t kind) {
    start(false);
    for (uint32_t n = 0; n < 25; n++) {
        give(n, kind);
    }
    unsigned n_frames = 0;
    for (uint32_t n = 25; n < 225; n++) {
        tick();
        give(n, kind);
        if (STAT(delay_ms) >= 80) {
            n_frames = n - 25;
        }
    }
    CHECK_EQ(STAT(rx_overflow) + STAT(rx_lost) + STAT(rx_late), 0);
    CHECK_EQ(n_unknown + STAT(underruns), 0);
    CHECK(STAT(target_ms) <= 40); // that was no jitter
    CHECK(STAT(jitter_us) < 2000);
    CHECK(STAT(compressed) >= 20 * FRAME);
    return n_frames;
}

CASE(receive_drains_what_was_kept_for_the_grant) {
    unsigned speech = frames_to_drain(SPEECH), quiet = frames_to_drain(QUIET);
    FIGURE("frames_to_drain_500_ms_of_speech", speech);
    FIGURE("frames_to_drain_500_ms_of_silence", quiet);
    CHECK(speech <= 60);
    CHECK(quiet <= 40);
    // It begins with the first word, at once.
    start(false);
    for (uint32_t n = 0; n < 25; n++) {
        give(n, SPEECH);
    }
    tick();
    CHECK(signal_peak(speaker, FRAME) > 7000);
}

CASE(receive_skipped_frames_are_caught_up) {
    start(false);
    for (uint32_t n = 0; n < 400; n++) {
        give(n, SPEECH);
        if (n >= 300 && n < 305) {
            voice_receive_skip(&receive);
            now_us += VOICE_FRAME_US;
        } else {
            tick();
        }
    }
    CHECK_EQ(STAT(target_ms), 20);
    CHECK(STAT(delay_ms) < 60);
    CHECK_EQ(n_unknown, 0);
}

// An hour in which the talker's clock is faster or slower than ours.
static void hour(int drift_ppm) {
    start(false);
    uint32_t n = 0, seed = 9, delay_min = UINT32_MAX, delay_max = 0;
    int64_t next_us = (int64_t)now_us;
    for (uint32_t frame = 0; frame < 180000; frame++) {
        while (next_us <= (int64_t)now_us) {
            give_at((struct sent) {.sequence = n, .frame = n, .marker = n == 0, .kind = SPEECH},
                (uint64_t)next_us);
            n++;
            int64_t sent_us = (int64_t)n * VOICE_FRAME_US;
            next_us = 5000000 + sent_us + sent_us * drift_ppm / 1000000 + random_next(&seed) % 5000;
        }
        tick();
        if (frame > 500) {
            delay_min = STAT(delay_ms) < delay_min ? STAT(delay_ms) : delay_min;
            delay_max = STAT(delay_ms) > delay_max ? STAT(delay_ms) : delay_max;
            CHECK(signal_peak(speaker, FRAME) > 7000);
        }
    }
    FIGURE(drift_ppm > 0 ? "hour_slower_delay_min_ms" : "hour_faster_delay_min_ms", delay_min);
    FIGURE(drift_ppm > 0 ? "hour_slower_delay_max_ms" : "hour_faster_delay_max_ms", delay_max);
    CHECK(delay_min >= 10 && delay_max <= 65);
    CHECK_EQ(n_unknown + STAT(underruns) + STAT(rx_late) + STAT(rx_lost) + STAT(rx_overflow), 0);
    CHECK_EQ(STAT(rx_bursts), 1);
    // 720 ms in the hour, and what it takes to find the delay at the start.
    uint32_t less = STAT(compressed), more = STAT(stretched);
    int32_t won = drift_ppm > 0 ? (int32_t)(more - less) : (int32_t)(less - more);
    CHECK(won > 10000 && won < 13000);
    CHECK(less + more < 13000);
}

CASE(receive_an_hour_from_a_slower_clock) {
    hour(200);
}

CASE(receive_an_hour_from_a_faster_clock) {
    hour(-200);
}

// --- pauses and losses ------------------------------------------------------------------------

CASE(receive_pause_is_comfort_noise) {
    start(false);
    uint32_t sequence = 0;
    for (uint32_t n = 0; n < 200; n++) {
        bool speech = n < 50 || n >= 120;
        if (speech || n % 8 == 2) {
            give_at((struct sent) {.sequence = sequence++, .frame = n,
                                   .marker = n == 0 || n == 120, .kind = speech ? SPEECH : NOISE},
                now_us);
        }
        tick();
    }
    CHECK_EQ(STAT(decoded) + STAT(comfort_noise), 198);
    CHECK(STAT(comfort_noise) > 55);
    CHECK_EQ(STAT(concealed) + STAT(rx_lost) + STAT(underruns) + STAT(rx_late), 0);
    CHECK_EQ(STAT(rx_bursts), 1);
    CHECK_EQ(n_inits, 1);
    CHECK(voice_receive_heard_ssrc(&receive) == SSRC);
}

CASE(receive_marker_after_silence_is_a_fresh_decoder) {
    start(false);
    uint32_t sequence = 0;
    for (uint32_t n = 0; n < 200; n++) {
        if (n < 50 || n >= 120) {
            give_at((struct sent) {.sequence = sequence++, .frame = n,
                                   .marker = n == 0 || n == 120, .kind = SPEECH}, now_us);
        }
        tick();
        CHECK(n < 60 || n >= 122 || signal_peak(speaker, FRAME) == 0);
    }
    CHECK_EQ(STAT(rx_bursts), 2);
    CHECK_EQ(n_inits, 2);
    CHECK_EQ(STAT(concealed), 5);
}

CASE(receive_long_loss_fades_to_silence_and_goes_on) {
    start(false);
    for (uint32_t n = 0; n < 100; n++) {
        if (n < 50 || n >= 60) {
            give(n, SPEECH);
        }
        tick();
        // 50 would have played in frame 52.
        CHECK(n != 53 || signal_peak(speaker, FRAME) > 5000);
        CHECK(n < 57 || n >= 62 || signal_peak(speaker, FRAME) == 0);
        CHECK(n < 63 || signal_peak(speaker, FRAME) > 7000);
    }
    CHECK_EQ(STAT(concealed), 5);
    CHECK_EQ(STAT(rx_lost), 10);
    CHECK_EQ(STAT(rx_bursts), 1); // no fresh decoder: the talker's encoder went on
    CHECK_EQ(n_inits, 1);
    CHECK_EQ(STAT(underruns), 0);
}

CASE(receive_fec_where_announced) {
    for (int fec = 0; fec < 2; fec++) {
        start(fec);
        for (uint32_t n = 0; n < 400; n++) {
            // One lost, three lost; the packet after them repeats the one before, but some do not.
            if (n % 20 != 10 && n % 40 != 31 && n % 40 != 32) {
                give_at((struct sent) {.sequence = n, .frame = n, .marker = n == 0, .kind = SPEECH,
                                       .repeats = n % 60 != 11}, now_us);
            }
            tick();
        }
        CHECK_EQ(STAT(rx_lost), 20 + 20);
        CHECK_EQ(STAT(fec_recovered), fec ? 20 - 4 : 0);
        CHECK_EQ(STAT(fec_recovered), n_repeated);
        CHECK_EQ(n_repeat_asked, fec ? 20 : 0);
        CHECK_EQ(STAT(concealed), 40 - STAT(fec_recovered));
    }
}

CASE(receive_requested_bitrate_is_the_last_one) {
    start(false);
    CHECK_EQ(voice_receive_requested_bitrate(&receive), 0);
    const uint8_t asked[] = {12, 23, 0, 6};
    for (uint32_t n = 0; n < 4; n++) {
        give_at((struct sent) {.sequence = n, .frame = n, .kind = SPEECH, .cmr_kbps = asked[n]},
            now_us);
        CHECK_EQ(voice_receive_requested_bitrate(&receive), 1000u * asked[n]);
        tick();
    }
}

CASE(receive_payload_longer_than_a_slot_is_bad) {
    start(false);
    give_at((struct sent) {.kind = SPEECH, .n_padding = VOICE_PAYLOAD_MAX_BYTES - 4u}, now_us);
    CHECK_EQ(STAT(rx_bad), 1);
    give_at((struct sent) {.kind = SPEECH, .n_padding = VOICE_PAYLOAD_MAX_BYTES - 5u}, now_us);
    CHECK_EQ(STAT(rx_bad), 1);
    CHECK_EQ(voice_receive_heard_ssrc(&receive), SSRC);
}

// Timestamps without sense must not keep the talker's place for ever.
CASE(receive_wild_timestamps_let_go_of_the_talker) {
    uint32_t seed = 3;
    for (int round = 0; round < 300; round++) {
        start(false);
        for (uint32_t n = 0; n < 40; n++) {
            bool wild = random_next(&seed) % 4 == 0;
            give_at((struct sent) {.sequence = n, .frame = wild ? random_next(&seed) : n,
                                   .kind = random_next(&seed) % 5 == 0 ? NOISE : SPEECH}, now_us);
            tick();
        }
        unsigned n_held = 0;
        while (voice_receive_heard_ssrc(&receive) != 0) {
            tick();
            CHECK(++n_held < 400);
        }
    }
}

// --- with the codec itself --------------------------------------------------------------------

// AMR-WB with DTX: speech, two seconds of a quiet room, speech.
CASE(receive_amrwb_pause) {
    static int16_t said[200 * FRAME];
    static uint8_t encoder[8192] VOICE_ALIGNED, decoder[8192] VOICE_ALIGNED;
    const struct voice_codec *codec = voice_codec_find("amrwb");
    struct voice_config config = {.codec = codec, .payload_type = 96,
                                  .options = {.bitrate_bps = 12650, .dtx = true}};
    uint32_t seed = 11, n_sent = 0;
    signal_speech(said, 200 * FRAME);
    for (unsigned i = 50 * FRAME; i < 150 * FRAME; i++) {
        said[i] = (int16_t)(random_next(&seed) % 64) - 32;
    }
    CHECK(codec->encoder_bytes() <= sizeof(encoder) && codec->decoder_bytes() <= sizeof(decoder));
    CHECK(codec->encoder_init(encoder, &config.options));
    memset(&stats, 0, sizeof(stats));
    voice_receive_init(&receive, &stats, clock_us);
    CHECK(voice_receive_configure(&receive, &config, decoder));
    int quietest = INT16_MAX, loudest = 0;
    for (uint32_t n = 0; n < 200; n++) {
        struct voice_packet packet = {.arrival_us = now_us};
        struct voice_rtp rtp = {.marker = n == 0, .payload_type = 96, .ssrc = SSRC,
                                .sequence = (uint16_t)n_sent, .timestamp = n * 320u};
        int n_payload = codec->encode(encoder, said + n * FRAME,
            packet.bytes + VOICE_RTP_HEADER_BYTES, 62);
        CHECK(n_payload >= 0);
        if (n_payload > 0) {
            n_sent++;
            voice_rtp_write(packet.bytes, &rtp);
            packet.n_bytes = (uint16_t)(VOICE_RTP_HEADER_BYTES + (unsigned)n_payload);
            voice_receive_packet(&receive, &packet);
        }
        tick();
        int peak = signal_peak(speaker, FRAME);
        if (n >= 80 && n < 150) {
            quietest = peak < quietest ? peak : quietest;
            loudest = peak > loudest ? peak : loudest;
        }
    }
    FIGURE("amrwb_pause_packets_of_200", n_sent);
    FIGURE("amrwb_pause_noise_peak", loudest);
    CHECK(n_sent < 140);
    CHECK(STAT(comfort_noise) > 50);
    CHECK_EQ(STAT(concealed) + STAT(rx_lost) + STAT(underruns) + STAT(rx_late), 0);
    CHECK_EQ(STAT(rx_bursts), 1);
    CHECK(quietest > 0 && loudest < 200); // a room, not silence, and not the last word again
}
