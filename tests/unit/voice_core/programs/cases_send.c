// The way out: what leaves, when, in which order and under which numbers. A codec that writes down
// which frame it was given stands in for the real ones.
#include "check.h"
#include "core/rtp.h"
#include "core/send.h"
#include "sounds.h"
#include "stations.h"

#include <math.h>

#define FRAME VOICE_FRAME_SAMPLES
#define N_RECORDED (RECORDED_SAMPLES / FRAME)
#define STEP 320u
#define FIRST_SEQUENCE 65500u
#define FIRST_TIMESTAMP 0xffff0000u

// --- a codec that tells frames apart ----------------------------------------------------------

enum kind { SPEECH, NOISE, NOTHING, FAILURE };

static uint32_t frame_now;          // number of the frame that is being captured
static enum kind kinds[1000];       // what the codec makes of it, modulo their number
static int16_t encoded[FRAME];      // what it was given last
static struct voice_encoder_options encoder;

struct payload {
    uint8_t kind;
    uint32_t frame;
    uint32_t bitrate_bps;
};

static size_t no_bytes(void) {
    return 0;
}
static bool even_bitrate(uint32_t bitrate_bps) {
    return bitrate_bps > 0 && bitrate_bps % 2 == 0;
}
static bool init_encoder(void *memory, const struct voice_encoder_options *options) {
    (void)memory;
    encoder = *options;
    return true;
}
static bool set_bitrate(void *memory, uint32_t bitrate_bps) {
    (void)memory;
    encoder.bitrate_bps = bitrate_bps;
    return true;
}
static int encode(void *memory, const int16_t *pcm, uint8_t *payload, size_t capacity) {
    (void)memory;
    enum kind kind = kinds[frame_now % 1000];
    struct payload written = {(uint8_t)kind, frame_now, encoder.bitrate_bps};
    CHECK_EQ(capacity, VOICE_ENCODED_MAX_BYTES);
    memcpy(encoded, pcm, sizeof(encoded));
    memcpy(payload, &written, sizeof(written));
    return kind == NOTHING ? VOICE_ENCODE_NOTHING : kind == FAILURE ? VOICE_ENCODE_FAILED
        : (int)sizeof(written);
}
static enum voice_payload_kind payload_kind(const uint8_t *payload, size_t n_bytes) {
    CHECK_EQ(n_bytes, sizeof(struct payload));
    return payload[0] == NOISE ? VOICE_PAYLOAD_NOISE : VOICE_PAYLOAD_SPEECH;
}

static const struct voice_codec stub = {
    .name = "stub", .timestamp_step = STEP, .encoder_bytes = no_bytes, .decoder_bytes = no_bytes,
    .bitrate_ok = even_bitrate, .encoder_init = init_encoder, .encoder_set_bitrate = set_bitrate,
    .encode = encode, .payload_kind = payload_kind,
};

// --- the sender and its packets ---------------------------------------------------------------

static struct voice_ring ring;
static struct voice_stats stats;
static struct voice_send sender;

#define COUNT(name) voice_stats_get(&stats, VOICE_STAT_##name)

static uint64_t clock_us(void) {
    return frame_now * (uint64_t)VOICE_FRAME_US;
}

static void start_sender(bool agc) {
    struct voice_config config = {
        .codec = &stub, .options.bitrate_bps = 12650, .agc = agc, .payload_type = 96, .ssrc = 0x1111,
        .sequence = FIRST_SEQUENCE, .timestamp = FIRST_TIMESTAMP,
    };
    frame_now = 0;
    memset(kinds, 0, sizeof(kinds));
    memset(&stats, 0, sizeof(stats));
    voice_ring_init(&ring);
    voice_send_init(&sender, &ring, &stats, clock_us);
    CHECK(voice_send_configure(&sender, &config, NULL));
}

struct sent {
    struct voice_rtp rtp;
    struct payload payload;
};

// The next packet; false when there is none.
static bool take(struct sent *sent) {
    const struct voice_packet *packet = voice_ring_consume(&ring);
    const uint8_t *payload;
    size_t n_payload;
    if (packet == NULL) {
        return false;
    }
    CHECK(voice_rtp_read(packet->bytes, packet->n_bytes, &sent->rtp, &payload, &n_payload));
    CHECK_EQ(n_payload, sizeof(sent->payload));
    memcpy(&sent->payload, payload, sizeof(sent->payload));
    voice_ring_release(&ring);
    return true;
}

