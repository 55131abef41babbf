// The whole way in: packets in any order and state, frames of time between them, talkers that
// change, to the loudspeaker.
#include "receive.h"

#include "core/engine.h"
#include "core/rtp.h"
#include "pieces.h"

#define FRAMES_MAX 16u
#define PAYLOAD_TYPE 96u

static struct voice_engine engine;
static uint64_t clock_us;
static unsigned n_frames;
static uint32_t n_refused;
static struct voice_rtp next;
static uint16_t step;

static uint64_t now_us(void) {
    return clock_us;
}

static void start(uint8_t choice) {
    size_t n_codecs = 0;
    while (voice_codecs[n_codecs] != NULL) {
        n_codecs++;
    }
    struct voice_config config = {.codec = voice_codecs[choice % n_codecs],
                                  .payload_type = PAYLOAD_TYPE, .ssrc = 9};
    config.options.bitrate_bps = 6000;
    while (!config.codec->bitrate_ok(config.options.bitrate_bps)) {
        config.options.bitrate_bps += 50;
    }
    clock_us = 1000000;
    n_frames = 0;
    n_refused = 0;
    step = config.codec->timestamp_step;
    next = (struct voice_rtp) {.payload_type = PAYLOAD_TYPE, .sequence = 0xfffd, .ssrc = 1,
                               .marker = true};
    voice_engine_init(&engine, now_us);
    must(voice_engine_configure(&engine, &config) == VOICE_OK);
    voice_engine_audio_follow(&engine);
}

static void tick(void) {
    int16_t mic[VOICE_FRAME_SAMPLES] = {0};
    int16_t speaker[VOICE_FRAME_SAMPLES];
    voice_engine_audio_tick(&engine, mic, speaker);
    clock_us += VOICE_FRAME_US;
    n_frames++;
}

static void give(const uint8_t *packet, size_t n_bytes) {
    n_refused += !voice_engine_give(&engine, packet, n_bytes);
}

static void move(int n_packets) {
    next.sequence = (uint16_t)(next.sequence + n_packets);
    next.timestamp += (uint32_t)(n_packets * (int)step);
}

static void give_next(struct pieces *pieces) {
    struct piece payload = pieces_next(pieces);
    size_t n_bytes = VOICE_RTP_HEADER_BYTES + payload.n_bytes;
    uint8_t *packet = malloc(n_bytes);
    voice_rtp_write(packet, &next);
    if (payload.n_bytes > 0) {
        memcpy(packet + VOICE_RTP_HEADER_BYTES, payload.bytes, payload.n_bytes);
    }
    give(packet, n_bytes);
    free(packet);
    piece_free(&payload);
    next.marker = false;
    move(1);
}

static void give_raw(struct pieces *pieces) {
    struct piece packet = pieces_next(pieces);
    if (!packet.none) {
        give(packet.bytes, packet.n_bytes);
    }
    piece_free(&packet);
}

static void listen(unsigned number) {
    static const int64_t to[] = {VOICE_LISTEN_NONE, VOICE_LISTEN_FIRST, 1, 2};
    voice_engine_listen(&engine, to[number % 4u]);
}

static void follow(uint8_t order, struct pieces *pieces) {
    unsigned number = ORDER_NUMBER(order);
    switch ((enum order)(order & ORDER_MASK)) {
        case ORDER_NEXT:
            clock_us += number * 1000u; // late by so many milliseconds
            give_next(pieces);
            break;
        case ORDER_JUMP:
            move((int8_t)pieces_byte(pieces));
            next.marker = number & 1u;
            give_next(pieces);
            break;
        case ORDER_RAW:
            give_raw(pieces);
            break;
        case ORDER_LOST:
            move(1);
            break;
        case ORDER_TICKS:
            for (unsigned i = 0; i < number && n_frames < FRAMES_MAX; i++) {
                tick();
            }
            break;
        case ORDER_SKIP:
            voice_engine_audio_skip(&engine);
            break;
        case ORDER_LISTEN:
            listen(number);
            break;
        case ORDER_TALKER:
            next.ssrc = 3u - next.ssrc;
            break;
    }
    if (order & ORDER_TICK) {
        tick();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    struct pieces pieces = {.bytes = bytes, .n_left = n_bytes};
    start(pieces_byte(&pieces));
    while (pieces.n_left > 0 && n_frames < FRAMES_MAX) {
        follow(pieces_byte(&pieces), &pieces);
    }
    tick();
    must(voice_engine_stat(&engine, VOICE_STAT_rx_ring_full) == n_refused);
    must(voice_engine_stat(&engine, VOICE_STAT_frames) >= n_frames);
    return 0;
}
