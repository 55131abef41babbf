// The codecs behind our table: packet sizes, quality, and bit-exactness with the libraries' own
// entry points.
#include "check.h"
#include "core/codec.h"
#include "core/payload_amr.h"
#include "sounds.h"

#include "dec_if.h" // opencore-amr's wrapper: D_IF_*
#include "enc_if.h" // vo-amrwbenc's wrapper: E_IF_*
#include "opus.h"

#define N_FRAMES 100u
#define N_SAMPLES (N_FRAMES * VOICE_FRAME_SAMPLES)

static const uint32_t amrwb_bps[9] = {6600, 8850, 12650, 14250, 15850, 18250, 19850, 23050, 23850};
static const uint32_t opus_bps[] = {6000, 8000, 12000, 16000, 20000, 24000};

static int16_t speech[N_SAMPLES];
static int16_t heard[N_SAMPLES];
static uint8_t payloads[N_FRAMES][64];
static size_t lengths[N_FRAMES];

// Exactly as much memory as the codec asks for: one byte more and the sanitizer speaks up.
static void *aligned_new(size_t n_bytes) {
    void *memory = NULL;
    CHECK_EQ(posix_memalign(&memory, VOICE_CODEC_ALIGN, n_bytes), 0);
    memset(memory, 0x5a, n_bytes);
    return memory;
}

static void start_encoder(const struct voice_codec *codec, void *encoder, uint32_t bitrate_bps) {
    struct voice_encoder_options options = {.bitrate_bps = bitrate_bps};
    CHECK(codec->encoder_init(encoder, &options));
}

static void encode_all(const struct voice_codec *codec, uint32_t bitrate_bps) {
    signal_speech(speech, N_SAMPLES);
    void *encoder = aligned_new(codec->encoder_bytes());
    start_encoder(codec, encoder, bitrate_bps);
    for (size_t f = 0; f < N_FRAMES; f++) {
        int n_bytes = codec->encode(encoder, speech + f * VOICE_FRAME_SAMPLES, payloads[f],
            sizeof(payloads[f]));
        CHECK(n_bytes > 0);
        lengths[f] = (size_t)n_bytes;
        CHECK(codec->payload_kind(payloads[f], lengths[f]) != VOICE_PAYLOAD_BAD);
    }
    free(encoder);
}

static void decode_all(const struct voice_codec *codec) {
    void *decoder = aligned_new(codec->decoder_bytes());
    CHECK(codec->decoder_init(decoder));
    for (size_t f = 0; f < N_FRAMES; f++) {
        CHECK(codec->decode(decoder, payloads[f], lengths[f], heard + f * VOICE_FRAME_SAMPLES));
    }
    free(decoder);
}

static void check_quality(const char *name, uint32_t bitrate_bps, int least_permille) {
    size_t lag = signal_best_lag(speech, heard, N_SAMPLES, 0, 250);
    int likeness = signal_correlation_permille(speech, heard, N_SAMPLES, lag);
    char label[64];
    snprintf(label, sizeof(label), "%s_%u_likeness_permille", name, (unsigned)bitrate_bps);
    FIGURE(label, likeness);
    snprintf(label, sizeof(label), "%s_delay_samples", name);
    FIGURE(label, lag);
    CHECK(likeness >= least_permille);
    CHECK(lag < 160);
}

CASE(codec_table) {
    CHECK(voice_codec_find("amrwb") == voice_codecs[0]);
    CHECK(voice_codec_find("opus") == voice_codecs[1]);
    CHECK(voice_codec_find("amrnb") == voice_codecs[2]);
    CHECK(voice_codecs[3] == NULL);
    CHECK(voice_codec_find("") == NULL);
    CHECK(voice_codec_find("g711") == NULL);
    CHECK_EQ(voice_codecs[0]->timestamp_step, 320);
    CHECK_EQ(voice_codecs[1]->timestamp_step, 960);
    CHECK_EQ(voice_codecs[2]->timestamp_step, 160);
    for (size_t i = 0; i < 2; i++) {
        char label[64];
        snprintf(label, sizeof(label), "%s_encoder_bytes", voice_codecs[i]->name);
        FIGURE(label, voice_codecs[i]->encoder_bytes());
        snprintf(label, sizeof(label), "%s_decoder_bytes", voice_codecs[i]->name);
        FIGURE(label, voice_codecs[i]->decoder_bytes());
    }
}

CASE(codec_bitrates) {
    const struct voice_codec *amrwb = voice_codec_find("amrwb");
    const struct voice_codec *opus = voice_codec_find("opus");
    unsigned n_amrwb = 0;
    for (uint32_t bps = 0; bps < 30000; bps++) {
        n_amrwb += amrwb->bitrate_ok(bps);
        CHECK_EQ(opus->bitrate_ok(bps), bps >= 6000 && bps <= 24000);
    }
    CHECK_EQ(n_amrwb, 9);
    for (size_t mode = 0; mode < 9; mode++) {
        CHECK(amrwb->bitrate_ok(amrwb_bps[mode]));
    }
}