static void tick(const int16_t *mic) {
    int16_t pcm[FRAME] = {0};
    if (mic != NULL) {
        memcpy(pcm, mic, sizeof(pcm));
    }
    voice_send_tick(&sender, pcm);
    frame_now++;
}

static void check_next(uint32_t frame, bool marker, uint16_t sequence, uint32_t timestamp) {
    struct sent sent;
    CHECK(take(&sent));
    CHECK_EQ(sent.payload.frame, frame);
    CHECK_EQ(sent.rtp.marker, marker);
    CHECK_EQ(sent.rtp.sequence, (uint16_t)(FIRST_SEQUENCE + sequence));
    CHECK_EQ(sent.rtp.timestamp, FIRST_TIMESTAMP + timestamp * STEP);
}

static void check_no_more(void) {
    struct sent sent;
    CHECK(!take(&sent));
}

static int16_t vowel[FRAME * 50];

// A loud frame: speech to voice_vad for two seconds at least.
static const int16_t *loud(void) {
    if (vowel[100] == 0) {
        signal_vowel(vowel, FRAME * 50);
    }
    return vowel + frame_now % 50 * FRAME;
}

// --- a model ----------------------------------------------------------------------------------

// Against what must be true of every burst, whatever was said in it and whenever the floor came.
struct burst {
    uint32_t pressed, released, stopped; // frames; released may be stopped: never granted
    uint32_t n_sent;
    uint32_t last_frame;
    uint32_t last_timestamp;
    uint32_t caught_up; // frame in which the newest had left for the first time
};

static bool heard[100000]; // by number of the frame
static bool flagged[100000];
static uint16_t next_sequence;

static void take_all(struct burst *burst, uint32_t now) {
    struct sent sent;
    uint32_t n_taken = 0;
    while (take(&sent)) {
        uint32_t frame = sent.payload.frame;
        CHECK_EQ(sent.rtp.sequence, (uint16_t)(FIRST_SEQUENCE + next_sequence));
        next_sequence++;
        CHECK_EQ(sent.rtp.marker, burst->n_sent == 0);
        if (burst->n_sent == 0) {
            CHECK(frame >= burst->pressed);
            CHECK_EQ(sent.rtp.timestamp, FIRST_TIMESTAMP + frame * STEP);
        } else {
            CHECK(frame > burst->last_frame);
            CHECK_EQ(sent.rtp.timestamp, burst->last_timestamp + STEP);
        }
        CHECK(frame < burst->stopped);
        heard[frame] = true;
        burst->last_frame = frame;
        burst->last_timestamp = sent.rtp.timestamp;
        burst->n_sent++;
        n_taken++;
    }
    CHECK(now < burst->stopped ? n_taken <= 4 : n_taken <= VOICE_RING_SLOTS);
    if (burst->caught_up == 0 && burst->n_sent > 0 && burst->last_frame == now) {
        burst->caught_up = now;
    }
}

static void check_nothing_said_is_lost(const struct burst *burst) {
    uint32_t from = burst->released < burst->pressed + VOICE_BACKLOG_FRAMES ? burst->pressed
        : burst->released - VOICE_BACKLOG_FRAMES;
    // Let go of the key within 60 ms of the grant, and the ring takes only so much.
    bool cut = burst->n_sent >= VOICE_RING_SLOTS && burst->stopped < burst->released + 3;
    uint32_t to = cut ? burst->last_frame + 1 : burst->stopped;
    for (uint32_t f = from; f < to; f++) {
        bool speech_near = false;
        for (uint32_t next = f; next <= f + 2 && next < burst->stopped; next++) {
            speech_near = speech_near || flagged[next];
        }
        CHECK(heard[f] || !speech_near);
        CHECK(heard[f] || !signal_recorded_is_spoken(f % N_RECORDED));
    }
}

