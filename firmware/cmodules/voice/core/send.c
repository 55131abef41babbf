#include "send.h"

#include <string.h>

#include "rtp.h"

// Packets in a frame of time at most while the burst catches up.
#define CATCH_UP_PACKETS 4u

// Silence that is sent before speech, so that no soft beginning is cut: 40 ms.
#define LEAD_IN_FRAMES 2u

void voice_send_init(struct voice_send *send, struct voice_ring *ring, struct voice_stats *stats,
    uint64_t (*now_us)(void)) {
    memset(send, 0, sizeof(*send));
    send->ring = ring;
    send->stats = stats;
    send->now_us = now_us;
    voice_highpass_init(&send->highpass);
    voice_vad_init(&send->vad);
    voice_agc_init(&send->agc);
}

bool voice_send_configure(struct voice_send *send, const struct voice_config *config,
    void *encoder) {
    voice_send_stop(send);
    send->config = *config;
    send->encoder = encoder;
    if (!config->codec->encoder_init(encoder, &config->options)) {
        send->config.codec = NULL;
    }
    return send->config.codec != NULL;
}

void voice_send_protect_with(struct voice_send *send, voice_protect *protect, void *context) {
    send->protect = protect;
    send->protect_context = context;
}

bool voice_send_set_bitrate(struct voice_send *send, uint32_t bitrate_bps) {
    struct voice_config *config = &send->config;
    if (config->codec == NULL || !config->codec->bitrate_ok(bitrate_bps)) {
        return false;
    }
    if (bitrate_bps == config->options.bitrate_bps) {
        return true;
    }
    if (!config->codec->encoder_set_bitrate(send->encoder, bitrate_bps)) {
        return false;
    }
    config->options.bitrate_bps = bitrate_bps;
    voice_stats_add(send->stats, VOICE_STAT_tx_mode_changes, 1);
    return true;
}

void voice_send_follow_request(struct voice_send *send, uint32_t bitrate_bps) {
    if (send->config.follow_requests) {
        voice_send_set_bitrate(send, bitrate_bps);
    }
}

// --- backlog to ring --------------------------------------------------------------------------

// The stream's time goes on by a frame.
static void advance(struct voice_send *send) {
    send->timestamp += send->config.codec->timestamp_step;
}

// Before its first packet a burst has time of its own to lose; then the stream gets shorter instead.
static void leave_out_oldest(struct voice_send *send) {
    voice_stats_add(send->stats, VOICE_STAT_tx_skipped, 1);
    voice_backlog_drop(&send->backlog);
    if (!send->begun) {
        advance(send);
    }
}

// A listener who gets no packet for it conceals it.
static void lose_oldest(struct voice_send *send) {
    voice_stats_add(send->stats,
        send->released ? VOICE_STAT_tx_ring_full : VOICE_STAT_tx_dropped_held, 1);
    voice_backlog_drop(&send->backlog);
    send->config.sequence = (uint16_t)(send->config.sequence + send->begun);
    advance(send);
}

// Silence far from speech is left out while more than the newest frames wait. What comfort noise says
// to a decoder in the middle of a burst it must hear.
static bool oldest_is_needless(const struct voice_send *send) {
    const struct voice_backlog *backlog = &send->backlog;
    if (backlog->n_frames <= LEAD_IN_FRAMES
        || (send->begun && voice_backlog_at(backlog, 0)->noise)) {
        return false;
    }
    for (unsigned i = 0; i <= LEAD_IN_FRAMES; i++) {
        if (voice_backlog_at(backlog, i)->speech) {
            return false;
        }
    }
    return true;
}

static void make_room(struct voice_send *send) {
    if (oldest_is_needless(send)) {
        leave_out_oldest(send);
    } else {
        lose_oldest(send);
    }
}

// Marker bit: first packet of the burst, and first speech after a pause (RFC 3551 clause 4.1,
// RFC 4867 clause 4.1). Returns the packet's length, 0 when it must not leave.
static size_t write_packet(struct voice_send *send, const struct voice_backlog_frame *frame,
    uint8_t bytes[VOICE_PACKET_MAX_BYTES]) {
    const struct voice_rtp rtp = {
        .marker = !send->begun || (send->pausing && !frame->noise),
        .payload_type = send->config.payload_type,
        .sequence = send->config.sequence++,
        .timestamp = send->timestamp,
        .ssrc = send->config.ssrc,
    };
    voice_rtp_write(bytes, &rtp);
    memcpy(bytes + VOICE_RTP_HEADER_BYTES, frame->payload, frame->n_bytes);
    size_t n_bytes = VOICE_RTP_HEADER_BYTES + frame->n_bytes;
    if (send->protect == NULL) {
        return n_bytes;
    }
    return send->protect(send->protect_context, bytes, n_bytes, VOICE_PACKET_MAX_BYTES);
}