CASE(amrwb_every_mode) {
    // RFC 4867 octet-aligned: 2 octets of header, then 132..477 bits of speech.
    static const size_t sizes[9] = {19, 25, 34, 38, 42, 48, 52, 60, 62};
    const struct voice_codec *codec = voice_codec_find("amrwb");
    for (size_t mode = 0; mode < 9; mode++) {
        encode_all(codec, amrwb_bps[mode]);
        for (size_t f = 0; f < N_FRAMES; f++) {
            CHECK_EQ(lengths[f], sizes[mode]);
            CHECK_EQ(payloads[f][0], 0xf0);
            CHECK_EQ(payloads[f][1], mode << 3 | 4);
        }
        decode_all(codec);
        check_quality("amrwb", amrwb_bps[mode], mode == 0 ? 750 : 850);
    }
}

CASE(opus_every_rate) {
    const struct voice_codec *codec = voice_codec_find("opus");
    for (size_t i = 0; i < sizeof(opus_bps) / sizeof(opus_bps[0]); i++) {
        encode_all(codec, opus_bps[i]);
        for (size_t f = 0; f < N_FRAMES; f++) {
            CHECK_EQ(lengths[f], opus_bps[i] / 400);
        }
        decode_all(codec);
        check_quality("opus", opus_bps[i], 750);
    }
}

CASE(codec_refuses_small_buffer) {
    for (size_t i = 0; i < 2; i++) {
        const struct voice_codec *codec = voice_codecs[i];
        void *encoder = aligned_new(codec->encoder_bytes());
        start_encoder(codec, encoder, codec->bitrate_ok(23850) ? 23850 : 24000);
        uint8_t *small = malloc(20);
        CHECK_EQ(codec->encode(encoder, speech, small, 20), VOICE_ENCODE_FAILED);
        free(small);
        free(encoder);
    }
}

CASE(amrwb_encoder_equals_library) {
    for (int mode = 0; mode < 9; mode++) {
        encode_all(voice_codec_find("amrwb"), amrwb_bps[mode]);
        void *reference = E_IF_init();
        for (size_t f = 0; f < N_FRAMES; f++) {
            uint8_t out[64];
            int16_t pcm[VOICE_FRAME_SAMPLES];
            memcpy(pcm, speech + f * VOICE_FRAME_SAMPLES, sizeof(pcm));
            int n = E_IF_encode(reference, mode, pcm, out, 0);
            CHECK_EQ(n + 1, lengths[f]); // the CMR octet comes on top
            CHECK(memcmp(out, payloads[f] + 1, (size_t)n) == 0);
        }
        E_IF_exit(reference);
    }
}

// Decodes what is in `payloads` with both, with losses, damaged and noise frames in between.
static void compare_amrwb_decoders(uint32_t seed) {
    const struct voice_codec *codec = voice_codec_find("amrwb");
    void *decoder = aligned_new(codec->decoder_bytes());
    void *reference = D_IF_init();
    CHECK(codec->decoder_init(decoder));
    for (size_t f = 0; f < N_FRAMES; f++) {
        int16_t ours[VOICE_FRAME_SAMPLES], theirs[VOICE_FRAME_SAMPLES];
        uint8_t stored[64] = {0};
        uint32_t chance = seed == 0 ? 100 : random_next(&seed) % 100;
        if (chance < 10) { // lost
            CHECK(codec->decode(decoder, NULL, 0, ours));
            D_IF_decode(reference, stored, theirs, 1);
        } else if (chance < 20) { // SPEECH_LOST, NO_DATA
            uint8_t payload[2] = {0xf0, (uint8_t)((chance < 15 ? 14 : 15) << 3 | 4)};
            CHECK(codec->decode(decoder, payload, sizeof(payload), ours));
            stored[0] = payload[1];
            D_IF_decode(reference, stored, theirs, 0);
        } else if (chance < 30) { // comfort noise, first or update
            uint8_t payload[7] = {0xf0, 9 << 3 | 4};
            for (size_t i = 2; i < sizeof(payload); i++) {
                payload[i] = (uint8_t)random_next(&seed);
            }
            CHECK(codec->decode(decoder, payload, sizeof(payload), ours));
            memcpy(stored, payload + 1, sizeof(payload) - 1);
            D_IF_decode(reference, stored, theirs, 0);
        } else {
            CHECK(codec->decode(decoder, payloads[f], lengths[f], ours));
            memcpy(stored, payloads[f] + 1, lengths[f] - 1);
            D_IF_decode(reference, stored, theirs, 0);
        }
        CHECK(memcmp(ours, theirs, sizeof(ours)) == 0);
    }
    D_IF_exit(reference);
    free(decoder);
}

CASE(amrwb_decoder_equals_library) {
    for (int mode = 0; mode < 9; mode++) {
        encode_all(voice_codec_find("amrwb"), amrwb_bps[mode]);
        compare_amrwb_decoders(0);
        compare_amrwb_decoders(1000u + (uint32_t)mode);
    }
}