// One burst: pressed now, granted and released after so many frames.
static struct burst say(uint32_t n_held, uint32_t n_granted) {
    struct burst burst = {
        .pressed = frame_now, .released = frame_now + n_held,
        .stopped = frame_now + n_held + n_granted,
    };
    voice_send_start(&sender);
    while (frame_now < burst.stopped) {
        if (frame_now == burst.released) {
            voice_send_release(&sender);
        }
        uint32_t now = frame_now;
        tick(signal_recorded() + now % N_RECORDED * FRAME);
        flagged[now] = sender.vad.speech;
        if (now < burst.released) {
            check_no_more();
        } else {
            take_all(&burst, now);
        }
    }
    voice_send_stop(&sender);
    take_all(&burst, frame_now);
    return burst;
}

CASE(send_follows_model) {
    uint32_t seed = 21, n_bursts = 0, n_late = 0, latest = 0;
    start_sender(false);
    while (frame_now < 90000) {
        for (uint32_t n = random_next(&seed) % 60; n > 0; n--) {
            tick(signal_recorded() + frame_now % N_RECORDED * FRAME);
            check_no_more();
        }
        uint32_t n_granted = random_next(&seed) % 10 == 0 ? 0 : random_next(&seed) % 100;
        struct burst burst = say(random_next(&seed) % 41, n_granted);
        if (n_granted == 0) {
            CHECK_EQ(burst.n_sent, 0);
            continue;
        }
        check_nothing_said_is_lost(&burst);
        n_bursts++;
        if (burst.caught_up > 0) {
            uint32_t late = burst.caught_up - burst.released;
            latest = late > latest ? late : latest;
            n_late++;
        } else {
            CHECK(n_granted < 10);
        }
    }
    FIGURE("send_bursts", n_bursts);
    FIGURE("send_caught_up_within_ms", latest * 20);
    FIGURE("send_skipped", COUNT(tx_skipped));
    CHECK(n_bursts > 500 && n_late > 400);
    CHECK(latest <= 9); // 25 frames wait, 3 more leave than come
    CHECK_EQ(COUNT(tx_held_max), VOICE_BACKLOG_FRAMES);
    CHECK(COUNT(tx_skipped) > 1000 && COUNT(tx_dropped_held) > 100);
    CHECK_EQ(COUNT(tx_frames), next_sequence);
}

// --- hold and release -------------------------------------------------------------------------

CASE(hold_keeps_the_last_half_second) {
    start_sender(false);
    voice_send_start(&sender);
    for (int f = 0; f < 40; f++) {
        tick(loud());
        check_no_more();
    }
    CHECK_EQ(COUNT(tx_held_max), 25);
    CHECK_EQ(COUNT(tx_dropped_held), 15);
    voice_send_release(&sender);
    uint16_t sequence = 0;
    for (uint32_t due = 15, now = 40; now < 60; now++) {
        tick(loud());
        for (int p = 0; p < 4 && due <= now; p++, due++, sequence++) {
            check_next(due, due == 15, sequence, due);
        }
        check_no_more();
        CHECK(due == now + 1 || now < 48);
    }
}

CASE(silence_before_the_first_word_stays_out) {
    start_sender(false);
    voice_send_start(&sender);
    for (int f = 0; f < 10; f++) {
        tick(NULL);
    }
    for (int f = 0; f < 5; f++) {
        tick(loud());
    }
    voice_send_release(&sender);
    tick(loud());
    // Two frames of lead-in, under their own time.
    for (uint16_t p = 0; p < 4; p++) {
        check_next(8u + p, p == 0, p, 8u + p);
    }
    check_no_more();
    CHECK_EQ(COUNT(tx_skipped), 8);
}

