#include "engine.h"

#include <string.h>

// In wanted_between, beside the index.
#define WANTED_NEWS 4u
#define WANTED_INDEX 3u

// --- control side -----------------------------------------------------------------------------

void voice_engine_init(struct voice_engine *engine, uint64_t (*now_us)(void)) {
    memset(engine, 0, sizeof(*engine));
    engine->now_us = now_us;
    engine->wanted.listen = VOICE_LISTEN_FIRST;
    engine->wanted_writing = 0;
    engine->wanted_reading = 1;
    engine->wanted_between = 2;
    voice_ring_init(&engine->tx);
    voice_ring_init(&engine->rx);
    voice_send_init(&engine->send, &engine->tx, &engine->stats, now_us);
    voice_receive_init(&engine->receive, &engine->stats, now_us);
}

// A whole copy takes the place of the one between the sides; one that nobody has read comes back.
static void publish_wanted(struct voice_engine *engine) {
    engine->wanted_copies[engine->wanted_writing] = engine->wanted;
    engine->wanted_writing = __atomic_exchange_n(&engine->wanted_between,
        engine->wanted_writing | WANTED_NEWS, __ATOMIC_ACQ_REL) & WANTED_INDEX;
}

enum voice_error voice_engine_configure(struct voice_engine *engine,
    const struct voice_config *config) {
    const struct voice_codec *codec = config->codec;
    if (engine->wanted.talk != VOICE_TALK_OFF) {
        return VOICE_ERROR_TALKING;
    }
    if (codec == NULL
        || codec->encoder_bytes() > VOICE_CODEC_MEMORY_BYTES
        || codec->decoder_bytes() + VOICE_CODEC_ALIGN
        > VOICE_CODEC_MEMORY_BYTES - codec->encoder_bytes()) {
        return VOICE_ERROR_CODEC;
    }
    if (!codec->bitrate_ok(config->options.bitrate_bps)) {
        return VOICE_ERROR_BITRATE;
    }
    if (config->payload_type > 127u) {
        return VOICE_ERROR_PAYLOAD_TYPE;
    }
    engine->wanted.config = *config;
    engine->wanted.n_configures++;
    publish_wanted(engine);
    return VOICE_OK;
}

enum voice_error voice_engine_talk(struct voice_engine *engine, enum voice_talk talk) {
    if (talk != VOICE_TALK_OFF && engine->wanted.config.codec == NULL) {
        return VOICE_ERROR_UNCONFIGURED;
    }
    engine->wanted.n_bursts += talk != VOICE_TALK_OFF && engine->wanted.talk == VOICE_TALK_OFF;
    engine->wanted.talk = talk;
    publish_wanted(engine);
    return VOICE_OK;
}

void voice_engine_listen(struct voice_engine *engine, int64_t ssrc) {
    engine->wanted.listen = ssrc;
    engine->wanted.n_listens++;
    publish_wanted(engine);
}

uint32_t voice_engine_heard_ssrc(const struct voice_engine *engine) {
    return __atomic_load_n(&engine->heard_ssrc, __ATOMIC_RELAXED);
}

const struct voice_packet *voice_engine_take(struct voice_engine *engine) {
    return voice_ring_consume(&engine->tx);
}

void voice_engine_taken(struct voice_engine *engine) {
    voice_ring_release(&engine->tx);
}

bool voice_engine_give(struct voice_engine *engine, const uint8_t *packet, size_t n_bytes) {
    struct voice_packet *slot = voice_ring_produce(&engine->rx);
    if (slot == NULL) {
        voice_stats_add(&engine->stats, VOICE_STAT_rx_ring_full, 1);
        return false;
    }
    slot->arrival_us = engine->now_us();
    // What does not fit cannot be ours; it goes in empty, so that the audio side counts it as bad.
    slot->n_bytes = n_bytes <= VOICE_PACKET_MAX_BYTES ? (uint16_t)n_bytes : 0;
    if (slot->n_bytes > 0) {
        memcpy(slot->bytes, packet, slot->n_bytes);
    }
    voice_stats_raise(&engine->stats, VOICE_STAT_rx_ring_high, voice_ring_commit(&engine->rx));
    return true;
}

