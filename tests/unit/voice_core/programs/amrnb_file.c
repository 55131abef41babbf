// AMR-NB behind our table on files, for other programs to read and to write.
//
//   amrnb_file encode BITRATE_BPS RAW AMR      raw samples, 16 kHz, 16 bits
//   amrnb_file decode AMR RAW
//
// AMR is the storage format of RFC 4867 clause 5: "#!AMR\n", then a table-of-contents octet and the
// speech bits of each frame.
#include "check.h"
#include "core/codec.h"
#include "core/payload_amr.h"

#define MAGIC "#!AMR\n"
#define MAGIC_BYTES (sizeof(MAGIC) - 1)

static uint8_t state[8192] VOICE_ALIGNED;

static void encode(const struct voice_codec *codec, uint32_t bitrate_bps, FILE *raw, FILE *amr) {
    struct voice_encoder_options options = {.bitrate_bps = bitrate_bps};
    int16_t pcm[VOICE_FRAME_SAMPLES];
    uint8_t payload[64];
    CHECK(codec->encoder_init(state, &options));
    CHECK_EQ(fwrite(MAGIC, 1, MAGIC_BYTES, amr), MAGIC_BYTES);
    while (fread(pcm, sizeof(pcm), 1, raw) == 1) {
        int n = codec->encode(state, pcm, payload, sizeof(payload));
        CHECK(n > 1);
        CHECK_EQ(fwrite(payload + 1, (size_t)n - 1, 1, amr), 1);
    }
}

static void decode(const struct voice_codec *codec, FILE *amr, FILE *raw) {
    char magic[MAGIC_BYTES];
    uint8_t payload[64] = {VOICE_AMR_CMR_NONE << 4};
    int16_t pcm[VOICE_FRAME_SAMPLES];
    CHECK(codec->decoder_init(state));
    CHECK_EQ(fread(magic, 1, MAGIC_BYTES, amr), MAGIC_BYTES);
    CHECK(memcmp(magic, MAGIC, MAGIC_BYTES) == 0);
    while (fread(payload + 1, 1, 1, amr) == 1) {
        int n_speech = voice_amr_speech_bytes(VOICE_AMR_NB, payload[1] >> 3 & 15);
        CHECK(n_speech >= 0);
        CHECK_EQ(fread(payload + 2, 1, (size_t)n_speech, amr), n_speech);
        CHECK(codec->decode(state, payload, 2 + (size_t)n_speech, pcm));
        CHECK_EQ(fwrite(pcm, sizeof(pcm), 1, raw), 1);
    }
}

int main(int argc, char **argv) {
    CHECK(argc >= 4);
    const struct voice_codec *codec = voice_codec_find("amrnb");
    bool encodes = strcmp(argv[1], "encode") == 0;
    FILE *in = fopen(argv[argc - 2], "rb"), *out = fopen(argv[argc - 1], "wb");
    CHECK(in != NULL && out != NULL);
    if (encodes) {
        encode(codec, (uint32_t)atoi(argv[2]), in, out);
    } else {
        decode(codec, in, out);
    }
    return fclose(in) == 0 && fclose(out) == 0 ? 0 : 1;
}
