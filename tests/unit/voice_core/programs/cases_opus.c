// What Opus does behind our table: bandwidth, pauses, repeats, changes of rate, and what others send.
#include "check.h"
#include "core/codec.h"
#include "core/codec_opus.h"
#include "sounds.h"

#include "opus.h"

#define N_FRAMES 250u
#define N_SAMPLES (N_FRAMES * VOICE_FRAME_SAMPLES)
#define PAYLOAD_MAX_BYTES 64u

// Opus says so of a packet of 20 ms with one frame, RFC 6716 clause 3.1.
#define TOC_SILK_NARROW_20_MS (1u << 3)
#define TOC_SILK_WIDE_20_MS (9u << 3)

static const struct voice_codec *const codec = &voice_codec_opus;
static int16_t said[N_SAMPLES];
static int16_t heard[N_SAMPLES];
static uint8_t payloads[N_FRAMES][PAYLOAD_MAX_BYTES];
static size_t lengths[N_FRAMES]; // 0: nothing was sent

static void *state_new(size_t n_bytes) {
    void *memory = NULL;
    CHECK_EQ(posix_memalign(&memory, VOICE_CODEC_ALIGN, n_bytes), 0);
    memset(memory, 0x5a, n_bytes);
    return memory;
}

static void *encoder_new(struct voice_encoder_options options) {
    void *encoder = state_new(codec->encoder_bytes());
    CHECK(codec->encoder_init(encoder, &options));
    return encoder;
}

static void *decoder_new(void) {
    void *decoder = state_new(codec->decoder_bytes());
    CHECK(codec->decoder_init(decoder));
    return decoder;
}

static void encode_frame(void *encoder, size_t frame) {
    int n_bytes = codec->encode(encoder, said + frame * VOICE_FRAME_SAMPLES, payloads[frame],
        PAYLOAD_MAX_BYTES);
    CHECK(n_bytes >= VOICE_ENCODE_NOTHING);
    lengths[frame] = (size_t)n_bytes;
}

static void encode_all(struct voice_encoder_options options) {
    void *encoder = encoder_new(options);
    for (size_t f = 0; f < N_FRAMES; f++) {
        encode_frame(encoder, f);
    }
    free(encoder);
}

// Frames that were not sent are concealed.
static void decode_all(void) {
    void *decoder = decoder_new();
    for (size_t f = 0; f < N_FRAMES; f++) {
        CHECK(codec->decode(decoder, lengths[f] == 0 ? NULL : payloads[f], lengths[f],
            heard + f * VOICE_FRAME_SAMPLES));
    }
    free(decoder);
}

static enum voice_payload_kind kind_of(size_t frame) {
    return codec->payload_kind(payloads[frame], lengths[frame]);
}

static int64_t energy(const int16_t *pcm, size_t first_frame, size_t n_frames) {
    return signal_energy(pcm + first_frame * VOICE_FRAME_SAMPLES, n_frames * VOICE_FRAME_SAMPLES);
}

#define PAUSE_FIRST 75u
#define PAUSE_FRAMES 125u
#define SYLLABLE_SAMPLES 4706u
// So long the encoder waits until it believes in a pause, and between packets within one.
#define PAUSE_DELAY_FRAMES 15u
#define PAUSE_REFRESH_FRAMES 21u
// And so long until it believes that it is over: these syllables begin softly.
#define PAUSE_END_FRAMES 3u

// A talker in a room with a little noise, who pauses for 2.5 s.
static void say_with_a_pause(void) {
    // Two syllables at a time, so that there is no other pause.
    static int16_t syllables[N_SAMPLES + SYLLABLE_SAMPLES];
    uint32_t seed = 1;
    signal_speech(syllables, N_SAMPLES + SYLLABLE_SAMPLES);
    for (size_t i = 0; i < N_SAMPLES; i++) {
        size_t f = i / VOICE_FRAME_SAMPLES;
        int noise = (int)(random_next(&seed) % 201u) - 100;
        bool pause = f >= PAUSE_FIRST && f < PAUSE_FIRST + PAUSE_FRAMES;
        said[i] = (int16_t)(noise + (pause ? 0 : (syllables[i] + syllables[i + SYLLABLE_SAMPLES]) / 2));
    }
}

