#include "send.h"

#include <string.h>

#include "rtp.h"

void voice_send_init(struct voice_send *send, struct voice_ring *ring, struct voice_stats *stats,
    uint64_t (*now_us)(void)) {
    memset(send, 0, sizeof(*send));
    send->ring = ring;
    send->stats = stats;
    send->now_us = now_us;
}

bool voice_send_configure(struct voice_send *send, const struct voice_config *config,
    void *encoder) {
    send->config = *config;
    send->encoder = encoder;
    send->talking = false;
    if (!config->codec->encoder_init(encoder, &config->options)) {
        send->config.codec = NULL;
    }
    return send->config.codec != NULL;
}

// Every burst starts from a fresh encoder, as its listeners start from a fresh decoder.
void voice_send_start(struct voice_send *send) {
    const struct voice_config *config = &send->config;
    send->talking = false;
    send->released = false;
    if (config->codec == NULL) {
        return;
    }
    if (!config->codec->encoder_init(send->encoder, &config->options)) {
        voice_stats_add(send->stats, VOICE_STAT_tx_failed, 1);
        return;
    }
    send->talking = true;
    send->burst_start = true;
    voice_stats_add(send->stats, VOICE_STAT_tx_bursts, 1);
}

void voice_send_release(struct voice_send *send) {
    send->released = true;
}

void voice_send_stop(struct voice_send *send) {
    send->talking = false;
}

static void capture(struct voice_send *send, const int16_t mic[VOICE_FRAME_SAMPLES]) {
    struct voice_config *config = &send->config;
    uint16_t sequence = config->sequence++;
    struct voice_packet *slot = voice_ring_produce(send->ring);
    if (slot == NULL) {
        voice_stats_add(send->stats, VOICE_STAT_tx_ring_full, 1);
        return;
    }
    uint64_t start_us = send->now_us();
    int n_payload = config->codec->encode(send->encoder, mic, slot->bytes + VOICE_RTP_HEADER_BYTES,
        VOICE_PACKET_MAX_BYTES - VOICE_RTP_HEADER_BYTES);
    voice_load_add(&send->load, send->stats, (uint32_t)(send->now_us() - start_us),
        VOICE_STAT_encode_max_us, VOICE_STAT_encode_mean_us);
    if (n_payload <= 0) {
        voice_stats_add(send->stats, VOICE_STAT_tx_failed, 1);
        return;
    }
    struct voice_rtp rtp = {
        .marker = send->burst_start,
        .payload_type = config->payload_type,
        .sequence = sequence,
        .timestamp = config->timestamp,
        .ssrc = config->ssrc,
    };
    voice_rtp_write(slot->bytes, &rtp);
    slot->n_bytes = (uint16_t)(VOICE_RTP_HEADER_BYTES + (size_t)n_payload);
    slot->arrival_us = start_us;
    send->burst_start = false;
    voice_stats_raise(send->stats, VOICE_STAT_tx_ring_high, voice_ring_commit(send->ring));
    voice_stats_add(send->stats, VOICE_STAT_tx_frames, 1);
}

void voice_send_tick(struct voice_send *send, const int16_t mic[VOICE_FRAME_SAMPLES]) {
    if (send->talking && send->released) {
        capture(send, mic);
    }
    voice_send_skip(send);
}

void voice_send_skip(struct voice_send *send) {
    if (send->config.codec != NULL) {
        send->config.timestamp += send->config.codec->timestamp_step;
    }
}
