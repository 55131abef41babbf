// The board's codecs on the fake chip, as built by the module's CMake files: a word said and heard.
#include "check.h"
#include "core/engine.h"
#include "fake_idf.h"
#include "io.h"

#include "board_facts.h"

static struct voice_engine engine;

// A tone of 500 Hz that comes and goes.
int16_t fake_world(int64_t sample) {
    int phase = (int)(sample % 32);
    int value = (phase < 16 ? phase - 8 : 24 - phase) * 1000;
    return (int16_t)(sample / 4000 % 2 ? value : value / 8);
}

// The loudest sample of the last n frames.
static int loudest(unsigned n) {
    int loudest = 0;
    for (unsigned f = fake.n_played - n; f < fake.n_played; f++) {
        for (unsigned i = 0; i < FAKE_FRAME_SAMPLES; i++) {
            int height = abs(fake.played[f].samples[i]);
            loudest = height > loudest ? height : loudest;
        }
    }
    return loudest;
}

static void talk_to_itself(const char *codec, uint32_t bitrate_bps) {
    struct voice_config config = {.codec = voice_codec_find(codec), .options.bitrate_bps = bitrate_bps,
                                  .payload_type = 96, .ssrc = 77};
    voice_engine_init(&engine, voice_io_now_us);
    CHECK_EQ(voice_engine_configure(&engine, &config), VOICE_OK);
    CHECK_EQ(voice_engine_talk(&engine, VOICE_TALK_ON), VOICE_OK);
    CHECK_EQ(voice_io_open(&engine, "i2s", true), 0);
    for (unsigned i = 0; i < 50; i++) {
        fake_run_us(VOICE_FRAME_US);
        const struct voice_packet *packet = voice_engine_take(&engine);
        if (packet != NULL) {
            CHECK(voice_engine_give(&engine, packet->bytes, packet->n_bytes));
            voice_engine_taken(&engine);
        }
    }
    CHECK(voice_engine_stat(&engine, VOICE_STAT_tx_frames) >= 48);
    CHECK(voice_engine_stat(&engine, VOICE_STAT_decoded) >= 45);
    voice_io_close();
    CHECK_EQ(fake.n_channels + fake.n_tasks + fake.misuses, 0);
    if (!HANDSET_AUDIO_HALF_DUPLEX) {
        CHECK(loudest(20) > 5000 && loudest(20) < 12000);
    }
}

CASE(circuit_with_amrwb) {
    talk_to_itself("amrwb", 12650);
}

CASE(circuit_with_opus) {
#ifdef HANDSET_CODEC_OPUS
    talk_to_itself("opus", 16000);
#else
    CHECK(voice_codec_find("opus") == NULL);
#endif
}

CASE(circuit_with_amrnb) {
#ifdef HANDSET_CODEC_AMRNB
    talk_to_itself("amrnb", 12200);
#else
    CHECK(voice_codec_find("amrnb") == NULL);
#endif
}