CASE(opus_band_follows_the_bitrate_alone) {
    void (*const sounds[])(int16_t *, size_t) = {signal_speech, signal_vowel};
    for (size_t s = 0; s < sizeof(sounds) / sizeof(sounds[0]); s++) {
        sounds[s](said, N_SAMPLES);
        for (uint32_t bps = 6000; bps <= 24000; bps += 1000) {
            encode_all((struct voice_encoder_options) {.bitrate_bps = bps});
            unsigned toc = bps <= VOICE_OPUS_NARROW_MAX_BPS ? TOC_SILK_NARROW_20_MS
                                                            : TOC_SILK_WIDE_20_MS;
            for (size_t f = 0; f < N_FRAMES; f++) {
                CHECK_EQ(payloads[f][0] & 0xfcu, toc);
                CHECK_EQ(lengths[f], (bps + 200) / 400);
            }
        }
    }
}

CASE(opus_changes_its_bitrate_without_a_click) {
    static const uint32_t rates_bps[] = {24000, 12000, 16000, 20000, 14000};
    signal_tone(said, N_SAMPLES, 440);
    encode_all((struct voice_encoder_options) {.bitrate_bps = 16000});
    decode_all();
    size_t settled = 10 * VOICE_FRAME_SAMPLES;
    int steady_step = signal_step_max(heard + settled, N_SAMPLES - settled);

    void *encoder = encoder_new((struct voice_encoder_options) {.bitrate_bps = 24000});
    for (size_t f = 0; f < N_FRAMES; f++) {
        CHECK(codec->encoder_set_bitrate(encoder, rates_bps[f / 20 % 5]));
        encode_frame(encoder, f);
        CHECK_EQ(lengths[f], rates_bps[f / 20 % 5] / 400);
    }
    free(encoder);
    decode_all();
    int step = signal_step_max(heard + settled, N_SAMPLES - settled);
    FIGURE("opus_steady_step", steady_step);
    FIGURE("opus_change_step", step);
    CHECK(step <= steady_step * 5 / 4);
    // The tone goes on: no frame of it is missing, none is louder than it was.
    int64_t usual = energy(said, 100, 1);
    for (size_t f = 10; f < N_FRAMES; f++) {
        CHECK(energy(heard, f, 1) > usual / 3);
        CHECK(energy(heard, f, 1) < usual * 2);
    }
}

CASE(opus_changes_its_band_in_a_pause) {
    static const uint32_t rates_bps[] = {16000, 8000};
    static const unsigned tocs[] = {TOC_SILK_WIDE_20_MS, TOC_SILK_NARROW_20_MS};
    for (size_t from = 0; from < 2; from++) {
        say_with_a_pause();
        void *encoder = encoder_new((struct voice_encoder_options) {.bitrate_bps = rates_bps[from]});
        size_t changed = 0;
        for (size_t f = 0; f < N_FRAMES; f++) {
            if (f == 30) {
                CHECK(codec->encoder_set_bitrate(encoder, rates_bps[1 - from]));
            }
            encode_frame(encoder, f);
            bool other = (payloads[f][0] & 0xf8u) == tocs[1 - from];
            CHECK(other || (payloads[f][0] & 0xf8u) == tocs[from]);
            CHECK(other || changed == 0);
            changed = changed == 0 && other ? f : changed;
        }
        CHECK(changed >= PAUSE_FIRST && changed < PAUSE_FIRST + PAUSE_DELAY_FRAMES);
        CHECK_EQ(lengths[N_FRAMES - 1], rates_bps[1 - from] / 400);
        free(encoder);
        // Nothing of it is louder than the room, and what is said after it is whole.
        decode_all();
        size_t n_pause = PAUSE_FRAMES - 2 * PAUSE_DELAY_FRAMES, first = PAUSE_FIRST + PAUSE_DELAY_FRAMES;
        CHECK(signal_peak(heard + first * VOICE_FRAME_SAMPLES, n_pause * VOICE_FRAME_SAMPLES) < 500);
        int64_t words = energy(said, PAUSE_FIRST + PAUSE_FRAMES + 5, 40);
        CHECK(energy(heard, PAUSE_FIRST + PAUSE_FRAMES + 5, 40) > words / 3);
    }
}

