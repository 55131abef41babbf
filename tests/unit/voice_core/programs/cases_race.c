// Python's side and the audio thread at the same time, under the thread sanitizer. Real codecs
// add nothing to what the two sides share, so a stub stands in and time is not of interest.
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "check.h"
#include "core/engine.h"
#include "core/payload_amr.h"

#define N_PACKETS 2000u

static size_t no_bytes(void) {
    return 16;
}
static bool any_bitrate(uint32_t bitrate_bps) {
    return bitrate_bps > 0;
}
static bool init_encoder(void *encoder, const struct voice_encoder_options *options) {
    memcpy(encoder, &options->bitrate_bps, sizeof(options->bitrate_bps));
    return true;
}
static bool init_decoder(void *decoder) {
    memset(decoder, 0, 16);
    return true;
}
static int encode(void *encoder, const int16_t *pcm, uint8_t *payload, size_t capacity) {
    (void)capacity;
    memcpy(payload, pcm, 34);
    memcpy(payload, encoder, sizeof(uint32_t)); // the bit rate
    return 34;
}
static enum voice_payload_kind payload_kind(const uint8_t *payload, size_t n_bytes) {
    (void)payload;
    return n_bytes == 34 ? VOICE_PAYLOAD_SPEECH : VOICE_PAYLOAD_BAD;
}
static bool decode(void *decoder, const uint8_t *payload, size_t n_bytes, int16_t *pcm) {
    (void)decoder;
    (void)n_bytes;
    memset(pcm, payload == NULL ? 0 : payload[0], VOICE_FRAME_SAMPLES * 2);
    return true;
}

static const struct voice_codec stub = {
    .name = "stub", .timestamp_step = 320, .encoder_bytes = no_bytes, .decoder_bytes = no_bytes,
    .bitrate_ok = any_bitrate, .encoder_init = init_encoder, .encode = encode,
    .decoder_init = init_decoder, .payload_kind = payload_kind, .decode = decode,
};

static struct voice_engine engine;
static bool stop;

static uint64_t no_clock(void) {
    return 0;
}

static void *audio(void *unused) {
    (void)unused;
    int16_t mic[VOICE_FRAME_SAMPLES] = {0};
    int16_t speaker[VOICE_FRAME_SAMPLES];
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        voice_engine_audio_tick(&engine, mic, speaker);
    }
    return NULL;
}

CASE(race_between_python_and_audio) {
    struct voice_config config = {.codec = &stub, .options.bitrate_bps = 1, .payload_type = 96,
                                  .ssrc = 77};
    voice_engine_init(&engine, no_clock);
    CHECK_EQ(voice_engine_configure(&engine, &config), VOICE_OK);
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, audio, NULL), 0);
    uint64_t n_taken = 0, n_wishes = 0, n_configures = 0;
    for (unsigned i = 0; n_taken < N_PACKETS; i++) {
        const struct voice_packet *packet = voice_engine_take(&engine);
        if (packet != NULL) {
            voice_engine_give(&engine, packet->bytes, packet->n_bytes);
            voice_engine_taken(&engine);
            n_taken++;
        }
        if (i % 16 == 0) {
            enum voice_talk talk = i % 64 != 0 ? VOICE_TALK_ON : VOICE_TALK_OFF;
            CHECK_EQ(voice_engine_talk(&engine, talk), VOICE_OK);
            voice_engine_listen(&engine, i % 3 ? 77 : 0);
            n_wishes += 2;
            n_configures += voice_engine_configure(&engine, &config) == VOICE_OK;
        }
        for (unsigned s = 0; s < VOICE_STAT_COUNT; s++) {
            voice_engine_stat(&engine, (enum voice_stat)s);
        }
        voice_engine_heard_ssrc(&engine);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    FIGURE("race_packets", n_taken);
    FIGURE("race_wishes", n_wishes);
    FIGURE("race_configures", n_configures);
    CHECK(n_wishes > 100 && n_configures > 10);
    CHECK(voice_engine_stat(&engine, VOICE_STAT_decoded) > 0);
}