CASE(silence_behind_the_first_word_shortens_the_stream) {
    start_sender(false);
    tick(NULL);
    voice_send_start(&sender);
    tick(loud()); // 1, whose echo in the high-pass is 2, then hang-over
    for (int f = 0; f < 22; f++) {
        tick(NULL);
    }
    tick(loud()); // 24
    voice_send_release(&sender);
    uint16_t sequence = 0;
    uint32_t expected = 1;
    for (int f = 0; f < 10; f++) {
        tick(loud());
        struct sent sent;
        while (take(&sent)) {
            expected = expected == 12 ? 22 : expected; // two frames of lead-in
            CHECK_EQ(sent.payload.frame, expected);
            CHECK_EQ(sent.rtp.sequence, (uint16_t)(FIRST_SEQUENCE + sequence));
            CHECK_EQ(sent.rtp.timestamp, FIRST_TIMESTAMP + (1 + sequence) * STEP);
            expected++;
            sequence++;
        }
    }
    CHECK_EQ(expected, frame_now);
    CHECK_EQ(COUNT(tx_skipped), 10);
    // The next burst's time is the clock's again.
    voice_send_start(&sender);
    voice_send_release(&sender);
    tick(loud());
    check_next(frame_now - 1, true, sequence, frame_now - 1);
}

CASE(the_noise_is_known_when_the_key_is_pressed) {
    static int16_t fan[200 * FRAME];
    signal_white(fan, 200 * FRAME, 300);
    start_sender(false);
    for (int f = 0; f < 150; f++) {
        tick(fan + f * FRAME);
    }
    voice_send_start(&sender);
    for (int f = 150; f < 170; f++) {
        tick(fan + f * FRAME);
    }
    voice_send_release(&sender);
    tick(fan + 170 * FRAME);
    for (uint16_t p = 0; p < 3; p++) {
        check_next(168u + p, p == 0, p, 168u + p);
    }
    check_no_more();
}

CASE(what_is_said_before_the_key_is_let_go_leaves) {
    start_sender(false);
    voice_send_start(&sender);
    for (int f = 0; f < 12; f++) {
        tick(loud());
    }
    voice_send_release(&sender);
    tick(loud());
    voice_send_stop(&sender);
    for (uint16_t p = 0; p < 13; p++) {
        check_next(p, p == 0, p, p);
    }
    tick(loud());
    check_no_more();
    // As far as the ring takes it.
    voice_send_start(&sender);
    for (int f = 0; f < 25; f++) {
        tick(loud());
    }
    voice_send_release(&sender);
    voice_send_stop(&sender);
    CHECK_EQ(COUNT(tx_ring_full), 25 - VOICE_RING_SLOTS);
    CHECK_EQ(COUNT(tx_frames), 13 + VOICE_RING_SLOTS);
}

CASE(what_was_never_granted_is_forgotten) {
    start_sender(false);
    for (int burst = 0; burst < 2; burst++) {
        voice_send_start(&sender);
        for (int f = 0; f < 12; f++) {
            tick(loud());
        }
        voice_send_stop(&sender);
    }
    voice_send_start(&sender);
    voice_send_release(&sender);
    tick(loud());
    check_next(24, true, 0, 24);
    check_no_more();
}

CASE(a_slow_taker_loses_nothing_for_a_while) {
    start_sender(false);
    voice_send_start(&sender);
    voice_send_release(&sender);
    for (unsigned f = 0; f < VOICE_RING_SLOTS + VOICE_BACKLOG_FRAMES; f++) {
        tick(loud());
    }
    CHECK_EQ(COUNT(tx_ring_full), 0);
    tick(loud());
    tick(loud());
    CHECK_EQ(COUNT(tx_ring_full), 2);
    // The two that were lost are missing in the numbers as well.
    uint16_t number = 0;
    for (unsigned f = 0; f < 20; f++) {
        struct sent sent;
        while (take(&sent)) {
            number = number == VOICE_RING_SLOTS ? number + 2 : number;
            CHECK_EQ(sent.payload.frame, number);
            CHECK_EQ(sent.rtp.sequence, (uint16_t)(FIRST_SEQUENCE + number));
            CHECK_EQ(sent.rtp.timestamp, FIRST_TIMESTAMP + number * STEP);
            number++;
        }
        tick(loud());
    }
    CHECK_EQ(number, frame_now - 1);
}

// --- discontinuous transmission ---------------------------------------------------------------

static void plan(const char *letters) {
    for (size_t i = 0; letters[i] != 0; i++) {
        kinds[i] = letters[i] == 'S' ? SPEECH : letters[i] == 'n' ? NOISE
            : letters[i] == '!' ? FAILURE : NOTHING;
    }
}

