#include "receive.h"

#include <string.h>

#include "rtp.h"

// Out of silence and between bursts the loudspeaker comes in over 5 ms.
#define FADE_IN_SAMPLES 80
// Timestamps further apart than this say nothing about the network's jitter.
#define JITTER_GAP_MAX_US 1000000

static void reset(struct voice_receive *receive) {
    const struct voice_codec *codec = receive->codec;
    voice_jitter_init(&receive->jitter, codec == NULL ? 1 : codec->timestamp_step,
        VOICE_JITTER_TARGET_FRAMES);
    receive->transit_known = false;
}

void voice_receive_init(struct voice_receive *receive, struct voice_stats *stats,
    uint64_t (*now_us)(void)) {
    memset(receive, 0, sizeof(*receive));
    receive->stats = stats;
    receive->now_us = now_us;
    receive->listen = VOICE_LISTEN_FIRST;
    reset(receive);
}

bool voice_receive_configure(struct voice_receive *receive, const struct voice_config *config,
    void *decoder) {
    receive->codec = config->codec->decoder_init(decoder) ? config->codec : NULL;
    receive->payload_type = config->payload_type;
    receive->decoder = decoder;
    reset(receive);
    return receive->codec != NULL;
}

void voice_receive_listen(struct voice_receive *receive, int64_t ssrc) {
    // The floor is released before the last words have left the jitter buffer: "anyone" goes on with
    // the talker it has until that burst is played out.
    bool keeps_talker = ssrc == VOICE_LISTEN_FIRST
        || (ssrc > 0 && receive->locked_ssrc == (uint32_t)ssrc);
    if (!keeps_talker || receive->jitter.state == VOICE_JITTER_IDLE) {
        reset(receive);
    }
    receive->listen = ssrc;
}

uint32_t voice_receive_heard_ssrc(const struct voice_receive *receive) {
    return receive->jitter.state != VOICE_JITTER_IDLE ? receive->locked_ssrc : 0u;
}

void voice_receive_skip(struct voice_receive *receive) {
    voice_jitter_skip(&receive->jitter);
}

// --- packets in -------------------------------------------------------------------------------

// RFC 3550 clause 6.4.1, in microseconds and sixteenths of them (appendix A.8).
static void measure_jitter(struct voice_receive *receive, uint32_t timestamp, bool marker,
    uint64_t arrival_us) {
    int64_t ticks = (int32_t)(timestamp - receive->last_timestamp);
    int64_t sent_us = ticks * (int64_t)VOICE_FRAME_US / receive->codec->timestamp_step;
    int64_t difference_us = (int64_t)(arrival_us - receive->last_arrival_us) - sent_us;
    bool usable = receive->transit_known && !marker && difference_us > -JITTER_GAP_MAX_US
        && difference_us < JITTER_GAP_MAX_US;
    receive->transit_known = true;
    receive->last_timestamp = timestamp;
    receive->last_arrival_us = arrival_us;
    if (!usable) {
        return;
    }
    uint32_t deviation_us = (uint32_t)(difference_us < 0 ? -difference_us : difference_us);
    receive->jitter_scaled_us += deviation_us - ((receive->jitter_scaled_us + 8u) >> 4);
    voice_stats_set(receive->stats, VOICE_STAT_jitter_us, receive->jitter_scaled_us >> 4);
}

// Whether this SSRC is the one to play; locks on to the first heard when nobody is being heard.
static bool admit(struct voice_receive *receive, uint32_t ssrc) {
    if (receive->listen == VOICE_LISTEN_NONE) {
        return false;
    }
    if (receive->listen != VOICE_LISTEN_FIRST && (uint32_t)receive->listen != ssrc) {
        return false;
    }
    if (receive->locked_ssrc == ssrc) {
        return true;
    }
    if (receive->jitter.state != VOICE_JITTER_IDLE) {
        return false;
    }
    reset(receive);
    receive->locked_ssrc = ssrc;
    return true;
}