// --- audio side: what is wanted ---------------------------------------------------------------

static void do_configure(struct voice_engine *engine, const struct voice_config *config) {
    size_t n_encoder = (config->codec->encoder_bytes() + VOICE_CODEC_ALIGN - 1u)
        & ~(size_t)(VOICE_CODEC_ALIGN - 1u);
    voice_send_configure(&engine->send, config, engine->codec_memory);
    voice_receive_configure(&engine->receive, config, engine->codec_memory + n_encoder);
}

static void do_talk(struct voice_engine *engine, const struct voice_wanted *wanted) {
    if (wanted->talk == VOICE_TALK_OFF) {
        voice_send_stop(&engine->send);
    } else if (engine->bursts_done != wanted->n_bursts) {
        voice_send_start(&engine->send);
    }
    if (wanted->talk == VOICE_TALK_ON) {
        voice_send_release(&engine->send);
    }
    engine->bursts_done = wanted->n_bursts;
}

void voice_engine_audio_follow(struct voice_engine *engine) {
    if (!(__atomic_load_n(&engine->wanted_between, __ATOMIC_RELAXED) & WANTED_NEWS)) {
        return;
    }
    engine->wanted_reading = __atomic_exchange_n(&engine->wanted_between, engine->wanted_reading,
        __ATOMIC_ACQ_REL) & WANTED_INDEX;
    const struct voice_wanted *wanted = &engine->wanted_copies[engine->wanted_reading];
    if (engine->configures_done != wanted->n_configures) {
        engine->configures_done = wanted->n_configures;
        do_configure(engine, &wanted->config);
    }
    if (engine->listens_done != wanted->n_listens) {
        engine->listens_done = wanted->n_listens;
        voice_receive_listen(&engine->receive, wanted->listen);
    }
    do_talk(engine, wanted);
}

// --- audio side: a frame of time --------------------------------------------------------------

static void receive_all(struct voice_engine *engine) {
    const struct voice_packet *packet;
    while ((packet = voice_ring_consume(&engine->rx)) != NULL) {
        voice_receive_packet(&engine->receive, packet);
        voice_ring_release(&engine->rx);
    }
}

static void publish_heard(struct voice_engine *engine) {
    __atomic_store_n(&engine->heard_ssrc, voice_receive_heard_ssrc(&engine->receive),
        __ATOMIC_RELAXED);
}

void voice_engine_audio_tick(struct voice_engine *engine, const int16_t mic[VOICE_FRAME_SAMPLES],
    int16_t speaker[VOICE_FRAME_SAMPLES]) {
    voice_engine_audio_follow(engine);
    voice_send_tick(&engine->send, mic);
    receive_all(engine);
    voice_receive_tick(&engine->receive, speaker);
    publish_heard(engine);
    voice_stats_add(&engine->stats, VOICE_STAT_frames, 1);
}

void voice_engine_audio_skip(struct voice_engine *engine) {
    voice_engine_audio_follow(engine);
    voice_send_skip(&engine->send);
    voice_receive_skip(&engine->receive);
    voice_stats_add(&engine->stats, VOICE_STAT_frames, 1);
    voice_stats_add(&engine->stats, VOICE_STAT_io_overruns, 1);
    voice_stats_add(&engine->stats, VOICE_STAT_io_underruns, 1);
}

uint32_t voice_engine_stat(const struct voice_engine *engine, enum voice_stat stat) {
    return voice_stats_get(&engine->stats, stat);
}

void voice_engine_audio_set_stat(struct voice_engine *engine, enum voice_stat stat,
    uint32_t value) {
    voice_stats_set(&engine->stats, stat, value);
}
