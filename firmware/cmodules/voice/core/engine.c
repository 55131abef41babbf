#include "engine.h"

#include <string.h>

#include "rtp.h"

// Out of silence and between bursts the loudspeaker comes in over 5 ms.
#define FADE_IN_SAMPLES 80
// Timestamps further apart than this say nothing about the network's jitter.
#define JITTER_GAP_MAX_US 1000000
// In wanted_between, beside the index.
#define WANTED_NEWS 4u
#define WANTED_INDEX 3u

// --- statistics: one writer each, read from the other side ------------------------------------

static void set_stat(struct voice_engine *engine, enum voice_stat stat, uint32_t value) {
    __atomic_store_n(&engine->stats[stat], value, __ATOMIC_RELAXED);
}

static void add_stat(struct voice_engine *engine, enum voice_stat stat, uint32_t value) {
    set_stat(engine, stat, engine->stats[stat] + value);
}

static void raise_stat(struct voice_engine *engine, enum voice_stat stat, uint32_t value) {
    if (value > engine->stats[stat]) {
        set_stat(engine, stat, value);
    }
}

uint32_t voice_engine_stat(const struct voice_engine *engine, enum voice_stat stat) {
    return __atomic_load_n(&engine->stats[stat], __ATOMIC_RELAXED);
}

void voice_engine_audio_set_stat(struct voice_engine *engine, enum voice_stat stat,
    uint32_t value) {
    set_stat(engine, stat, value);
}

static void add_load(struct voice_engine *engine, struct voice_load *load, uint64_t start_us,
    enum voice_stat max, enum voice_stat mean) {
    uint32_t us = (uint32_t)(engine->now_us() - start_us);
    load->total_us += us;
    load->count++;
    raise_stat(engine, max, us);
    set_stat(engine, mean, (uint32_t)(load->total_us / load->count));
}

// --- control side -----------------------------------------------------------------------------

void voice_engine_init(struct voice_engine *engine, uint64_t (*now_us)(void)) {
    memset(engine, 0, sizeof(*engine));
    engine->now_us = now_us;
    engine->listen = VOICE_LISTEN_FIRST;
    engine->wanted.listen = VOICE_LISTEN_FIRST;
    engine->wanted_writing = 0;
    engine->wanted_reading = 1;
    engine->wanted_between = 2;
    voice_ring_init(&engine->tx);
    voice_ring_init(&engine->rx);
    voice_jitter_init(&engine->jitter, 1, VOICE_JITTER_TARGET_FRAMES);
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
    if (engine->wanted.talk) {
        return VOICE_ERROR_TALKING;
    }
    if (codec == NULL
        || codec->encoder_bytes() > VOICE_CODEC_MEMORY_BYTES
        || codec->decoder_bytes() + VOICE_CODEC_ALIGN
        > VOICE_CODEC_MEMORY_BYTES - codec->encoder_bytes()) {
        return VOICE_ERROR_CODEC;
    }
    if (!codec->bitrate_ok(config->bitrate_bps)) {
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

enum voice_error voice_engine_talk(struct voice_engine *engine, bool on) {
    if (on && engine->wanted.config.codec == NULL) {
        return VOICE_ERROR_UNCONFIGURED;
    }
    engine->wanted.n_bursts += on && !engine->wanted.talk;
    engine->wanted.talk = on;
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
        add_stat(engine, VOICE_STAT_rx_ring_full, 1);
        return false;
    }
    slot->arrival_us = engine->now_us();
    // What does not fit cannot be ours; it goes in empty, so that the audio side counts it as bad.
    slot->n_bytes = n_bytes <= VOICE_PACKET_MAX_BYTES ? (uint16_t)n_bytes : 0;
    if (slot->n_bytes > 0) {
        memcpy(slot->bytes, packet, slot->n_bytes);
    }
    raise_stat(engine, VOICE_STAT_rx_ring_high, voice_ring_commit(&engine->rx));
    return true;
}

// --- audio side: what is wanted ---------------------------------------------------------------

static void reset_receiver(struct voice_engine *engine) {
    const struct voice_codec *codec = engine->config.codec;
    voice_jitter_init(&engine->jitter, codec == NULL ? 1 : codec->timestamp_step,
        VOICE_JITTER_TARGET_FRAMES);
    engine->transit_known = false;
}

static void do_configure(struct voice_engine *engine, const struct voice_config *config) {
    const struct voice_codec *codec = config->codec;
    engine->config = *config;
    size_t n_encoder = (codec->encoder_bytes() + VOICE_CODEC_ALIGN - 1u)
        & ~(size_t)(VOICE_CODEC_ALIGN - 1u);
    engine->encoder = engine->codec_memory;
    engine->decoder = engine->codec_memory + n_encoder;
    if (!codec->encoder_init(engine->encoder, config->bitrate_bps)
        || !codec->decoder_init(engine->decoder)) {
        engine->config.codec = NULL;
    }
    engine->talking = false;
    reset_receiver(engine);
}

// Every burst starts from a fresh encoder, as its listeners start from a fresh decoder.
static bool start_talking(struct voice_engine *engine) {
    const struct voice_config *config = &engine->config;
    if (config->codec == NULL) {
        return false;
    }
    if (!config->codec->encoder_init(engine->encoder, config->bitrate_bps)) {
        add_stat(engine, VOICE_STAT_tx_failed, 1);
        return false;
    }
    engine->burst_start = true;
    add_stat(engine, VOICE_STAT_tx_bursts, 1);
    return true;
}

static void do_listen(struct voice_engine *engine, int64_t ssrc) {
    // The floor is released before the last words have left the jitter buffer: "anyone" goes on with
    // the talker it has until that burst is played out.
    bool keeps_talker = ssrc == VOICE_LISTEN_FIRST || (ssrc > 0 && engine->locked_ssrc == (uint32_t)ssrc);
    if (!keeps_talker || engine->jitter.state == VOICE_JITTER_IDLE) {
        reset_receiver(engine);
    }
    engine->listen = ssrc;
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
        do_listen(engine, wanted->listen);
    }
    if (!wanted->talk) {
        engine->talking = false;
    } else if (engine->bursts_done != wanted->n_bursts) {
        engine->talking = start_talking(engine);
    }
    engine->bursts_done = wanted->n_bursts;
}