CASE(pauses_take_time_and_no_number) {
    start_sender(false);
    plan("SSn..n..SS.S");
    voice_send_start(&sender);
    voice_send_release(&sender);
    const uint32_t frames[] = {0, 1, 2, 5, 8, 9, 11};
    const bool markers[] = {true, false, false, false, true, false, true};
    for (int f = 0; f < 12; f++) {
        tick(loud());
    }
    for (uint16_t p = 0; p < 7; p++) {
        check_next(frames[p], markers[p], p, frames[p]);
    }
    check_no_more();
    CHECK_EQ(COUNT(tx_failed), 0);
}

CASE(a_burst_that_begins_with_a_pause_has_its_marker) {
    start_sender(false);
    plan(".nS");
    voice_send_start(&sender);
    voice_send_release(&sender);
    for (int f = 0; f < 3; f++) {
        tick(loud());
    }
    check_next(1, true, 0, 1);
    check_next(2, true, 1, 2);
    check_no_more();
}

CASE(pauses_in_the_backlog_shorten_the_stream) {
    start_sender(false);
    plan(".n....SSSn....SSSSSSSSSSS");
    voice_send_start(&sender);
    for (int f = 0; f < 16; f++) {
        tick(loud());
    }
    voice_send_release(&sender);
    for (int f = 0; f < 6; f++) {
        tick(loud());
    }
    // The comfort noise before the first word is of no use to anyone but as lead-in; that in the
    // middle tells the decoder of the pause.
    const uint32_t frames[] = {1, 6, 7, 8, 9, 14, 15, 16, 17, 18, 19, 20, 21};
    struct sent sent;
    uint32_t timestamp = 0;
    for (size_t p = 0; p < sizeof(frames) / sizeof(frames[0]); p++) {
        CHECK(take(&sent));
        CHECK_EQ(sent.payload.frame, frames[p]);
        CHECK_EQ(sent.rtp.marker, p <= 1 || frames[p] == 14);
        CHECK(p == 0 || sent.rtp.timestamp == timestamp + STEP);
        timestamp = sent.rtp.timestamp;
    }
    check_no_more();
    // Never ahead of the clock.
    CHECK((int32_t)(timestamp - (FIRST_TIMESTAMP + 21 * STEP)) <= 0);
}

CASE(a_frame_the_encoder_refuses_is_counted) {
    start_sender(false);
    plan("SS!SS");
    voice_send_start(&sender);
    voice_send_release(&sender);
    for (int f = 0; f < 5; f++) {
        tick(loud());
    }
    check_next(0, true, 0, 0);
    check_next(1, false, 1, 1);
    check_next(3, false, 2, 3);
    check_next(4, false, 3, 4);
    CHECK_EQ(COUNT(tx_failed), 1);
}

CASE(frames_the_device_skips_are_time) {
    start_sender(false);
    voice_send_start(&sender);
    tick(loud());
    voice_send_skip(&sender); // held: the stream begins later instead
    frame_now++;
    tick(loud());
    voice_send_release(&sender);
    tick(loud());
    check_next(0, true, 0, 1);
    check_next(2, false, 1, 2);
    check_next(3, false, 2, 3);
    voice_send_skip(&sender);
    frame_now++;
    tick(loud());
    check_next(5, false, 3, 5);
    check_no_more();
}

// --- bit rate ---------------------------------------------------------------------------------

static uint32_t bitrate_of_next(void) {
    struct sent sent;
    tick(loud());
    CHECK(take(&sent));
    return sent.payload.bitrate_bps;
}

CASE(bit_rate_changes_with_the_next_frame) {
    start_sender(false);
    voice_send_start(&sender);
    voice_send_release(&sender);
    CHECK_EQ(bitrate_of_next(), 12650);
    CHECK(voice_send_set_bitrate(&sender, 6600));
    CHECK_EQ(bitrate_of_next(), 6600);
    CHECK(!voice_send_set_bitrate(&sender, 6601)); // no such rate
    CHECK(!voice_send_set_bitrate(&sender, 0));
    CHECK(voice_send_set_bitrate(&sender, 6600)); // nothing new
    CHECK_EQ(bitrate_of_next(), 6600);
    CHECK_EQ(COUNT(tx_mode_changes), 1);
    // Stays in the next burst, in which the encoder is a fresh one.
    voice_send_start(&sender);
    voice_send_release(&sender);
    CHECK_EQ(bitrate_of_next(), 6600);
}