// --- pauses -----------------------------------------------------------------------------------

CASE(opus_does_not_send_pauses) {
    say_with_a_pause();
    encode_all((struct voice_encoder_options) {.bitrate_bps = 16000});
    for (size_t f = 0; f < N_FRAMES; f++) {
        CHECK_EQ(lengths[f], 40);
    }
    encode_all((struct voice_encoder_options) {.bitrate_bps = 16000, .dtx = true});
    size_t n_sent = 0, last_sent = 0;
    for (size_t f = 0; f < N_FRAMES; f++) {
        if (f < PAUSE_FIRST || f >= PAUSE_FIRST + PAUSE_FRAMES + PAUSE_END_FRAMES) {
            CHECK_EQ(lengths[f], 40);
        }
        if (lengths[f] == 0) {
            // Whoever hears the last packet knows that nothing may follow, and not for how long.
            CHECK_EQ(kind_of(last_sent), VOICE_PAYLOAD_NOISE);
            CHECK(f - last_sent < PAUSE_REFRESH_FRAMES);
            continue;
        }
        CHECK_EQ(lengths[f], kind_of(f) == VOICE_PAYLOAD_NOISE ? 1 : 40);
        n_sent += f >= PAUSE_FIRST + PAUSE_DELAY_FRAMES && f < PAUSE_FIRST + PAUSE_FRAMES;
        last_sent = f;
    }
    FIGURE("opus_packets_in_a_pause_of_2_2_s", n_sent);
    CHECK(n_sent >= 8 && n_sent <= 12);
    CHECK(kind_of(PAUSE_FIRST / 2) == VOICE_PAYLOAD_SPEECH);
}

CASE(opus_fills_pauses_with_noise) {
    static int16_t with_all_packets[N_SAMPLES];
    say_with_a_pause();
    encode_all((struct voice_encoder_options) {.bitrate_bps = 16000});
    decode_all();
    memcpy(with_all_packets, heard, sizeof(heard));
    encode_all((struct voice_encoder_options) {.bitrate_bps = 16000, .dtx = true});
    decode_all();
    size_t first = PAUSE_FIRST + 2 * PAUSE_DELAY_FRAMES, n_frames = 80;
    int64_t usual = energy(with_all_packets, first, n_frames);
    int64_t noise = energy(heard, first, n_frames);
    FIGURE("opus_comfort_noise_percent", 100 * noise / usual);
    CHECK(noise > usual / 10 && noise < usual * 4);
    for (size_t f = first; f < first + n_frames; f++) {
        CHECK(energy(heard, f, 1) > 0);
    }
}

CASE(opus_packets_of_a_pause) {
    // Others do send what stands for a pause: a packet without sound. It is decoded like a loss.
    void *decoder = decoder_new();
    int16_t pcm[VOICE_FRAME_SAMPLES];
    uint8_t packet[2] = {TOC_SILK_WIDE_20_MS, 0};
    for (size_t n_bytes = 1; n_bytes <= 2; n_bytes++) {
        CHECK(codec->payload_kind(packet, n_bytes) == VOICE_PAYLOAD_NOISE);
        CHECK(codec->decode(decoder, packet, n_bytes, pcm));
        CHECK(!codec->decode_lost(decoder, packet, n_bytes, pcm));
    }
    free(decoder);
}

// --- repeats ----------------------------------------------------------------------------------

// Each fifth packet is lost. Returns the squared error against `whole`, of the lost frames alone.
static int64_t decode_with_losses(const int16_t *whole, bool repeats, size_t *n_recovered) {
    void *decoder = decoder_new();
    int64_t error = 0;
    *n_recovered = 0;
    for (size_t f = 0; f + 1 < N_FRAMES; f++) {
        int16_t *pcm = heard + f * VOICE_FRAME_SAMPLES;
        if (f % 5 != 4) {
            CHECK(codec->decode(decoder, payloads[f], lengths[f], pcm));
            continue;
        }
        if (repeats && codec->decode_lost(decoder, payloads[f + 1], lengths[f + 1], pcm)) {
            (*n_recovered)++;
        } else {
            CHECK(codec->decode(decoder, NULL, 0, pcm));
        }
        for (size_t i = 0; i < VOICE_FRAME_SAMPLES; i++) {
            int64_t difference = pcm[i] - whole[f * VOICE_FRAME_SAMPLES + i];
            error += difference * difference;
        }
    }
    free(decoder);
    return error;
}