// --- audio side: microphone to ring -----------------------------------------------------------

static void capture(struct voice_engine *engine, const int16_t mic[VOICE_FRAME_SAMPLES]) {
    struct voice_config *config = &engine->config;
    uint16_t sequence = config->sequence++;
    struct voice_packet *slot = voice_ring_produce(&engine->tx);
    if (slot == NULL) {
        add_stat(engine, VOICE_STAT_tx_ring_full, 1);
        return;
    }
    uint64_t start_us = engine->now_us();
    size_t n_payload = config->codec->encode(engine->encoder, mic,
        slot->bytes + VOICE_RTP_HEADER_BYTES, VOICE_PACKET_MAX_BYTES - VOICE_RTP_HEADER_BYTES);
    add_load(engine, &engine->encode_load, start_us, VOICE_STAT_encode_max_us,
        VOICE_STAT_encode_mean_us);
    if (n_payload == 0) {
        add_stat(engine, VOICE_STAT_tx_failed, 1);
        return;
    }
    struct voice_rtp rtp = {
        .marker = engine->burst_start,
        .payload_type = config->payload_type,
        .sequence = sequence,
        .timestamp = config->timestamp,
        .ssrc = config->ssrc,
    };
    voice_rtp_write(slot->bytes, &rtp);
    slot->n_bytes = (uint16_t)(VOICE_RTP_HEADER_BYTES + n_payload);
    slot->arrival_us = start_us;
    engine->burst_start = false;
    raise_stat(engine, VOICE_STAT_tx_ring_high, voice_ring_commit(&engine->tx));
    add_stat(engine, VOICE_STAT_tx_frames, 1);
}

// --- audio side: ring to loudspeaker ----------------------------------------------------------