// Every packet comes from one whole configuration, and never from one older than the packet before.
CASE(race_of_configurations) {
    struct voice_config config = {.codec = &stub, .payload_type = 96};
    voice_engine_init(&engine, no_clock);
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, audio, NULL), 0);
    uint64_t n_taken = 0;
    uint32_t newest = 0, n_seen = 0, n = 0;
    while (n_taken < N_PACKETS) {
        n++;
        config.options.bitrate_bps = n;
        config.ssrc = n * 2654435761u;
        config.payload_type = n % 128u;
        CHECK_EQ(voice_engine_talk(&engine, VOICE_TALK_OFF), VOICE_OK);
        CHECK_EQ(voice_engine_configure(&engine, &config), VOICE_OK);
        CHECK_EQ(voice_engine_talk(&engine, VOICE_TALK_ON), VOICE_OK);
        const struct voice_packet *packet;
        while (n_taken < N_PACKETS && (packet = voice_engine_take(&engine)) != NULL) {
            const uint8_t *bytes = packet->bytes;
            uint32_t ssrc = (uint32_t)bytes[8] << 24 | (uint32_t)bytes[9] << 16
                | (uint32_t)bytes[10] << 8 | bytes[11];
            uint32_t of;
            memcpy(&of, bytes + 12, sizeof(of));
            CHECK_EQ(ssrc, of * 2654435761u);
            CHECK_EQ(bytes[1] & 0x7f, of % 128u);
            CHECK(of >= newest && of <= n);
            n_seen += of != newest;
            newest = of;
            voice_engine_taken(&engine);
            n_taken++;
        }
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    FIGURE("race_configurations", n);
    FIGURE("race_configurations_seen", n_seen);
    CHECK(n_seen > 10);
}

static void wait_frames(uint32_t n_frames) {
    uint32_t start = voice_engine_stat(&engine, VOICE_STAT_frames);
    while (voice_engine_stat(&engine, VOICE_STAT_frames) - start < n_frames) {
        sched_yield();
    }
}

// Wishes as fast as they can be had: none fails, and the last of each round comes true.
CASE(race_ends_as_the_last_wish) {
    struct voice_config config = {.codec = &stub, .options.bitrate_bps = 1, .payload_type = 96,
                                  .ssrc = 77};
    voice_engine_init(&engine, no_clock);
    CHECK_EQ(voice_engine_configure(&engine, &config), VOICE_OK);
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, audio, NULL), 0);
    for (unsigned round = 0; round < 100; round++) {
        bool on = round % 2;
        for (unsigned i = 0; i < 1000; i++) {
            bool now = (i % 2 == 0) == on;
            CHECK_EQ(voice_engine_talk(&engine, now ? VOICE_TALK_ON : VOICE_TALK_OFF), VOICE_OK);
            voice_engine_listen(&engine, (int64_t)(i % 3) - 1);
        }
        CHECK_EQ(voice_engine_talk(&engine, on ? VOICE_TALK_ON : VOICE_TALK_OFF), VOICE_OK);
        voice_engine_listen(&engine, 1000 + round);
        wait_frames(3);
        for (unsigned p = 0; p < VOICE_RING_SLOTS && voice_engine_take(&engine) != NULL; p++) {
            voice_engine_taken(&engine);
        }
        wait_frames(3);
        CHECK_EQ(voice_engine_take(&engine) != NULL, on);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EQ(engine.receive.listen, 1099);
    CHECK_EQ(engine.send.talking, true);
    CHECK(voice_engine_stat(&engine, VOICE_STAT_tx_bursts) >= 50);
    FIGURE("race_bursts", voice_engine_stat(&engine, VOICE_STAT_tx_bursts));
}

// The thread sanitizer must see this one.
CASE(race_canary) {
    pthread_t thread;
    voice_engine_init(&engine, no_clock);
    CHECK_EQ(pthread_create(&thread, NULL, audio, NULL), 0);
    while (voice_engine_stat(&engine, VOICE_STAT_frames) < 100) {
    }
    for (int i = 0; i < 1000; i++) {
        engine.stats.values[VOICE_STAT_frames]++;
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    CHECK_EQ(pthread_join(thread, NULL), 0);
}
