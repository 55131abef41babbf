// Measures the stack of the voice loop: runs it over sounds and hostile packets on a painted stack and prints
// the deepest use for each codec. For bare metal with semihosting (tools.c_stack runs it in QEMU).
//
// Opus keeps its temporaries in arrays of variable length, which no call graph can bound. Their
// lengths follow from frame size, rate and mode, hence: every bit rate, speech-like and extreme
// sounds, and packets of every mode that the payload format knows.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/engine.h"
#include "core/rtp.h"

#define PAINT 0xa5u
#define PAINTED_BYTES (96u * 1024u)
#define FRAMES_PER_RATE 75
#define PACKETS_PER_BYTE 6
#define OWN_SSRC 1u
#define OTHER_SSRC 2u

static struct voice_engine engine;
static uint64_t now_us;
static uint32_t noise_state = 1;
static uint16_t sequence;
static uint32_t timestamp;

static uint64_t clock_us(void) {
    return now_us;
}

static uint32_t noise(void) {
    noise_state = noise_state * 1664525u + 1013904223u;
    return noise_state >> 8;
}

// --- sounds -----------------------------------------------------------------------------------

// Frame by frame: a buzzing vowel, hiss, full scale square wave, full scale noise, silence.
static void make_sound(int16_t mic[VOICE_FRAME_SAMPLES], unsigned frame) {
    static int32_t resonance[2];
    for (unsigned i = 0; i < VOICE_FRAME_SAMPLES; i++) {
        int32_t pulse = i % 128 == 0 ? 12000 : 0;
        int32_t next = (pulse * 4096 + resonance[0] * 7600 - resonance[1] * 3900) / 4096;
        resonance[1] = resonance[0];
        resonance[0] = next;
        int32_t hiss = (int32_t)(noise() % 4001u) - 2000;
        int32_t loud = (int32_t)(noise() % 65536u) - 32768;
        const int32_t sounds[] = {next, hiss + next / 4, i / 40 % 2 ? 32767 : -32768, loud, 0};
        int32_t sample = sounds[frame / 3 % 5];
        mic[i] = (int16_t)(sample > 32767 ? 32767 : sample < -32768 ? -32768 : sample);
    }
}

// --- the painted stack ------------------------------------------------------------------------

static uint32_t deepest_bytes;

static void __attribute__((noinline)) paint(volatile uint8_t *bottom) {
    for (uint32_t i = 0; i < PAINTED_BYTES - 512u; i++) {
        bottom[i] = PAINT;
    }
}

static void __attribute__((noinline)) tick(int16_t *mic) {
    static int16_t speaker[VOICE_FRAME_SAMPLES]; // not on the stack that is measured
    volatile uint8_t *top = __builtin_frame_address(0);
    volatile uint8_t *bottom = top - PAINTED_BYTES;
    paint(bottom);
    voice_engine_audio_tick(&engine, mic, speaker);
    now_us += VOICE_FRAME_US;
    uint32_t untouched = 0;
    while (untouched < PAINTED_BYTES && bottom[untouched] == PAINT) {
        untouched++;
    }
    if (PAINTED_BYTES - untouched > deepest_bytes) {
        deepest_bytes = PAINTED_BYTES - untouched;
    }
}

// --- packets ----------------------------------------------------------------------------------

static void give(const uint8_t *payload, size_t n_bytes, uint16_t step) {
    uint8_t packet[VOICE_PACKET_MAX_BYTES];
    const struct voice_rtp rtp = {.payload_type = 96, .sequence = sequence++,
                                  .timestamp = timestamp, .ssrc = OTHER_SSRC};
    timestamp += step;
    voice_rtp_write(packet, &rtp);
    memcpy(packet + VOICE_RTP_HEADER_BYTES, payload, n_bytes);
    voice_engine_give(&engine, packet, VOICE_RTP_HEADER_BYTES + n_bytes);
}

// What the engine sends comes back as another's, with a packet lost now and then.
static void loop_back(uint16_t step) {
    const struct voice_packet *sent;
    while ((sent = voice_engine_take(&engine)) != NULL) {
        if (noise() % 8u != 0) {
            give(sent->bytes + VOICE_RTP_HEADER_BYTES, sent->n_bytes - VOICE_RTP_HEADER_BYTES, step);
        } else {
            sequence++;
            timestamp += step;
        }
        voice_engine_taken(&engine);
    }
}

// Random bytes under every first byte there is, of many lengths: the payload format's own checks pass
// what is one frame.
static void hostile_packets(const struct voice_codec *codec) {
    const int16_t silence[VOICE_FRAME_SAMPLES] = {0};
    uint8_t payload[96];
    voice_engine_talk(&engine, VOICE_TALK_OFF);
    for (unsigned first = 0; first < 256; first++) {
        unsigned n_given = 0;
        for (unsigned i = 0; i < 94 && n_given < PACKETS_PER_BYTE; i++) {
            size_t n_bytes = 2u + (i * 37u + first) % 94u;
            payload[0] = (uint8_t)first;
            for (size_t at = 1; at < n_bytes; at++) {
                payload[at] = (uint8_t)noise();
            }
            if (codec->payload_kind(payload, n_bytes) != VOICE_PAYLOAD_BAD) {
                give(payload, n_bytes, codec->timestamp_step);
                tick(silence);
                n_given++;
            }
        }
    }
}

static void measure(const struct voice_codec *codec) {
    int16_t mic[VOICE_FRAME_SAMPLES];
    deepest_bytes = 0;
    for (uint32_t bitrate_bps = 4500; bitrate_bps <= 24000; bitrate_bps += 50) {
        struct voice_config config = {.codec = codec, .options.bitrate_bps = bitrate_bps,
                                      .payload_type = 96, .ssrc = OWN_SSRC};
        // AMR and AMR-WB have eight and nine rates; of Opus's, every 2 kbit/s.
        if (!codec->bitrate_ok(bitrate_bps)
            || (codec->bitrate_ok(bitrate_bps + 1u) && bitrate_bps % 2000u != 0)) {
            continue;
        }
        voice_engine_init(&engine, clock_us);
        voice_engine_configure(&engine, &config);
        voice_engine_listen(&engine, OTHER_SSRC);
        voice_engine_talk(&engine, VOICE_TALK_ON);
        for (unsigned frame = 0; frame < FRAMES_PER_RATE; frame++) {
            make_sound(mic, frame);
            tick(mic);
            loop_back(codec->timestamp_step);
        }
        if (voice_engine_stat(&engine, VOICE_STAT_tx_frames) != FRAMES_PER_RATE
            || voice_engine_stat(&engine, VOICE_STAT_decoded) == 0) {
            printf("error %s at %lu bit/s: nothing encoded or decoded\n", codec->name,
                (unsigned long)bitrate_bps);
            exit(1);
        }
    }
    hostile_packets(codec);
    printf("stack %s %lu %lu\n", codec->name, (unsigned long)deepest_bytes,
        (unsigned long)voice_engine_stat(&engine, VOICE_STAT_decoded));
}

int main(void) {
    for (size_t i = 0; voice_codecs[i] != NULL; i++) {
        measure(voice_codecs[i]);
    }
    return 0;
}