// RFC 3550 clause 6.4.1, in microseconds and sixteenths of them (appendix A.8).
static void measure_jitter(struct voice_engine *engine, uint32_t timestamp, bool marker,
    uint64_t arrival_us) {
    int64_t ticks = (int32_t)(timestamp - engine->last_timestamp);
    int64_t sent_us = ticks * (int64_t)VOICE_FRAME_US / engine->config.codec->timestamp_step;
    int64_t difference_us = (int64_t)(arrival_us - engine->last_arrival_us) - sent_us;
    bool usable = engine->transit_known && !marker && difference_us > -JITTER_GAP_MAX_US
        && difference_us < JITTER_GAP_MAX_US;
    engine->transit_known = true;
    engine->last_timestamp = timestamp;
    engine->last_arrival_us = arrival_us;
    if (!usable) {
        return;
    }
    uint32_t deviation_us = (uint32_t)(difference_us < 0 ? -difference_us : difference_us);
    engine->jitter_scaled_us += deviation_us - ((engine->jitter_scaled_us + 8u) >> 4);
    set_stat(engine, VOICE_STAT_jitter_us, engine->jitter_scaled_us >> 4);
}

// Whether this SSRC is the one to play; locks on to the first heard when nobody is being heard.
static bool admit(struct voice_engine *engine, uint32_t ssrc) {
    if (engine->listen == VOICE_LISTEN_NONE) {
        return false;
    }
    if (engine->listen != VOICE_LISTEN_FIRST && (uint32_t)engine->listen != ssrc) {
        return false;
    }
    if (engine->locked_ssrc == ssrc) {
        return true;
    }
    if (engine->jitter.state != VOICE_JITTER_IDLE) {
        return false;
    }
    reset_receiver(engine);
    engine->locked_ssrc = ssrc;
    return true;
}

static void count_put(struct voice_engine *engine, enum voice_jitter_put result) {
    switch (result) {
        case VOICE_JITTER_STORED:
            break;
        case VOICE_JITTER_STORED_RESTART:
            add_stat(engine, VOICE_STAT_rx_resyncs, 1);
            break;
        case VOICE_JITTER_DUPLICATE:
            add_stat(engine, VOICE_STAT_rx_duplicate, 1);
            break;
        case VOICE_JITTER_LATE:
        case VOICE_JITTER_SUSPECT:
            add_stat(engine, VOICE_STAT_rx_late, 1);
            break;
    }
}

static void receive(struct voice_engine *engine, const struct voice_packet *packet) {
    const struct voice_codec *codec = engine->config.codec;
    struct voice_rtp rtp;
    const uint8_t *payload;
    size_t n_payload;
    add_stat(engine, VOICE_STAT_rx_packets, 1);
    if (codec == NULL
        || !voice_rtp_read(packet->bytes, packet->n_bytes, &rtp, &payload, &n_payload)
        || rtp.payload_type != engine->config.payload_type
        || rtp.ssrc == 0 // means "anyone" and "nobody"
        || !codec->payload_ok(payload, n_payload)) {
        add_stat(engine, VOICE_STAT_rx_bad, 1);
        return;
    }
    if (!admit(engine, rtp.ssrc)) {
        add_stat(engine, VOICE_STAT_rx_foreign, 1);
        return;
    }
    uint16_t n_dropped;
    enum voice_jitter_put result = voice_jitter_put(&engine->jitter, rtp.sequence, rtp.timestamp,
        rtp.marker, payload, n_payload, &n_dropped);
    count_put(engine, result);
    add_stat(engine, VOICE_STAT_rx_overflow, n_dropped);
    if (result == VOICE_JITTER_STORED) {
        measure_jitter(engine, rtp.timestamp, rtp.marker, packet->arrival_us);
    }
}

static void receive_all(struct voice_engine *engine) {
    const struct voice_packet *packet;
    while ((packet = voice_ring_consume(&engine->rx)) != NULL) {
        receive(engine, packet);
        voice_ring_release(&engine->rx);
    }
}