CASE(requests_are_followed_where_that_is_wanted) {
    start_sender(false);
    voice_send_start(&sender);
    voice_send_release(&sender);
    voice_send_follow_request(&sender, 8850);
    CHECK_EQ(bitrate_of_next(), 12650);
    sender.config.follow_requests = true;
    voice_send_follow_request(&sender, 8850);
    CHECK_EQ(bitrate_of_next(), 8850);
    voice_send_follow_request(&sender, 0);
    voice_send_follow_request(&sender, 8851);
    CHECK_EQ(bitrate_of_next(), 8850);
    CHECK_EQ(COUNT(tx_mode_changes), 1);
}

// --- protection -------------------------------------------------------------------------------

static unsigned n_protected;

// Numbers of its own, four bytes more, and every fifth packet fails.
static size_t protect(void *context, uint8_t *packet, size_t n_bytes, size_t capacity_bytes) {
    uint16_t *sequence = context;
    CHECK_EQ(capacity_bytes, VOICE_PACKET_MAX_BYTES);
    CHECK_EQ(n_bytes, VOICE_RTP_HEADER_BYTES + sizeof(struct payload));
    packet[2] = (uint8_t)(*sequence >> 8);
    packet[3] = (uint8_t)*sequence;
    memcpy(packet + n_bytes, "seal", 4);
    n_protected++;
    if (n_protected % 5 == 0) {
        return 0;
    }
    ++*sequence;
    return n_bytes + 4;
}

CASE(packets_leave_protected_or_not_at_all) {
    uint16_t sequence = 777;
    start_sender(false);
    voice_send_protect_with(&sender, protect, &sequence);
    voice_send_start(&sender);
    voice_send_release(&sender);
    for (uint32_t f = 0; f < 10; f++) {
        tick(loud());
        const struct voice_packet *packet = voice_ring_consume(&ring);
        CHECK_EQ(packet == NULL, f % 5 == 4);
        if (packet != NULL) {
            CHECK_EQ(packet->n_bytes, VOICE_RTP_HEADER_BYTES + sizeof(struct payload) + 4);
            CHECK(memcmp(packet->bytes + packet->n_bytes - 4, "seal", 4) == 0);
            CHECK_EQ(packet->bytes[2] << 8 | packet->bytes[3], 777 + f - f / 5);
            voice_ring_release(&ring);
        }
    }
    CHECK_EQ(COUNT(tx_protect_failed), 2);
    CHECK_EQ(COUNT(tx_frames), 8);
    voice_send_protect_with(&sender, NULL, NULL);
    tick(loud());
    check_next(10, false, 10, 10);
}

// --- sound ------------------------------------------------------------------------------------

CASE(the_encoder_gets_the_microphone_without_its_rumble) {
    static int16_t mic[100 * FRAME];
    for (int agc = 0; agc < 2; agc++) {
        struct voice_highpass highpass;
        voice_highpass_init(&highpass);
        start_sender(agc);
        // A whisper beneath a strong offset.
        for (size_t i = 0; i < 100 * FRAME; i++) {
            mic[i] = (int16_t)(4000 + signal_recorded()[32000 + i] / 8);
        }
        voice_send_start(&sender);
        voice_send_release(&sender);
        double loudness = 0;
        for (size_t f = 0; f < 100; f++) {
            int16_t expected[FRAME];
            voice_highpass_tick(&highpass, mic + f * FRAME, expected);
            tick(mic + f * FRAME);
            CHECK((memcmp(expected, encoded, sizeof(encoded)) == 0) || (agc && f > 0));
            loudness = f < 50 ? 0 : fmax(loudness, signal_rms(encoded, FRAME) / signal_rms(expected, FRAME));
            while (voice_ring_consume(&ring) != NULL) {
                voice_ring_release(&ring);
            }
        }
        CHECK(agc ? loudness > 2.0 : loudness == 1.0);
    }
}

// --- with real codecs -------------------------------------------------------------------------

static uint8_t decoder[24000] VOICE_ALIGNED;

