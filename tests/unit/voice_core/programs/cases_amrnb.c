// AMR-NB behind our table: packet sizes, quality, requests, and bit-exactness with the library as
// released.
#include "amrnb_released.h"
#include "check.h"
#include "core/codec.h"
#include "core/payload_amr.h"
#include "core/resample.h"
#include "sounds.h"

#define N_FRAMES 150u
#define N_SAMPLES (N_FRAMES * VOICE_FRAME_SAMPLES)

static const uint32_t rates_bps[AMRNB_MODES] = {4750, 5150, 5900, 6700, 7400, 7950, 10200, 12200};
// RFC 4867 octet-aligned: 2 octets of header, then 95..244 bits of speech.
static const size_t payload_bytes[AMRNB_MODES] = {14, 15, 17, 19, 21, 22, 28, 33};

static int16_t said[N_SAMPLES];
static int16_t heard[N_SAMPLES];
static uint8_t payloads[N_FRAMES][64];
static size_t lengths[N_FRAMES];

static const struct voice_codec *amrnb(void) {
    return voice_codec_find("amrnb");
}

// Exactly as much memory as the codec asks for: one byte more and the sanitizer speaks up.
static void *aligned_new(size_t n_bytes) {
    void *memory = NULL;
    CHECK_EQ(posix_memalign(&memory, VOICE_CODEC_ALIGN, n_bytes), 0);
    memset(memory, 0x5a, n_bytes);
    return memory;
}

static void *encoder_new(unsigned mode, bool dtx) {
    void *encoder = aligned_new(amrnb()->encoder_bytes());
    struct voice_encoder_options options = {.bitrate_bps = rates_bps[mode], .dtx = dtx};
    CHECK(amrnb()->encoder_init(encoder, &options));
    return encoder;
}

static void *decoder_new(void) {
    void *decoder = aligned_new(amrnb()->decoder_bytes());
    CHECK(amrnb()->decoder_init(decoder));
    return decoder;
}

static void encode_all(unsigned mode) {
    signal_speech(said, N_SAMPLES);
    void *encoder = encoder_new(mode, false);
    for (size_t f = 0; f < N_FRAMES; f++) {
        int n = amrnb()->encode(encoder, said + f * VOICE_FRAME_SAMPLES, payloads[f], 64);
        CHECK_EQ(n, payload_bytes[mode]);
        lengths[f] = (size_t)n;
    }
    free(encoder);
}

CASE(amrnb_every_mode) {
    for (unsigned mode = 0; mode < AMRNB_MODES; mode++) {
        encode_all(mode);
        void *decoder = decoder_new();
        for (size_t f = 0; f < N_FRAMES; f++) {
            CHECK_EQ(payloads[f][0], 0xf0);
            CHECK_EQ(payloads[f][1], mode << 3 | 4);
            CHECK(amrnb()->payload_kind(payloads[f], lengths[f]) == VOICE_PAYLOAD_SPEECH);
            CHECK(amrnb()->decode(decoder, payloads[f], lengths[f],
                heard + f * VOICE_FRAME_SAMPLES));
        }
        free(decoder);
        // What lies above 4 kHz is gone.
        size_t lag = signal_best_lag(said, heard, N_SAMPLES, 0, 250);
        int likeness = signal_correlation_permille(said, heard, N_SAMPLES, lag);
        char label[64];
        snprintf(label, sizeof(label), "amrnb_%u_likeness_permille", (unsigned)rates_bps[mode]);
        FIGURE(label, likeness);
        FIGURE("amrnb_delay_samples", lag);
        CHECK(likeness >= (mode == 0 ? 600 : 650));
        CHECK(lag < 160);
    }
}

CASE(amrnb_its_rates_and_memory) {
    unsigned n_rates = 0;
    for (uint32_t bps = 0; bps < 30000; bps++) {
        n_rates += amrnb()->bitrate_ok(bps);
    }
    CHECK_EQ(n_rates, AMRNB_MODES);
    for (unsigned mode = 0; mode < AMRNB_MODES; mode++) {
        CHECK(amrnb()->bitrate_ok(rates_bps[mode]));
    }
    FIGURE("amrnb_encoder_bytes", amrnb()->encoder_bytes());
    FIGURE("amrnb_decoder_bytes", amrnb()->decoder_bytes());
    // It fits where AMR-WB does.
    CHECK(amrnb()->encoder_bytes() <= voice_codec_find("amrwb")->encoder_bytes());
    CHECK(amrnb()->decoder_bytes() <= voice_codec_find("amrwb")->decoder_bytes());
}

