#include "station.h"

#define SSRC 77u
#define SSRC_OTHER 78u
#define PAYLOAD_TYPE 96u
#define HEADER_BYTES 12u

struct voice_engine engine;
int64_t encode_us;

// What it has sent and nobody has looked at yet: more than the engine keeps.
#define SENT_MAX 128u
static struct voice_packet sent[SENT_MAX];
static unsigned n_sent, n_seen;

#define SOFT 4000
#define LOUD 12000

// Repeatable, never silent, and so high in pitch that the microphone's high-pass leaves it nearly as
// it is: plus and minus by turns, each pair loud or soft.
int16_t fake_world(int64_t sample) {
    uint32_t x = (uint32_t)(sample >> 1) * 2654435761u;
    x = (x ^ x >> 15) * 2246822519u;
    int16_t loudness = x >> 31 ? LOUD : SOFT;
    return sample & 1 ? loudness : (int16_t)-loudness;
}

// --- codec --------------------------------------------------------------------------------------

static size_t no_bytes(void) {
    return 16;
}
static bool any_bitrate(uint32_t bitrate_bps) {
    return bitrate_bps > 0;
}
static bool init_encoder(void *encoder, const struct voice_encoder_options *options) {
    (void)encoder;
    return options->bitrate_bps > 0;
}
static bool init_decoder(void *decoder) {
    (void)decoder;
    return true;
}
static int encode(void *encoder, const int16_t *pcm, uint8_t *payload, size_t capacity) {
    (void)encoder;
    CHECK(capacity >= 2 * KEPT);
    if (encode_us > 0) {
        int64_t us = encode_us;
        encode_us = 0;
        fake_work_us(us);
    }
    memcpy(payload, pcm, 2 * KEPT);
    return 2 * KEPT;
}
static enum voice_payload_kind payload_kind(const uint8_t *payload, size_t n_bytes) {
    (void)payload;
    return n_bytes == 2 * KEPT ? VOICE_PAYLOAD_SPEECH : VOICE_PAYLOAD_BAD;
}
static bool decode(void *decoder, const uint8_t *payload, size_t n_bytes, int16_t *pcm) {
    (void)decoder;
    memset(pcm, 0, FRAME * sizeof(pcm[0]));
    if (payload != NULL) {
        memcpy(pcm, payload, n_bytes);
    }
    return true;
}

static const struct voice_codec stub = {
    .name = "stub", .timestamp_step = 320, .encoder_bytes = no_bytes, .decoder_bytes = no_bytes,
    .bitrate_ok = any_bitrate, .encoder_init = init_encoder, .encode = encode,
    .decoder_init = init_decoder, .payload_kind = payload_kind, .decode = decode,
};

// --- station ------------------------------------------------------------------------------------

void station_open(void) {
    struct voice_config config = {.codec = &stub, .options = {.bitrate_bps = 1},
        .payload_type = PAYLOAD_TYPE,
                                  .ssrc = SSRC};
    n_sent = n_seen = 0;
    voice_engine_init(&engine, voice_io_now_us);
    CHECK_EQ(voice_engine_configure(&engine, &config), VOICE_OK);
    CHECK_EQ(voice_io_open(&engine, "i2s", true), 0);
}

void station_close(void) {
    voice_io_close();
    CHECK(!voice_io_is_open());
    CHECK_EQ(fake.n_channels, 0);
    CHECK_EQ(fake.n_tasks, 0);
    CHECK_EQ(fake.misuses, 0);
}

void station_talk(bool on) {
    CHECK_EQ(voice_engine_talk(&engine, on ? VOICE_TALK_ON : VOICE_TALK_OFF), VOICE_OK);
}

static void collect(void) {
    const struct voice_packet *packet;
    while ((packet = voice_engine_take(&engine)) != NULL) {
        CHECK(n_sent < SENT_MAX);
        sent[n_sent++] = *packet;
        voice_engine_taken(&engine);
    }
}

void run_frames(unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        fake_run_us(FRAME_US);
        collect();
    }
}

static const struct voice_packet *next_sent(void) {
    if (n_seen < n_sent) {
        return &sent[n_seen++];
    }
    n_seen = n_sent = 0;
    return NULL;
}

static void give_back(uint32_t ssrc) {
    const struct voice_packet *packet;
    while ((packet = next_sent()) != NULL) {
        uint8_t bytes[VOICE_PACKET_MAX_BYTES];
        memcpy(bytes, packet->bytes, packet->n_bytes);
        bytes[11] = (uint8_t)ssrc;
        CHECK(voice_engine_give(&engine, bytes, packet->n_bytes));
    }
}

void run_frames_to_itself(unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        run_frames(1);
        give_back(SSRC);
    }
}

// A stream that began with this station's own words of long ago.
void run_frames_with_other(unsigned n) {
    static uint16_t sequence;
    for (unsigned i = 0; i < n; i++) {
        uint8_t bytes[HEADER_BYTES + 2 * KEPT] = {0x80, PAYLOAD_TYPE};
        uint32_t timestamp = sequence * 320u;
        bytes[2] = (uint8_t)(sequence >> 8);
        bytes[3] = (uint8_t)sequence;
        for (unsigned b = 0; b < 4; b++) {
            bytes[4 + b] = (uint8_t)(timestamp >> (24 - 8 * b));
        }
        bytes[11] = SSRC_OTHER;
        for (int k = 0; k < KEPT; k++) {
            int16_t sample = fake_world(sequence * 320 + k);
            memcpy(bytes + HEADER_BYTES + 2 * k, &sample, sizeof(sample));
        }
        sequence++;
        CHECK(voice_engine_give(&engine, bytes, sizeof(bytes)));
        run_frames(1);
    }
}

uint32_t stat(enum voice_stat which) {
    return voice_engine_stat(&engine, which);
}

bool next_packet(int16_t samples[KEPT]) {
    const struct voice_packet *packet = next_sent();
    if (packet != NULL) {
        CHECK_EQ(packet->n_bytes, HEADER_BYTES + 2 * KEPT);
        memcpy(samples, packet->bytes + HEADER_BYTES, 2 * KEPT);
    }
    return packet != NULL;
}

bool is_world(const int16_t *samples, int64_t sample) {
    for (int i = 0; i < KEPT; i++) {
        if (abs(samples[i] - fake_world(sample + i)) > (LOUD - SOFT) / 4) {
            return false;
        }
    }
    return true;
}

bool is_silence(const struct fake_played *played) {
    for (unsigned i = 0; i < FRAME; i++) {
        if (played->samples[i] != 0) {
            return false;
        }
    }
    return true;
}