CASE(opus_repeats_beat_concealment) {
    static int16_t whole[N_SAMPLES];
    size_t n_recovered;
    signal_speech(said, N_SAMPLES);
    encode_all((struct voice_encoder_options) {.bitrate_bps = 24000, .fec = true});
    for (size_t f = 0; f < N_FRAMES; f++) {
        CHECK_EQ(lengths[f], 60);
    }
    decode_all();
    memcpy(whole, heard, sizeof(heard));
    int64_t concealed = decode_with_losses(whole, false, &n_recovered);
    CHECK_EQ(n_recovered, 0);
    int64_t repeated = decode_with_losses(whole, true, &n_recovered);
    FIGURE("opus_repeated_of_49", n_recovered);
    FIGURE("opus_repeated_error_percent", 100 * repeated / concealed);
    CHECK(n_recovered >= 25);
    CHECK(repeated < concealed / 2);
}

CASE(opus_without_repeats) {
    size_t n_recovered;
    signal_speech(said, N_SAMPLES);
    static const struct voice_encoder_options options[] = {
        {.bitrate_bps = 24000, .fec = false},
        {.bitrate_bps = 16000, .fec = true}, // would cost more than it saves
    };
    for (size_t i = 0; i < 2; i++) {
        encode_all(options[i]);
        decode_all();
        decode_with_losses(said, true, &n_recovered);
        CHECK_EQ(n_recovered, 0);
    }
    void *decoder = decoder_new();
    CHECK(!codec->decode_lost(decoder, payloads[0], 0, heard));
    free(decoder);
}

// --- what others send -------------------------------------------------------------------------

struct foreign {
    const char *what;
    int application;
    int n_channels;
    int bandwidth;
    int bitrate_bps;
};

// One channel's samples at 48 kHz, 440 Hz, on each channel.
static void foreign_tone(int16_t *pcm, size_t n_samples, int n_channels, size_t frame) {
    static int16_t tone[6 * N_SAMPLES];
    if (tone[1] == 0) {
        signal_tone(tone, sizeof(tone) / sizeof(tone[0]), 147); // of 16 kHz: 441 Hz of 48 kHz
    }
    for (size_t i = 0; i < n_samples; i++) {
        for (int c = 0; c < n_channels; c++) {
            pcm[i * (size_t)n_channels + (size_t)c] = tone[frame * n_samples + i];
        }
    }
}