CASE(amrnb_refuses_a_small_buffer) {
    void *encoder = encoder_new(0, false);
    uint8_t *small = malloc(32);
    CHECK_EQ(amrnb()->encode(encoder, said, small, 32), VOICE_ENCODE_FAILED);
    free(small);
    free(encoder);
}

// --- the same packets as the library ------------------------------------------------------------

static void add_noise(int16_t *pcm, size_t n_samples, int amplitude) {
    uint32_t seed = 77;
    for (size_t i = 0; i < n_samples; i++) {
        pcm[i] = (int16_t)((int)(random_next(&seed) % (2u * (unsigned)amplitude + 1u)) - amplitude);
    }
}

// What a microphone may bring, and what an encoder's sums are longest for.
static void make_sound(unsigned kind) {
    memset(said, 0, sizeof(said));
    switch (kind) {
        case 0:
            signal_speech(said, N_SAMPLES);
            return;
        case 1: // silence
            return;
        case 2: // clicks
            for (size_t i = 0; i < N_SAMPLES; i += 1777) {
                said[i] = said[i + 1] = (int16_t)(i % 2 == 0 ? 32767 : -32768);
            }
            return;
        case 3: // square waves at full scale, lower and lower
            for (size_t i = 0; i < N_SAMPLES; i++) {
                said[i] = (int16_t)(i / (3 + i / 400) % 2 == 0 ? 32767 : -32768);
            }
            return;
        case 4:
            add_noise(said, N_SAMPLES, 32767);
            return;
        case 5: // so faint that its lowest bits are all there is
            add_noise(said, N_SAMPLES, 20);
            return;
        case 6: // a tone at the edge
            for (size_t i = 0; i < N_SAMPLES; i++) {
                said[i] = (int16_t)(i % 16 < 8 ? 32767 : -32767);
            }
            return;
        case 7: // speech that comes and goes: voice activity
            signal_speech(said, N_SAMPLES);
            for (size_t i = 0; i < N_SAMPLES; i++) {
                said[i] = (int16_t)(i / 16000 % 2 == 0 ? said[i] : said[i] / 512);
            }
            return;
        default: // stuck at the lowest
            for (size_t i = 0; i < N_SAMPLES; i++) {
                said[i] = -32768;
            }
            return;
    }
}
#define SOUNDS 9u

static unsigned compare_encoders(unsigned mode, bool dtx) {
    void *encoder = encoder_new(mode, dtx);
    void *reference = released_encoder_new(dtx);
    struct voice_downsample downsample = {{0}};
    unsigned n_nothing = 0;
    for (size_t f = 0; f < N_FRAMES; f++) {
        int16_t low[AMRNB_SAMPLES];
        uint8_t ours[64], theirs[64];
        voice_downsample(&downsample, said + f * VOICE_FRAME_SAMPLES, low);
        int n = amrnb()->encode(encoder, said + f * VOICE_FRAME_SAMPLES, ours, sizeof(ours));
        size_t n_theirs = released_encode(reference, mode, low, theirs);
        if (n == VOICE_ENCODE_NOTHING) {
            CHECK_EQ(theirs[0] >> 3 & 15, 15);
            n_nothing++;
            continue;
        }
        CHECK_EQ(n, n_theirs + 1); // the CMR octet comes on top
        CHECK(memcmp(theirs, ours + 1, n_theirs) == 0);
        bool noise = amrnb()->payload_kind(ours, (size_t)n) == VOICE_PAYLOAD_NOISE;
        CHECK_EQ(noise, (theirs[0] >> 3 & 15) == 8);
    }
    released_encoder_free(reference);
    free(encoder);
    return n_nothing;
}

CASE(amrnb_encoder_equals_library) {
    for (unsigned kind = 0; kind < SOUNDS; kind++) {
        make_sound(kind);
        for (unsigned mode = 0; mode < AMRNB_MODES; mode++) {
            CHECK_EQ(compare_encoders(mode, false), 0);
        }
    }
}

