// Plays a recording through AMR-NB behind our table and through the library as released, side by side:
// the same packets, the same samples, also where packets are lost and damaged on the way.
//
//   amrnb_speech RECORDING BITRATE_BPS DTX      raw samples, 16 kHz, 16 bits; DTX 0 or 1
//
// Ends with 0 and how many frames were speech, noise and nothing; with 1 at the first difference.
#include "amrnb_released.h"
#include "check.h"
#include "core/codec.h"
#include "core/resample.h"

#define MEMORY_BYTES 8192

static uint8_t encoder[MEMORY_BYTES] VOICE_ALIGNED, decoder[MEMORY_BYTES] VOICE_ALIGNED;
static const struct voice_codec *codec;
static struct voice_downsample downsample;
static struct voice_upsample upsample;
static void *released_encoder, *released_decoder;
static unsigned n_speech, n_noise, n_nothing;

static unsigned mode_of(uint32_t bitrate_bps) {
    static const uint32_t rates_bps[AMRNB_MODES] = {4750, 5150, 5900, 6700, 7400, 7950, 10200, 12200};
    for (unsigned mode = 0; mode < AMRNB_MODES; mode++) {
        if (rates_bps[mode] == bitrate_bps) {
            return mode;
        }
    }
    printf("%u bit/s is no rate of AMR-NB\n", (unsigned)bitrate_bps);
    exit(2);
}

// Returns the payload's length; 0: nothing to send.
static size_t encode(const int16_t pcm[VOICE_FRAME_SAMPLES], unsigned mode, uint8_t payload[64]) {
    int16_t low[AMRNB_SAMPLES];
    uint8_t stored[64];
    int n = codec->encode(encoder, pcm, payload, 64);
    voice_downsample(&downsample, pcm, low);
    size_t n_stored = released_encode(released_encoder, mode, low, stored);
    if (n == VOICE_ENCODE_NOTHING) {
        CHECK_EQ(stored[0] >> 3 & 15, 15);
        n_nothing++;
        return 0;
    }
    CHECK_EQ(n, n_stored + 1);
    CHECK(memcmp(payload + 1, stored, n_stored) == 0);
    bool noise = codec->payload_kind(payload, (size_t)n) == VOICE_PAYLOAD_NOISE;
    n_noise += noise;
    n_speech += !noise;
    return (size_t)n;
}

static void decode(const uint8_t *payload, size_t n_bytes, bool marked_bad) {
    int16_t ours[VOICE_FRAME_SAMPLES], theirs[VOICE_FRAME_SAMPLES], low[AMRNB_SAMPLES];
    CHECK(codec->decode(decoder, payload, n_bytes, ours));
    if (marked_bad) {
        released_decode_bad(released_decoder, payload + 1, low);
    } else {
        released_decode(released_decoder, payload == NULL ? NULL : payload + 1, low);
    }
    voice_upsample(&upsample, low, theirs);
    CHECK(memcmp(ours, theirs, sizeof(ours)) == 0);
}

// Of a hundred packets five are lost, five have wrong bits that nobody noticed, five are marked bad.
static void receive(uint8_t payload[64], size_t n_bytes, uint32_t *seed) {
    uint32_t chance = random_next(seed) % 100;
    bool lost = n_bytes == 0 || chance < 5;
    bool marked_bad = !lost && chance < 10;
    if (!lost && chance < 15) {
        payload[2 + random_next(seed) % (n_bytes - 2)] ^= (uint8_t)random_next(seed);
    }
    if (marked_bad) {
        payload[1] &= (uint8_t)~4u;
    }
    decode(lost ? NULL : payload, lost ? 0 : n_bytes, marked_bad);
}

int main(int argc, char **argv) {
    CHECK_EQ(argc, 4);
    FILE *recording = fopen(argv[1], "rb");
    CHECK(recording != NULL);
    struct voice_encoder_options options = {.bitrate_bps = (uint32_t)atoi(argv[2]),
                                            .dtx = atoi(argv[3]) != 0};
    unsigned mode = mode_of(options.bitrate_bps);
    codec = voice_codec_find("amrnb");
    CHECK(codec->encoder_bytes() <= MEMORY_BYTES && codec->decoder_bytes() <= MEMORY_BYTES);
    CHECK(codec->encoder_init(encoder, &options) && codec->decoder_init(decoder));
    released_encoder = released_encoder_new(options.dtx);
    released_decoder = released_decoder_new();
    uint32_t seed = 1 + mode;
    int16_t pcm[VOICE_FRAME_SAMPLES];
    uint8_t payload[64];
    while (fread(pcm, sizeof(pcm), 1, recording) == 1) {
        receive(payload, encode(pcm, mode, payload), &seed);
    }
    fclose(recording);
    released_encoder_free(released_encoder);
    released_decoder_free(released_decoder);
    printf("%u %u %u\n", n_speech, n_noise, n_nothing);
    return 0;
}