static void count_put(struct voice_receive *receive, enum voice_jitter_put result) {
    switch (result) {
        case VOICE_JITTER_STORED:
            break;
        case VOICE_JITTER_STORED_RESTART:
            voice_stats_add(receive->stats, VOICE_STAT_rx_resyncs, 1);
            break;
        case VOICE_JITTER_DUPLICATE:
            voice_stats_add(receive->stats, VOICE_STAT_rx_duplicate, 1);
            break;
        case VOICE_JITTER_LATE:
        case VOICE_JITTER_SUSPECT:
            voice_stats_add(receive->stats, VOICE_STAT_rx_late, 1);
            break;
    }
}

void voice_receive_packet(struct voice_receive *receive, const struct voice_packet *packet) {
    const struct voice_codec *codec = receive->codec;
    struct voice_rtp rtp;
    const uint8_t *payload;
    size_t n_payload;
    voice_stats_add(receive->stats, VOICE_STAT_rx_packets, 1);
    if (codec == NULL
        || !voice_rtp_read(packet->bytes, packet->n_bytes, &rtp, &payload, &n_payload)
        || rtp.payload_type != receive->payload_type
        || rtp.ssrc == 0 // means "anyone" and "nobody"
        || codec->payload_kind(payload, n_payload) == VOICE_PAYLOAD_BAD) {
        voice_stats_add(receive->stats, VOICE_STAT_rx_bad, 1);
        return;
    }
    if (!admit(receive, rtp.ssrc)) {
        voice_stats_add(receive->stats, VOICE_STAT_rx_foreign, 1);
        return;
    }
    uint16_t n_dropped;
    enum voice_jitter_put result = voice_jitter_put(&receive->jitter, rtp.sequence, rtp.timestamp,
        rtp.marker, payload, n_payload, &n_dropped);
    count_put(receive, result);
    voice_stats_add(receive->stats, VOICE_STAT_rx_overflow, n_dropped);
    if (result == VOICE_JITTER_STORED) {
        measure_jitter(receive, rtp.timestamp, rtp.marker, packet->arrival_us);
    }
}

// --- sound out --------------------------------------------------------------------------------

static void decode(struct voice_receive *receive, const struct voice_jitter_slot *slot,
    int16_t pcm[VOICE_FRAME_SAMPLES]) {
    uint64_t start_us = receive->now_us();
    bool ok = receive->codec->decode(receive->decoder, slot == NULL ? NULL : slot->payload,
        slot == NULL ? 0 : slot->n_bytes, pcm);
    voice_load_add(&receive->load, receive->stats, (uint32_t)(receive->now_us() - start_us),
        VOICE_STAT_decode_max_us, VOICE_STAT_decode_mean_us);
    if (!ok) {
        voice_stats_add(receive->stats, VOICE_STAT_decode_failed, 1);
    } else {
        voice_stats_add(receive->stats, slot == NULL ? VOICE_STAT_concealed : VOICE_STAT_decoded, 1);
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

static void start_burst(struct voice_receive *receive) {
    if (!receive->codec->decoder_init(receive->decoder)) {
        voice_stats_add(receive->stats, VOICE_STAT_decode_failed, 1);
    }
    voice_stats_add(receive->stats, VOICE_STAT_rx_bursts, 1);
}

void voice_receive_tick(struct voice_receive *receive, int16_t speaker[VOICE_FRAME_SAMPLES]) {
    struct voice_jitter_frame frame;
    int16_t second[VOICE_FRAME_SAMPLES];
    voice_jitter_pull(&receive->jitter, &frame);
    if (frame.first) {
        start_burst(receive);
    }
    switch (frame.kind) {
        case VOICE_FRAME_SILENCE:
            memset(speaker, 0, VOICE_FRAME_SAMPLES * sizeof(speaker[0]));
            break;
        case VOICE_FRAME_CONCEAL:
            decode(receive, NULL, speaker);
            break;
        case VOICE_FRAME_PACKET:
            decode(receive, frame.packet, speaker);
            break;
        case VOICE_FRAME_MERGE:
            decode(receive, frame.packet, speaker);
            decode(receive, frame.second, second);
            blend(speaker, second);
            voice_stats_add(receive->stats, VOICE_STAT_merged, 1);
            break;
    }
    if (frame.first) {
        fade_in(speaker);
    }
    if (frame.last) {
        fade_out(speaker);
    }
    voice_stats_add(receive->stats, VOICE_STAT_rx_lost, frame.n_lost);
}