CASE(amrnb_encoder_with_dtx_equals_library) {
    for (unsigned kind = 0; kind < SOUNDS; kind++) {
        make_sound(kind);
        for (unsigned mode = 0; mode < AMRNB_MODES; mode++) {
            unsigned n_nothing = compare_encoders(mode, true);
            CHECK(kind != 1 || n_nothing > N_FRAMES / 2);
        }
    }
}

CASE(amrnb_changes_its_rate_on_the_way) {
    signal_speech(said, N_SAMPLES);
    void *encoder = encoder_new(7, false);
    void *reference = released_encoder_new(false);
    struct voice_downsample downsample = {{0}};
    uint32_t seed = 5;
    unsigned mode = 7;
    for (size_t f = 0; f < N_FRAMES; f++) {
        if (f % 3 == 2) {
            mode = random_next(&seed) % AMRNB_MODES;
            CHECK(amrnb()->encoder_set_bitrate(encoder, rates_bps[mode]));
        }
        int16_t low[AMRNB_SAMPLES];
        uint8_t ours[64], theirs[64];
        voice_downsample(&downsample, said + f * VOICE_FRAME_SAMPLES, low);
        CHECK_EQ(amrnb()->encode(encoder, said + f * VOICE_FRAME_SAMPLES, ours, sizeof(ours)),
            payload_bytes[mode]);
        size_t n = released_encode(reference, mode, low, theirs);
        CHECK(memcmp(theirs, ours + 1, n) == 0);
    }
    released_encoder_free(reference);
    free(encoder);
}

CASE(amrnb_asks_for_a_rate) {
    void *encoder = encoder_new(7, false);
    uint8_t payload[64];
    for (unsigned mode = 0; mode < AMRNB_MODES; mode++) {
        amrnb()->request_bitrate(encoder, rates_bps[mode]);
        CHECK_EQ(amrnb()->encode(encoder, said, payload, sizeof(payload)), 33);
        CHECK_EQ(payload[0], mode << 4);
        CHECK_EQ(amrnb()->requested_bitrate(payload, 33), rates_bps[mode]);
    }
    amrnb()->request_bitrate(encoder, 0);
    CHECK_EQ(amrnb()->encode(encoder, said, payload, sizeof(payload)), 33);
    CHECK_EQ(payload[0], 0xf0);
    for (unsigned cmr = 8; cmr < 16; cmr++) {
        payload[0] = (uint8_t)(cmr << 4);
        CHECK_EQ(amrnb()->requested_bitrate(payload, 33), 0);
    }
    CHECK_EQ(amrnb()->requested_bitrate(payload, 32), 0);
    free(encoder);
}

// --- the same sound as the library --------------------------------------------------------------

// Decodes what is in `payloads` with both, with lost, damaged and noise frames in between.
static void compare_decoders(uint32_t seed) {
    void *decoder = decoder_new();
    void *reference = released_decoder_new();
    struct voice_upsample upsample = {{0}};
    for (size_t f = 0; f < N_FRAMES; f++) {
        int16_t ours[VOICE_FRAME_SAMPLES], theirs[VOICE_FRAME_SAMPLES], low[AMRNB_SAMPLES];
        uint8_t payload[64] = {0xf0};
        size_t n = lengths[f];
        memcpy(payload, payloads[f], n);
        uint32_t chance = seed == 0 ? 100 : random_next(&seed) % 100;
        if (chance < 20 || (chance >= 40 && chance < 50)) { // noise, damaged bits
            if (chance < 20) {
                payload[1] = 8 << 3 | 4;
                n = 7;
            }
            for (size_t i = 2; i < n; i++) {
                payload[i] = (uint8_t)random_next(&seed);
            }
        }
        if (chance >= 15 && chance < 30) { // marked as damaged, noise or speech
            payload[1] &= (uint8_t)~4u;
            CHECK(amrnb()->decode(decoder, payload, n, ours));
            released_decode_bad(reference, payload + 1, low);
        } else if (chance >= 30 && chance < 35) { // lost
            CHECK(amrnb()->decode(decoder, NULL, 0, ours));
            released_decode(reference, NULL, low);
        } else {
            if (chance >= 35 && chance < 40) { // NO_DATA
                payload[1] = 15 << 3 | 4;
                n = 2;
            }
            CHECK(amrnb()->decode(decoder, payload, n, ours));
            released_decode(reference, payload + 1, low);
        }
        voice_upsample(&upsample, low, theirs);
        CHECK(memcmp(ours, theirs, sizeof(ours)) == 0);
    }
    released_decoder_free(reference);
    free(decoder);
}

