// Python's side and the audio thread at the same time, under the thread sanitizer. Real codecs
// add nothing to what the two sides share, so a stub stands in and time is not of interest.
#include <pthread.h>
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
static bool init_encoder(void *encoder, uint32_t bitrate_bps) {
    memset(encoder, (int)bitrate_bps, 16);
    return true;
}
static bool init_decoder(void *decoder) {
    memset(decoder, 0, 16);
    return true;
}
static size_t encode(void *encoder, const int16_t *pcm, uint8_t *payload, size_t capacity) {
    (void)encoder;
    (void)capacity;
    memcpy(payload, pcm, 34);
    return 34;
}
static bool payload_ok(const uint8_t *payload, size_t n_bytes) {
    (void)payload;
    return n_bytes == 34;
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
    .decoder_init = init_decoder, .payload_ok = payload_ok, .decode = decode,
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
    struct voice_config config = {.codec = &stub, .bitrate_bps = 1, .payload_type = 96,
                                  .ssrc = 77};
    voice_engine_init(&engine, no_clock);
    CHECK_EQ(voice_engine_configure(&engine, &config), VOICE_OK);
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, audio, NULL), 0);
    uint64_t n_taken = 0, n_commands = 0;
    for (unsigned i = 0; n_taken < N_PACKETS; i++) {
        const struct voice_packet *packet = voice_engine_take(&engine);
        if (packet != NULL) {
            voice_engine_give(&engine, packet->bytes, packet->n_bytes);
            voice_engine_taken(&engine);
            n_taken++;
        }
        if (i % 16 == 0) {
            n_commands += voice_engine_talk(&engine, i % 64 != 0) == VOICE_OK;
            n_commands += voice_engine_listen(&engine, i % 3 ? 77 : 0) == VOICE_OK;
            n_commands += voice_engine_configure(&engine, &config) == VOICE_OK;
        }
        for (unsigned s = 0; s < VOICE_STAT_COUNT; s++) {
            voice_engine_stat(&engine, (enum voice_stat)s);
        }
        voice_engine_heard_ssrc(&engine);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    FIGURE("race_packets", n_taken);
    FIGURE("race_commands", n_commands);
    CHECK(n_commands > 100);
    CHECK(voice_engine_stat(&engine, VOICE_STAT_decoded) > 0);
}

// The thread sanitizer must see this one.
CASE(race_canary) {
    pthread_t thread;
    voice_engine_init(&engine, no_clock);
    CHECK_EQ(pthread_create(&thread, NULL, audio, NULL), 0);
    while (voice_engine_stat(&engine, VOICE_STAT_frames) < 100) {
    }
    for (int i = 0; i < 1000; i++) {
        engine.stats[VOICE_STAT_frames]++;
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    CHECK_EQ(pthread_join(thread, NULL), 0);
}