static void send_oldest(struct voice_send *send, struct voice_packet *slot) {
    const struct voice_backlog_frame *frame = voice_backlog_at(&send->backlog, 0);
    size_t n_bytes = write_packet(send, frame, slot->bytes);
    send->begun = true;
    send->pausing = frame->noise;
    voice_backlog_drop(&send->backlog);
    advance(send);
    if (n_bytes == 0) {
        voice_stats_add(send->stats, VOICE_STAT_tx_protect_failed, 1);
        return;
    }
    slot->n_bytes = (uint16_t)n_bytes;
    slot->arrival_us = send->now_us();
    voice_stats_raise(send->stats, VOICE_STAT_tx_ring_high, voice_ring_commit(send->ring));
    voice_stats_add(send->stats, VOICE_STAT_tx_frames, 1);
}

// Sends up to so many packets of what waits, once that is released.
static void send_waiting(struct voice_send *send, unsigned n_packets_max) {
    unsigned n_packets = 0;
    while (send->released && send->backlog.n_frames > 0 && n_packets < n_packets_max) {
        if (oldest_is_needless(send)) {
            leave_out_oldest(send);
            continue;
        }
        struct voice_packet *slot = voice_ring_produce(send->ring);
        if (slot == NULL) {
            return;
        }
        send_oldest(send, slot);
        n_packets++;
    }
}

// --- bursts -----------------------------------------------------------------------------------

// Every burst starts from a fresh encoder, as its listeners start from a fresh decoder.
void voice_send_start(struct voice_send *send) {
    const struct voice_config *config = &send->config;
    voice_send_stop(send);
    if (config->codec == NULL) {
        return;
    }
    if (!config->codec->encoder_init(send->encoder, &config->options)) {
        voice_stats_add(send->stats, VOICE_STAT_tx_failed, 1);
        return;
    }
    send->talking = true;
    send->released = false;
    send->begun = false;
    send->pausing = false;
    send->timestamp = config->timestamp;
    voice_backlog_clear(&send->backlog);
    voice_stats_add(send->stats, VOICE_STAT_tx_bursts, 1);
}

void voice_send_release(struct voice_send *send) {
    send->released = true;
}

void voice_send_stop(struct voice_send *send) {
    if (send->talking && send->released) {
        send_waiting(send, VOICE_BACKLOG_FRAMES);
        voice_stats_add(send->stats, VOICE_STAT_tx_ring_full, send->backlog.n_frames);
    }
    send->talking = false;
}

// --- a frame of time --------------------------------------------------------------------------

// A frame of the burst that has no payload. While others wait the stream gets shorter by it.
static void pass_without_payload(struct voice_send *send) {
    if (!send->begun || send->backlog.n_frames == 0) {
        advance(send);
    }
}

static int encode(struct voice_send *send, const int16_t pcm[VOICE_FRAME_SAMPLES],
    uint8_t payload[VOICE_ENCODED_MAX_BYTES]) {
    uint64_t start_us = send->now_us();
    int n_bytes = send->config.codec->encode(send->encoder, pcm, payload, VOICE_ENCODED_MAX_BYTES);
    voice_load_add(&send->load, send->stats, (uint32_t)(send->now_us() - start_us),
        VOICE_STAT_encode_max_us, VOICE_STAT_encode_mean_us);
    return n_bytes;
}

static void capture(struct voice_send *send, const int16_t pcm[VOICE_FRAME_SAMPLES]) {
    struct voice_backlog *backlog = &send->backlog;
    if (backlog->n_frames == VOICE_BACKLOG_FRAMES) {
        make_room(send);
    }
    struct voice_backlog_frame *frame = voice_backlog_next(backlog);
    int n_bytes = encode(send, pcm, frame->payload);
    if (n_bytes <= 0) {
        voice_stats_add(send->stats, VOICE_STAT_tx_failed, n_bytes < 0);
        send->pausing = send->pausing
            || (n_bytes == VOICE_ENCODE_NOTHING && backlog->n_frames == 0);
        pass_without_payload(send);
        return;
    }
    frame->n_bytes = (uint8_t)n_bytes;
    frame->noise = send->config.codec->payload_kind(frame->payload, frame->n_bytes)
        == VOICE_PAYLOAD_NOISE;
    frame->speech = send->vad.speech && !frame->noise;
    voice_backlog_commit(backlog);
    if (!send->released) {
        voice_stats_raise(send->stats, VOICE_STAT_tx_held_max, backlog->n_frames);
    }
}

static void count_time(struct voice_send *send) {
    if (send->config.codec != NULL) {
        send->config.timestamp += send->config.codec->timestamp_step;
    }
}

void voice_send_tick(struct voice_send *send, int16_t mic[VOICE_FRAME_SAMPLES]) {
    voice_highpass_tick(&send->highpass, mic, mic);
    voice_vad_tick(&send->vad, mic);
    if (send->talking) {
        if (send->config.agc) {
            voice_agc_tick(&send->agc, &send->vad, mic);
        }
        send_waiting(send, CATCH_UP_PACKETS - 1u);
        capture(send, mic);
        send_waiting(send, 1);
    }
    count_time(send);
}

void voice_send_skip(struct voice_send *send) {
    if (send->talking) {
        pass_without_payload(send);
    }
    count_time(send);
}