// Takes what a station sends and decodes it behind what was decoded before. Returns the number of
// packets.
static size_t decode_all(struct station *station, const struct voice_codec *codec, int16_t *pcm,
    uint32_t *first_timestamp) {
    uint8_t packet[VOICE_PACKET_MAX_BYTES];
    size_t n_packets = 0, n_bytes;
    while ((n_bytes = station_take(station, packet)) > 0) {
        struct voice_rtp rtp;
        const uint8_t *payload;
        size_t n_payload;
        CHECK(voice_rtp_read(packet, n_bytes, &rtp, &payload, &n_payload));
        *first_timestamp = rtp.marker ? rtp.timestamp : *first_timestamp;
        CHECK(codec->decode(decoder, payload, n_payload, pcm + n_packets * FRAME));
        n_packets++;
    }
    return n_packets;
}

CASE(the_first_syllable_is_sent) {
    static struct station a;
    static int16_t decoded[100 * FRAME];
    const int16_t *said = signal_recorded() + 32000 - 4 * FRAME; // a phrase begins in frame 4
    for (size_t c = 0; voice_codecs[c] != NULL; c++) {
        const struct voice_codec *codec = voice_codecs[c];
        CHECK(codec->decoder_bytes() <= sizeof(decoder));
        CHECK(codec->decoder_init(decoder));
        station_start(&a, codec, RATE(codec), 0x1111, 1, 0);
        CHECK_EQ(voice_engine_talk(&a.engine, VOICE_TALK_HOLD), VOICE_OK);
        uint32_t first_timestamp = UINT32_MAX;
        size_t n_packets = 0;
        for (size_t f = 0; f < 80; f++) {
            if (f == 15) { // granted after 300 ms
                CHECK_EQ(n_packets, 0);
                CHECK_EQ(voice_engine_talk(&a.engine, VOICE_TALK_ON), VOICE_OK);
            }
            station_tick(&a, said + f * FRAME);
            n_packets += decode_all(&a, codec, decoded + n_packets * FRAME, &first_timestamp);
        }
        size_t first = first_timestamp / codec->timestamp_step;
        CHECK(first <= 3);
        CHECK_EQ(first + n_packets, 80);
        size_t lag = signal_best_lag(said + first * FRAME, decoded, 15 * FRAME, 0, 250);
        int likeness = signal_correlation_permille(said + first * FRAME, decoded, 15 * FRAME, lag);
        char label[64];
        snprintf(label, sizeof(label), "first_syllable_%s_likeness_permille", codec->name);
        FIGURE(label, likeness);
        // Narrow band is another waveform.
        CHECK(likeness > (codec->timestamp_step == 160 ? 600 : 750));
    }
}

CASE(amrwb_is_silent_in_pauses) {
    static struct station a;
    struct voice_config config = {
        .codec = voice_codec_find("amrwb"), .options = {.bitrate_bps = 12650, .dtx = true},
        .payload_type = 96, .ssrc = 0x1111,
    };
    voice_engine_init(&a.engine, test_clock_us);
    CHECK_EQ(voice_engine_configure(&a.engine, &config), VOICE_OK);
    CHECK_EQ(voice_engine_talk(&a.engine, VOICE_TALK_ON), VOICE_OK);
    const int16_t *said = signal_recorded();
    unsigned n_pause = 0, n_pause_sent = 0, n_markers = 0;
    for (size_t f = 0; f < 1500; f++) {
        uint8_t packet[VOICE_PACKET_MAX_BYTES];
        station_tick(&a, said + f * FRAME);
        bool sent = station_take(&a, packet) > 0;
        n_markers += sent && packet[1] >> 7;
        bool pause = f >= 40 && signal_peak(said + (f - 40) * FRAME, 41 * FRAME) == 0;
        n_pause += pause;
        n_pause_sent += pause && sent;
    }
    FIGURE("amrwb_dtx_pause_frames", n_pause);
    FIGURE("amrwb_dtx_pause_sent", n_pause_sent);
    FIGURE("amrwb_dtx_markers", n_markers);
    CHECK(n_pause > 150);
    CHECK(n_pause_sent <= n_pause / 7); // comfort noise every eighth frame
    CHECK(n_markers >= 3 && n_markers < 100);
}