static void decode(struct voice_engine *engine, const struct voice_jitter_slot *slot,
    int16_t pcm[VOICE_FRAME_SAMPLES]) {
    uint64_t start_us = engine->now_us();
    bool ok = engine->config.codec->decode(engine->decoder, slot == NULL ? NULL : slot->payload,
        slot == NULL ? 0 : slot->n_bytes, pcm);
    add_load(engine, &engine->decode_load, start_us, VOICE_STAT_decode_max_us,
        VOICE_STAT_decode_mean_us);
    if (!ok) {
        add_stat(engine, VOICE_STAT_decode_failed, 1);
    } else {
        add_stat(engine, slot == NULL ? VOICE_STAT_concealed : VOICE_STAT_decoded, 1);
    }
}

static void fade_in(int16_t pcm[VOICE_FRAME_SAMPLES]) {
    for (int i = 0; i < FADE_IN_SAMPLES; i++) {
        pcm[i] = (int16_t)(pcm[i] * i / FADE_IN_SAMPLES);
    }
}

static void fade_out(int16_t pcm[VOICE_FRAME_SAMPLES]) {
    int n_samples = (int)VOICE_FRAME_SAMPLES;
    for (int i = 0; i < n_samples; i++) {
        pcm[i] = (int16_t)(pcm[i] * (n_samples - 1 - i) / n_samples);
    }
}

// From the first frame over into the second.
static void blend(int16_t pcm[VOICE_FRAME_SAMPLES], const int16_t second[VOICE_FRAME_SAMPLES]) {
    int n_samples = (int)VOICE_FRAME_SAMPLES;
    for (int i = 0; i < n_samples; i++) {
        pcm[i] = (int16_t)((pcm[i] * (n_samples - i) + second[i] * i) / n_samples);
    }
}

static void start_burst(struct voice_engine *engine) {
    if (!engine->config.codec->decoder_init(engine->decoder)) {
        add_stat(engine, VOICE_STAT_decode_failed, 1);
    }
    add_stat(engine, VOICE_STAT_rx_bursts, 1);
}

static void play(struct voice_engine *engine, int16_t speaker[VOICE_FRAME_SAMPLES]) {
    struct voice_jitter_frame frame;
    int16_t second[VOICE_FRAME_SAMPLES];
    voice_jitter_pull(&engine->jitter, &frame);
    if (frame.first) {
        start_burst(engine);
    }
    switch (frame.kind) {
        case VOICE_FRAME_SILENCE:
            memset(speaker, 0, VOICE_FRAME_SAMPLES * sizeof(speaker[0]));
            break;
        case VOICE_FRAME_CONCEAL:
            decode(engine, NULL, speaker);
            break;
        case VOICE_FRAME_PACKET:
            decode(engine, frame.packet, speaker);
            break;
        case VOICE_FRAME_MERGE:
            decode(engine, frame.packet, speaker);
            decode(engine, frame.second, second);
            blend(speaker, second);
            add_stat(engine, VOICE_STAT_merged, 1);
            break;
    }
    if (frame.first) {
        fade_in(speaker);
    }
    if (frame.last) {
        fade_out(speaker);
    }
    add_stat(engine, VOICE_STAT_rx_lost, frame.n_lost);
}

static void publish_heard(struct voice_engine *engine) {
    bool hearing = engine->jitter.state != VOICE_JITTER_IDLE;
    __atomic_store_n(&engine->heard_ssrc, hearing ? engine->locked_ssrc : 0u, __ATOMIC_RELAXED);
}

static void pass_time(struct voice_engine *engine) {
    if (engine->config.codec != NULL) {
        engine->config.timestamp += engine->config.codec->timestamp_step;
    }
    add_stat(engine, VOICE_STAT_frames, 1);
}

void voice_engine_audio_tick(struct voice_engine *engine, const int16_t mic[VOICE_FRAME_SAMPLES],
    int16_t speaker[VOICE_FRAME_SAMPLES]) {
    voice_engine_audio_follow(engine);
    if (engine->talking) {
        capture(engine, mic);
    }
    receive_all(engine);
    play(engine, speaker);
    publish_heard(engine);
    pass_time(engine);
}

void voice_engine_audio_skip(struct voice_engine *engine) {
    voice_engine_audio_follow(engine);
    voice_jitter_skip(&engine->jitter);
    pass_time(engine);
    add_stat(engine, VOICE_STAT_io_overruns, 1);
    add_stat(engine, VOICE_STAT_io_underruns, 1);
}
