// Hostile packets: random bytes, and good packets with bytes changed, cut and extended.
#include "check.h"
#include "sounds.h"
#include "stations.h"

#define N_GOOD 200u

static struct station a, b;
static uint8_t good[N_GOOD][VOICE_PACKET_MAX_BYTES];
static size_t lengths[N_GOOD];

static void record(const struct voice_codec *codec, uint32_t bitrate_bps) {
    static int16_t said[N_GOOD * VOICE_FRAME_SAMPLES];
    signal_speech(said, N_GOOD * VOICE_FRAME_SAMPLES);
    station_start(&a, codec, bitrate_bps, 1, 1, 1);
    CHECK_EQ(voice_engine_talk(&a.engine, VOICE_TALK_ON), VOICE_OK);
    for (size_t p = 0; p < N_GOOD; p++) {
        station_tick(&a, said + p * VOICE_FRAME_SAMPLES);
        lengths[p] = station_take(&a, good[p]);
    }
}

static size_t random_packet(uint8_t *packet, uint32_t *seed) {
    size_t n_bytes = random_next(seed) % 300;
    for (size_t i = 0; i < n_bytes; i++) {
        packet[i] = (uint8_t)random_next(seed);
    }
    if (n_bytes > 1) {
        packet[0] = (uint8_t)(0x80 | (packet[0] & 0x3f));
        packet[1] = (uint8_t)(96 | (packet[1] & 0x81));
    }
    return n_bytes;
}

static size_t mutated_packet(uint8_t *packet, uint32_t *seed, unsigned p) {
    size_t n_bytes = lengths[p % N_GOOD];
    memcpy(packet, good[p % N_GOOD], n_bytes);
    if (random_next(seed) % 4 == 0) { // headers: sequence number, timestamp, SSRC
        packet[2 + random_next(seed) % 10] ^= (uint8_t)(1u << random_next(seed) % 8);
    }
    for (unsigned n = random_next(seed) % 4; n > 0; n--) { // payload: any byte, frame type too
        packet[12 + random_next(seed) % (n_bytes - 12)] = (uint8_t)random_next(seed);
    }
    switch (random_next(seed) % 10) {
        case 0:
            return random_next(seed) % (n_bytes + 1);
        case 1:
            return n_bytes + random_next(seed) % 30;
        case 2: // any frame type with the length that belongs to it
            packet[13] = (uint8_t)(random_next(seed) & 0x7c);
            return 14 + random_next(seed) % 62;
        default:
            return n_bytes;
    }
}

// A wall of packets, a frame of audio after every few: every byte the decoders can be given.
static void fuzz(const struct voice_codec *codec, uint32_t bitrate_bps, unsigned n_packets,
    uint32_t seed) {
    record(codec, bitrate_bps);
    station_start(&b, codec, bitrate_bps, 2, 2, 2);
    for (unsigned p = 0; p < n_packets; p++) {
        uint8_t packet[512] = {0};
        size_t n_bytes = random_next(&seed) % 3 == 0 ? random_packet(packet, &seed)
            : mutated_packet(packet, &seed, p);
        // On the heap in its exact size: reading past its end is seen.
        uint8_t *exact = malloc(n_bytes == 0 ? 1 : n_bytes);
        memcpy(exact, packet, n_bytes);
        CHECK(voice_engine_give(&b.engine, exact, n_bytes));
        free(exact);
        if (p % 4 == 0) {
            station_tick(&b, NULL);
        }
    }
    CHECK_EQ(STAT(&b, rx_ring_full), 0);
    // Still alive: a good burst is heard.
    voice_engine_listen(&b.engine, 1);
    uint32_t decoded = 0;
    for (unsigned p = 0; p < 60; p++) {
        CHECK(voice_engine_give(&b.engine, good[p], lengths[p]));
        station_tick(&b, NULL);
        decoded = p == 0 ? STAT(&b, decoded) : decoded;
    }
    CHECK(STAT(&b, decoded) >= decoded + 40);
    char label[64];
    snprintf(label, sizeof(label), "fuzz_%s_%u_decoded", codec->name, (unsigned)bitrate_bps);
    FIGURE(label, STAT(&b, decoded));
    snprintf(label, sizeof(label), "fuzz_%s_%u_bad", codec->name, (unsigned)bitrate_bps);
    FIGURE(label, STAT(&b, rx_bad));
}

CASE(fuzz_amrwb) {
    const struct voice_codec *amrwb = voice_codec_find("amrwb");
    fuzz(amrwb, 12650, 50000, 11);
    fuzz(amrwb, 6600, 30000, 12);
    fuzz(amrwb, 23850, 30000, 13);
}

CASE(fuzz_amrnb) {
    const struct voice_codec *amrnb = voice_codec_find("amrnb");
    fuzz(amrnb, 12200, 50000, 31);
    fuzz(amrnb, 4750, 30000, 32);
    fuzz(amrnb, 7950, 30000, 33);
}

CASE(fuzz_opus) {
    const struct voice_codec *opus = voice_codec_find("opus");
    fuzz(opus, 16000, 60000, 21);
    fuzz(opus, 6000, 40000, 22);
}