CASE(amrwb_homing_equals_library) {
    // The encoder's homing frame (all samples 0x0008) resets both ends.
    const struct voice_codec *codec = voice_codec_find("amrwb");
    encode_all(codec, 12650);
    void *encoder = aligned_new(codec->encoder_bytes());
    start_encoder(codec, encoder, 12650);
    int16_t homing[VOICE_FRAME_SAMPLES];
    for (size_t i = 0; i < VOICE_FRAME_SAMPLES; i++) {
        homing[i] = 8;
    }
    for (size_t f = 50; f < 54; f++) {
        lengths[f] = (size_t)codec->encode(encoder, homing, payloads[f], sizeof(payloads[f]));
    }
    memcpy(payloads[0], payloads[53], lengths[53]);
    free(encoder);
    compare_amrwb_decoders(0);
}

CASE(opus_equals_library) {
    const struct voice_codec *codec = voice_codec_find("opus");
    encode_all(codec, 16000);
    decode_all(codec);
    int error;
    OpusEncoder *encoder = opus_encoder_create(16000, 1, OPUS_APPLICATION_VOIP, &error);
    opus_encoder_ctl(encoder, OPUS_SET_BITRATE(16000));
    opus_encoder_ctl(encoder, OPUS_SET_VBR(0));
    opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(0));
    opus_encoder_ctl(encoder, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    OpusDecoder *decoder = opus_decoder_create(16000, 1, &error);
    for (size_t f = 0; f < N_FRAMES; f++) {
        uint8_t out[64];
        int16_t pcm[VOICE_FRAME_SAMPLES];
        int n = opus_encode(encoder, speech + f * VOICE_FRAME_SAMPLES, 320, out, sizeof(out));
        CHECK_EQ(n, lengths[f]);
        CHECK(memcmp(out, payloads[f], lengths[f]) == 0);
        CHECK_EQ(opus_decode(decoder, out, n, pcm, 320, 0), 320);
        CHECK(memcmp(pcm, heard + f * VOICE_FRAME_SAMPLES, sizeof(pcm)) == 0);
    }
    opus_encoder_destroy(encoder);
    opus_decoder_destroy(decoder);
}

CASE(opus_takes_20_ms_only) {
    const struct voice_codec *codec = voice_codec_find("opus");
    uint8_t packet[100] = {0};
    unsigned n_ok = 0;
    for (unsigned toc = 0; toc < 256; toc++) {
        packet[0] = (uint8_t)toc;
        for (unsigned count = 0; count < 50; count++) {
            packet[1] = (uint8_t)count;
            int n_samples = opus_packet_get_nb_samples(packet, sizeof(packet), 16000);
            if (codec->payload_kind(packet, sizeof(packet)) != VOICE_PAYLOAD_BAD) {
                CHECK_EQ(n_samples, 320);
                n_ok++;
            }
        }
    }
    CHECK(n_ok > 100);
    CHECK(codec->payload_kind(packet, 0) == VOICE_PAYLOAD_BAD);
    packet[0] = 0x49;  // SILK wideband 20 ms, two frames: 40 ms
    CHECK(codec->payload_kind(packet, 41) == VOICE_PAYLOAD_BAD);
    packet[0] = 0x48; // one frame, without speech by its first bit
    CHECK(codec->payload_kind(packet, 41) == VOICE_PAYLOAD_SPEECH);
    packet[1] = 0x80;
    CHECK(codec->payload_kind(packet, 41) == VOICE_PAYLOAD_SPEECH);
    packet[0] = 0x40; // 10 ms
    CHECK(codec->payload_kind(packet, 41) == VOICE_PAYLOAD_BAD);
    packet[0] = 0x41; // twice 10 ms
    CHECK(codec->payload_kind(packet, 41) == VOICE_PAYLOAD_SPEECH);
    CHECK(codec->payload_kind(packet, 42) == VOICE_PAYLOAD_BAD); // not two equal halves
}

CASE(codec_conceals_and_fades) {
    for (size_t i = 0; i < 2; i++) {
        const struct voice_codec *codec = voice_codecs[i];
        signal_vowel(speech, N_SAMPLES);
        void *encoder = aligned_new(codec->encoder_bytes());
        void *decoder = aligned_new(codec->decoder_bytes());
        start_encoder(codec, encoder, codec->bitrate_ok(12650) ? 12650 : 16000);
        CHECK(codec->decoder_init(decoder));
        int16_t pcm[VOICE_FRAME_SAMPLES];
        for (size_t f = 0; f < 15; f++) {
            int n_bytes = codec->encode(encoder, speech + f * VOICE_FRAME_SAMPLES, payloads[0],
                sizeof(payloads[0]));
            CHECK(codec->decode(decoder, payloads[0], (size_t)n_bytes, pcm));
        }
        int64_t before = signal_energy(pcm, VOICE_FRAME_SAMPLES);
        CHECK(codec->decode(decoder, NULL, 0, pcm));
        int64_t guessed = signal_energy(pcm, VOICE_FRAME_SAMPLES);
        CHECK(guessed > before / 20 && guessed < before * 2);
        for (int f = 0; f < 10; f++) {
            CHECK(codec->decode(decoder, NULL, 0, pcm));
        }
        CHECK(signal_energy(pcm, VOICE_FRAME_SAMPLES) < before / 50);
        free(encoder);
        free(decoder);
    }
}