CASE(opus_decodes_what_others_send) {
    static const struct foreign foreigners[] = {
        {"speech, narrow band", OPUS_APPLICATION_VOIP, 1, OPUS_BANDWIDTH_NARROWBAND, 12000},
        {"speech, medium band", OPUS_APPLICATION_VOIP, 1, OPUS_BANDWIDTH_MEDIUMBAND, 16000},
        {"speech, stereo", OPUS_APPLICATION_VOIP, 2, OPUS_BANDWIDTH_WIDEBAND, 40000},
        {"hybrid", OPUS_APPLICATION_VOIP, 1, OPUS_BANDWIDTH_FULLBAND, 32000},
        {"hybrid, stereo", OPUS_APPLICATION_VOIP, 2, OPUS_BANDWIDTH_SUPERWIDEBAND, 48000},
        {"music, narrow band", OPUS_APPLICATION_RESTRICTED_LOWDELAY, 1, OPUS_BANDWIDTH_NARROWBAND,
         24000},
        {"music, stereo", OPUS_APPLICATION_RESTRICTED_LOWDELAY, 2, OPUS_BANDWIDTH_FULLBAND, 96000},
    };
    signal_tone(said, N_SAMPLES, 441);
    for (size_t i = 0; i < sizeof(foreigners) / sizeof(foreigners[0]); i++) {
        const struct foreign *foreign = &foreigners[i];
        int error;
        OpusEncoder *encoder = opus_encoder_create(48000, foreign->n_channels, foreign->application,
            &error);
        opus_encoder_ctl(encoder, OPUS_SET_BITRATE(foreign->bitrate_bps));
        opus_encoder_ctl(encoder, OPUS_SET_BANDWIDTH(foreign->bandwidth));
        opus_encoder_ctl(encoder, OPUS_SET_FORCE_CHANNELS(foreign->n_channels));
        void *decoder = decoder_new();
        for (size_t f = 0; f < N_FRAMES; f++) {
            int16_t pcm[960 * 2];
            uint8_t packet[1500];
            foreign_tone(pcm, 960, foreign->n_channels, f);
            int n_bytes = opus_encode(encoder, pcm, 960, packet, sizeof(packet));
            CHECK(n_bytes > 2);
            CHECK_EQ(opus_packet_get_nb_channels(packet), foreign->n_channels);
            CHECK(codec->payload_kind(packet, (size_t)n_bytes) != VOICE_PAYLOAD_BAD);
            CHECK(codec->decode(decoder, packet, (size_t)n_bytes, heard + f * VOICE_FRAME_SAMPLES));
        }
        const int16_t *tail = heard + 50 * VOICE_FRAME_SAMPLES;
        size_t n_tail = 100 * VOICE_FRAME_SAMPLES;
        size_t lag = signal_best_lag(said, tail, n_tail, 0, 40);
        int likeness = signal_correlation_permille(said, tail, n_tail, lag);
        printf("figure %zu_likeness_permille %d\n", i, likeness);
        if (likeness < 950) {
            printf("%s: likeness %d\n", foreign->what, likeness);
            exit(1);
        }
        free(decoder);
        opus_encoder_destroy(encoder);
    }
}

CASE(opus_refuses_other_durations) {
    static const int durations_samples[] = {120, 240, 480, 1920, 2880, 5760}; // of 48 kHz
    int error;
    OpusEncoder *encoder = opus_encoder_create(48000, 1, OPUS_APPLICATION_AUDIO, &error);
    static int16_t pcm[5760];
    for (size_t i = 0; i < sizeof(durations_samples) / sizeof(durations_samples[0]); i++) {
        uint8_t packet[1500];
        int n_bytes = opus_encode(encoder, pcm, durations_samples[i], packet, sizeof(packet));
        CHECK(n_bytes > 0);
        CHECK(codec->payload_kind(packet, (size_t)n_bytes) == VOICE_PAYLOAD_BAD);
    }
    opus_encoder_destroy(encoder);
}

CASE(opus_two_frames_of_10_ms) {
    int error;
    OpusEncoder *encoder = opus_encoder_create(16000, 1, OPUS_APPLICATION_VOIP, &error);
    OpusRepacketizer *pair = opus_repacketizer_create();
    void *decoder = decoder_new();
    signal_vowel(said, N_SAMPLES);
    for (size_t f = 0; f < N_FRAMES; f++) {
        uint8_t halves[2][256], packet[600];
        opus_repacketizer_init(pair);
        for (size_t h = 0; h < 2; h++) {
            int n_bytes = opus_encode(encoder, said + f * VOICE_FRAME_SAMPLES + h * 160, 160, halves[h],
                sizeof(halves[h]));
            CHECK_EQ(opus_repacketizer_cat(pair, halves[h], n_bytes), OPUS_OK);
        }
        int n_bytes = opus_repacketizer_out(pair, packet, sizeof(packet));
        CHECK(codec->payload_kind(packet, (size_t)n_bytes) == VOICE_PAYLOAD_SPEECH);
        CHECK(codec->decode(decoder, packet, (size_t)n_bytes, heard + f * VOICE_FRAME_SAMPLES));
        int16_t pcm[VOICE_FRAME_SAMPLES];
        CHECK(!codec->decode_lost(decoder, packet, (size_t)n_bytes, pcm));
    }
    CHECK(energy(heard, 50, 100) > energy(said, 50, 100) / 2);
    free(decoder);
    opus_repacketizer_destroy(pair);
    opus_encoder_destroy(encoder);
}
