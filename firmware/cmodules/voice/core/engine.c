#include "engine.h"

#include <string.h>

#include "bytes.h"
#include "vault/core/erase.h"

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
    voice_speaker_init(&engine->speaker);
    voice_srtp_receiver_init(&engine->srtp_receiver);
    voice_srtp_streams_set_own(&engine->srtp_receiver.streams, &engine->srtp_sender.source);
}

// A copy that has been read, or never was, keeps no keys.
static void forget_keys_of(struct voice_wanted *copy) {
    vault_erase(&copy->keyring, sizeof(copy->keyring));
}

// A whole copy takes the place of the one between the sides; one that nobody has read comes back.
static void publish_wanted(struct voice_engine *engine) {
    engine->wanted_copies[engine->wanted_writing] = engine->wanted;
    engine->wanted_writing = __atomic_exchange_n(&engine->wanted_between,
        engine->wanted_writing | WANTED_NEWS, __ATOMIC_ACQ_REL) & WANTED_INDEX;
    forget_keys_of(&engine->wanted_copies[engine->wanted_writing]);
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
    if (engine->wanted.keyring.n_keys > 0 && config->ssrc != engine->wanted.config.ssrc) {
        return VOICE_ERROR_PROTECTED;
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
    engine->wanted.n_grants += talk == VOICE_TALK_ON && engine->wanted.talk == VOICE_TALK_HOLD;
    engine->wanted.talk = talk;
    publish_wanted(engine);
    return VOICE_OK;
}

enum voice_error voice_engine_set_bitrate(struct voice_engine *engine, uint32_t bitrate_bps) {
    struct voice_wanted *wanted = &engine->wanted;
    if (wanted->config.codec == NULL) {
        return VOICE_ERROR_UNCONFIGURED;
    }
    if (!wanted->config.codec->bitrate_ok(bitrate_bps)) {
        return VOICE_ERROR_BITRATE;
    }
    wanted->config.options.bitrate_bps = bitrate_bps;
    wanted->n_bitrates++;
    publish_wanted(engine);
    return VOICE_OK;
}

void voice_engine_set_volume(struct voice_engine *engine, int volume_db) {
    engine->wanted.volume_db = volume_db;
    publish_wanted(engine);
}

void voice_engine_tone(struct voice_engine *engine, enum voice_tone_kind tone) {
    engine->wanted.tone = tone;
    engine->wanted.n_tones++;
    publish_wanted(engine);
}

enum voice_error voice_engine_set_keys(struct voice_engine *engine,
    const struct voice_keyring *keyring, const uint8_t epoch[VOICE_SRTP_EPOCH_BYTES]) {
    if (engine->wanted.config.codec == NULL) {
        return VOICE_ERROR_UNCONFIGURED; // the SSRC is a part of the sender's key
    }
    if (keyring->n_keys == 0 && engine->wanted.talk != VOICE_TALK_OFF) {
        return VOICE_ERROR_TALKING; // what was said under a key does not leave without one
    }
    engine->wanted.keyring = *keyring;
    memcpy(engine->wanted.epoch, epoch, VOICE_SRTP_EPOCH_BYTES);
    engine->wanted.n_keyrings++;
    publish_wanted(engine);
    return VOICE_OK;
}

void voice_engine_forget(struct voice_engine *engine) {
    voice_srtp_sender_forget(&engine->srtp_sender);
    voice_srtp_receiver_forget_keys(&engine->srtp_receiver);
    vault_erase(&engine->keyring, sizeof(engine->keyring));
    vault_erase(&engine->wanted, sizeof(engine->wanted));
    vault_erase(engine->wanted_copies, sizeof(engine->wanted_copies));
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
    engine->wanted_bps = config->options.bitrate_bps;
    voice_send_configure(&engine->send, config, engine->codec_memory);
    voice_receive_configure(&engine->receive, config, engine->codec_memory + n_encoder);
}

// The sequence numbers of protected packets are the key's count, whatever was configured.
static size_t protect_packet(void *sender, uint8_t *packet, size_t n_bytes,
    size_t capacity_bytes) {
    uint16_t sequence;
    if (!voice_srtp_next_sequence(sender, &sequence)) {
        return 0;
    }
    voice_write_u16(packet + 2, sequence);
    return voice_srtp_protect(sender, packet, n_bytes, capacity_bytes);
}

// A key's counter starts here and nowhere else, and never twice: each keyring that is asked for comes
// with an epoch of its own.
static void do_keyring(struct voice_engine *engine, const struct voice_wanted *wanted) {
    voice_srtp_sender_forget(&engine->srtp_sender);
    voice_srtp_receiver_forget_keys(&engine->srtp_receiver);
    engine->keyring = wanted->keyring;
    bool protect = engine->keyring.n_keys > 0;
    if (protect) {
        // Where it fails, the sender holds no key and every packet is refused, and counted. Listeners
        // hear one stream: its sequence numbers go on.
        voice_srtp_sender_init(&engine->srtp_sender, &engine->keyring.keys[0],
            engine->send.config.ssrc, wanted->epoch);
        voice_srtp_sender_start_at(&engine->srtp_sender, engine->send.config.sequence);
    }
    voice_send_protect_with(&engine->send, protect ? protect_packet : NULL, &engine->srtp_sender);
}

// The burst that was there when this was last looked at, if it is not wanted any more. It may have
// been granted and ended since: then what was kept is sent.
static void end_old_burst(struct voice_engine *engine, const struct voice_wanted *wanted) {
    bool goes_on = wanted->talk != VOICE_TALK_OFF && engine->bursts_done == wanted->n_bursts;
    if (goes_on) {
        return;
    }
    if (engine->grants_done != wanted->n_grants
        && (wanted->talk != VOICE_TALK_ON || engine->grants_done + 1u != wanted->n_grants)) {
        voice_send_release(&engine->send);
    }
    voice_send_stop(&engine->send);
}

static void do_talk(struct voice_engine *engine, const struct voice_wanted *wanted) {
    end_old_burst(engine, wanted);
    if (wanted->talk != VOICE_TALK_OFF && engine->bursts_done != wanted->n_bursts) {
        voice_send_start(&engine->send);
    }
    engine->grants_done = wanted->n_grants;
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
    if (engine->keyrings_done != wanted->n_keyrings) {
        engine->keyrings_done = wanted->n_keyrings;
        end_old_burst(engine, wanted); // what was said before leaves under the key of before
        do_keyring(engine, wanted);
    }
    if (engine->bitrates_done != wanted->n_bitrates) {
        engine->bitrates_done = wanted->n_bitrates;
        engine->wanted_bps = wanted->config.options.bitrate_bps;
        voice_send_set_bitrate(&engine->send, engine->wanted_bps);
    }
    if (engine->tones_done != wanted->n_tones) {
        engine->tones_done = wanted->n_tones;
        voice_speaker_start_tone(&engine->speaker, wanted->tone);
    }
    voice_speaker_set_volume(&engine->speaker, wanted->volume_db);
    do_talk(engine, wanted);
    forget_keys_of(&engine->wanted_copies[engine->wanted_reading]);
}

// --- audio side: a frame of time --------------------------------------------------------------

static const enum voice_stat refusals[] = {
    [VOICE_SRTP_MALFORMED] = VOICE_STAT_rx_bad,
    [VOICE_SRTP_UNKNOWN_KEY] = VOICE_STAT_rx_unknown_key,
    [VOICE_SRTP_FORGED] = VOICE_STAT_rx_forged,
    [VOICE_SRTP_REPLAYED] = VOICE_STAT_rx_replayed,
    [VOICE_SRTP_STALE] = VOICE_STAT_rx_stale,
    [VOICE_SRTP_BUSY] = VOICE_STAT_rx_key_busy,
};

// Makes a protected packet a plain one, or counts why not.
static bool open_packet(struct voice_engine *engine, struct voice_packet *packet) {
    size_t n_bytes = packet->n_bytes;
    enum voice_srtp_result result = voice_srtp_unprotect(&engine->srtp_receiver, &engine->keyring,
        packet->bytes, &n_bytes);
    packet->n_bytes = (uint16_t)n_bytes;
    if (result != VOICE_SRTP_OK) {
        voice_stats_add(&engine->stats, VOICE_STAT_rx_packets, 1);
        voice_stats_add(&engine->stats, refusals[result], 1);
    }
    return result == VOICE_SRTP_OK;
}

static void receive_all(struct voice_engine *engine) {
    bool is_protected = engine->keyring.n_keys > 0;
    struct voice_packet *packet;
    while ((packet = voice_ring_consume(&engine->rx)) != NULL) {
        if (!is_protected || open_packet(engine, packet)) {
            voice_receive_packet(&engine->receive, packet);
        }
        voice_ring_release(&engine->rx);
    }
    if (is_protected) {
        voice_srtp_receiver_tick(&engine->srtp_receiver);
    }
}

// Once: what is wanted here afterwards counts again. A request that ends gives back what was wanted.
static void follow_request(struct voice_engine *engine) {
    uint32_t requested_bps = voice_receive_requested_bitrate(&engine->receive);
    if (requested_bps != engine->requested_bps) {
        engine->requested_bps = requested_bps;
        voice_send_follow_request(&engine->send,
            requested_bps != 0 ? requested_bps : engine->wanted_bps);
    }
}

static void publish_heard(struct voice_engine *engine) {
    __atomic_store_n(&engine->heard_ssrc, voice_receive_heard_ssrc(&engine->receive),
        __ATOMIC_RELAXED);
}

void voice_engine_audio_tick(struct voice_engine *engine, int16_t mic[VOICE_FRAME_SAMPLES],
    int16_t speaker[VOICE_FRAME_SAMPLES]) {
    voice_engine_audio_follow(engine);
    if (mic != NULL) {
        voice_send_tick(&engine->send, mic);
    } else {
        voice_send_skip(&engine->send);
    }
    receive_all(engine);
    follow_request(engine);
    voice_receive_tick(&engine->receive, speaker);
    voice_speaker_tick(&engine->speaker, speaker);
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