CASE(amrnb_decoder_equals_library) {
    for (unsigned mode = 0; mode < AMRNB_MODES; mode++) {
        encode_all(mode);
        for (uint32_t seed = 0; seed < 12; seed++) {
            compare_decoders(seed * 1000u + (seed == 0 ? 0 : mode));
        }
    }
}

CASE(amrnb_pauses_become_comfort_noise) {
    // Speech, then half a minute of a faint hiss: the listener hears it all the while.
    signal_speech(said, N_SAMPLES);
    void *encoder = encoder_new(7, true);
    void *decoder = decoder_new();
    unsigned n_sent = 0, n_noise = 0;
    int16_t pcm[VOICE_FRAME_SAMPLES];
    int64_t energy = 0;
    for (size_t f = 0; f < 50 + 1500; f++) {
        int16_t *frame = said + f % N_FRAMES * VOICE_FRAME_SAMPLES;
        if (f >= 50) {
            add_noise(frame, VOICE_FRAME_SAMPLES, 300);
        }
        uint8_t payload[64];
        int n = amrnb()->encode(encoder, frame, payload, sizeof(payload));
        CHECK(n >= 0);
        CHECK(amrnb()->decode(decoder, n == 0 ? NULL : payload, (size_t)n, pcm));
        if (f >= 1000) {
            n_sent += n > 0;
            n_noise += n > 0 && amrnb()->payload_kind(payload, (size_t)n) == VOICE_PAYLOAD_NOISE;
            energy += signal_energy(pcm, VOICE_FRAME_SAMPLES) / (int64_t)VOICE_FRAME_SAMPLES;
        }
    }
    CHECK_EQ(n_sent, n_noise);
    CHECK(n_noise >= 550 / 8 - 1 && n_noise <= 550 / 8 + 1); // an update every 160 ms
    CHECK(energy / 550 > 30 * 30 && energy / 550 < 300 * 300);
    free(encoder);
    free(decoder);
}

CASE(amrnb_conceals_and_fades) {
    encode_all(7);
    void *decoder = decoder_new();
    signal_vowel(said, N_SAMPLES);
    void *encoder = encoder_new(7, false);
    int16_t pcm[VOICE_FRAME_SAMPLES];
    for (size_t f = 0; f < 15; f++) {
        int n = amrnb()->encode(encoder, said + f * VOICE_FRAME_SAMPLES, payloads[0], 64);
        CHECK(amrnb()->decode(decoder, payloads[0], (size_t)n, pcm));
    }
    int64_t before = signal_energy(pcm, VOICE_FRAME_SAMPLES);
    CHECK(amrnb()->decode(decoder, NULL, 0, pcm));
    int64_t guessed = signal_energy(pcm, VOICE_FRAME_SAMPLES);
    CHECK(guessed > before / 20 && guessed < before * 2);
    for (int f = 0; f < 10; f++) {
        CHECK(amrnb()->decode(decoder, NULL, 0, pcm));
    }
    CHECK(signal_energy(pcm, VOICE_FRAME_SAMPLES) < before / 50);
    free(encoder);
    free(decoder);
}

CASE(amrnb_takes_whole_frames_of_known_types_only) {
    uint8_t payload[64] = {0xf0};
    void *decoder = decoder_new();
    int16_t pcm[VOICE_FRAME_SAMPLES];
    for (unsigned toc = 0; toc < 256; toc++) {
        payload[1] = (uint8_t)toc;
        unsigned type = toc >> 3 & 15;
        for (size_t n = 0; n < sizeof(payload); n++) {
            enum voice_payload_kind expected = VOICE_PAYLOAD_BAD;
            if (toc < 128 && type < AMRNB_MODES && n == payload_bytes[type]) {
                expected = VOICE_PAYLOAD_SPEECH;
            } else if (toc < 128 && type == 8 && n == 7) {
                expected = VOICE_PAYLOAD_NOISE;
            } else if (toc < 128 && type == 15 && n == 2) {
                expected = VOICE_PAYLOAD_SPEECH;
            }
            CHECK_EQ(amrnb()->payload_kind(payload, n), expected);
            CHECK_EQ(amrnb()->decode(decoder, payload, n, pcm), expected != VOICE_PAYLOAD_BAD);
        }
    }
    free(decoder);
}
