#include "receive.h"

#include <string.h>

#include "rtp.h"

// Out of silence and between bursts the loudspeaker comes in over 5 ms.
#define FADE_IN_SAMPLES 80
// So much may be missing from the target before the sound is stretched: a quarter of it, within
// these.
#define SHORTAGE_MIN_SAMPLES 160
#define SHORTAGE_MAX_SAMPLES 240
// So much waits behind the decoder in vain before it is taken out.
#define TRIM_SAMPLES 160u
#define HURRY_SAMPLES 640
#define SAMPLES_PER_MS (VOICE_SAMPLE_RATE_HZ / 1000u)
#define SKIPPED_MAX_FRAMES 50u
// Timestamps further apart than this say nothing about the network's jitter.
#define JITTER_GAP_MAX_US 1000000

static void reset(struct voice_receive *receive) {
    const struct voice_codec *codec = receive->codec;
    voice_jitter_init(&receive->jitter, codec == NULL ? 1 : codec->timestamp_step);
    voice_delay_new_time(&receive->delay);
    voice_timescale_init(&receive->timescale);
    receive->transit_known = false;
    receive->requested_bitrate_bps = 0;
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
    receive->fec = config->options.fec && config->codec->decode_lost != NULL;
    voice_delay_init(&receive->delay, config->codec->timestamp_step, receive->fec);
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

uint32_t voice_receive_requested_bitrate(const struct voice_receive *receive) {
    return receive->requested_bitrate_bps;
}

static void move_clock(struct voice_receive *receive) {
    if (receive->codec != NULL) {
        receive->clock += receive->codec->timestamp_step;
    }
}

void voice_receive_skip(struct voice_receive *receive) {
    voice_jitter_skip(&receive->jitter);
    move_clock(receive);
    receive->skipped_frames += receive->skipped_frames < SKIPPED_MAX_FRAMES;
}

// --- packets in -------------------------------------------------------------------------------

// RFC 3550 clause 6.4.1, in microseconds and sixteenths of them (appendix A.8).
// `begins`: a burst begins, or what was kept for it comes at once.
static void measure_jitter(struct voice_receive *receive, uint32_t timestamp, bool begins,
    uint64_t arrival_us) {
    int64_t ticks = (int32_t)(timestamp - receive->last_timestamp);
    int64_t sent_us = ticks * (int64_t)VOICE_FRAME_US / receive->codec->timestamp_step;
    int64_t difference_us = (int64_t)(arrival_us - receive->last_arrival_us) - sent_us;
    bool usable = receive->transit_known && !begins && difference_us > -JITTER_GAP_MAX_US
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
    if (receive->locked_ssrc != ssrc) {
        voice_delay_new_talker(&receive->delay);
    }
    receive->locked_ssrc = ssrc;
    return true;
}

static void count_put(struct voice_receive *receive, enum voice_jitter_put result) {
    switch (result) {
        case VOICE_JITTER_STORED:
        case VOICE_JITTER_STORED_FIRST:
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

// When a packet came, on the loudspeaker's clock. It cannot have been before the last frame, which
// would have seen it; a clock that says so does not follow the frames.
static uint32_t arrival_of(const struct voice_receive *receive, uint64_t arrival_us) {
    uint64_t age_us = receive->now_us() - arrival_us;
    uint32_t most_us = VOICE_FRAME_US * (receive->skipped_frames + 1u);
    if (age_us > most_us) {
        age_us = most_us;
    }
    return receive->clock - (uint32_t)age_us * receive->codec->timestamp_step / VOICE_FRAME_US;
}

static void learn_delay(struct voice_receive *receive, enum voice_jitter_put result,
    const struct voice_rtp *rtp, uint64_t arrival_us) {
    bool starts = result == VOICE_JITTER_STORED_FIRST || result == VOICE_JITTER_STORED_RESTART;
    if (result == VOICE_JITTER_DUPLICATE || result == VOICE_JITTER_SUSPECT) {
        return;
    }
    if (starts) {
        voice_delay_new_time(&receive->delay);
    }
    voice_delay_arrival(&receive->delay, arrival_of(receive, arrival_us), rtp->timestamp,
        starts || rtp->marker);
    if (result != VOICE_JITTER_LATE) {
        measure_jitter(receive, rtp->timestamp, receive->delay.catching_up, arrival_us);
    }
}

void voice_receive_packet(struct voice_receive *receive, const struct voice_packet *packet) {
    const struct voice_codec *codec = receive->codec;
    struct voice_rtp rtp;
    struct voice_jitter_packet in;
    enum voice_payload_kind kind = VOICE_PAYLOAD_BAD;
    voice_stats_add(receive->stats, VOICE_STAT_rx_packets, 1);
    if (codec != NULL
        && voice_rtp_read(packet->bytes, packet->n_bytes, &rtp, &in.payload, &in.n_bytes)
        && rtp.payload_type == receive->payload_type
        && rtp.ssrc != 0 // means "anyone" and "nobody"
        && in.n_bytes <= VOICE_PAYLOAD_MAX_BYTES) {
        kind = codec->payload_kind(in.payload, in.n_bytes);
    }
    if (kind == VOICE_PAYLOAD_BAD) {
        voice_stats_add(receive->stats, VOICE_STAT_rx_bad, 1);
        return;
    }
    if (!admit(receive, rtp.ssrc)) {
        voice_stats_add(receive->stats, VOICE_STAT_rx_foreign, 1);
        return;
    }
    in.sequence = rtp.sequence;
    in.timestamp = rtp.timestamp;
    in.marker = rtp.marker;
    in.noise = kind == VOICE_PAYLOAD_NOISE;
    uint16_t n_dropped;
    enum voice_jitter_put result = voice_jitter_put(&receive->jitter, &in, &n_dropped);
    count_put(receive, result);
    voice_stats_add(receive->stats, VOICE_STAT_rx_overflow, n_dropped);
    bool is_refused = result == VOICE_JITTER_LATE || result == VOICE_JITTER_DUPLICATE
        || result == VOICE_JITTER_SUSPECT;
    if (!is_refused && codec->requested_bitrate != NULL) {
        receive->requested_bitrate_bps = codec->requested_bitrate(in.payload, in.n_bytes);
    }
    learn_delay(receive, result, &rtp, packet->arrival_us);
}

// --- frames of sound --------------------------------------------------------------------------

static bool decode(struct voice_receive *receive, const struct voice_jitter_slot *slot,
    int16_t pcm[VOICE_FRAME_SAMPLES]) {
    uint64_t start_us = receive->now_us();
    bool ok = receive->codec->decode(receive->decoder, slot == NULL ? NULL : slot->payload,
        slot == NULL ? 0 : slot->n_bytes, pcm);
    voice_load_add(&receive->load, receive->stats, (uint32_t)(receive->now_us() - start_us),
        VOICE_STAT_decode_max_us, VOICE_STAT_decode_mean_us);
    return ok;
}

// `next`: the packet after the lost one, if that is there.
static bool decode_lost(struct voice_receive *receive, const struct voice_jitter_slot *next,
    int16_t pcm[VOICE_FRAME_SAMPLES]) {
    return receive->fec && next != NULL
           && receive->codec->decode_lost(receive->decoder, next->payload, next->n_bytes, pcm);
}

// Makes the frame, and says as what it counts.
static enum voice_stat make(struct voice_receive *receive, const struct voice_jitter_frame *frame,
    int16_t pcm[VOICE_FRAME_SAMPLES]) {
    bool is_lost = frame->kind == VOICE_FRAME_CONCEAL;
    if (is_lost && decode_lost(receive, frame->packet, pcm)) {
        return VOICE_STAT_fec_recovered;
    }
    if (!decode(receive, frame->kind == VOICE_FRAME_PACKET ? frame->packet : NULL, pcm)) {
        return VOICE_STAT_decode_failed;
    }
    if (frame->kind == VOICE_FRAME_PACKET) {
        return VOICE_STAT_decoded;
    }
    return is_lost ? VOICE_STAT_concealed : VOICE_STAT_comfort_noise;
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

static void start_burst(struct voice_receive *receive) {
    if (!receive->codec->decoder_init(receive->decoder)) {
        voice_stats_add(receive->stats, VOICE_STAT_decode_failed, 1);
    }
    voice_stats_add(receive->stats, VOICE_STAT_rx_bursts, 1);
}

// Puts the next frame behind what waits to be played. False when there is silence.
static bool append(struct voice_receive *receive) {
    struct voice_jitter_frame frame;
    voice_jitter_pull(&receive->jitter, voice_delay_due(&receive->delay, receive->clock), &frame);
    voice_stats_add(receive->stats, VOICE_STAT_rx_lost, frame.n_lost);
    voice_stats_add(receive->stats, VOICE_STAT_underruns, frame.underrun);
    if (frame.kind == VOICE_FRAME_SILENCE) {
        return false;
    }
    if (frame.fresh) {
        start_burst(receive);
    }
    int16_t *pcm = voice_timescale_room(&receive->timescale);
    voice_stats_add(receive->stats, make(receive, &frame, pcm), 1);
    if (frame.first) {
        fade_in(pcm);
    }
    if (frame.last) {
        fade_out(pcm);
    }
    voice_timescale_append(&receive->timescale);
    return true;
}

static void fill(struct voice_receive *receive) {
    while (receive->timescale.n_waiting < VOICE_FRAME_SAMPLES && append(receive)) {
    }
}

// --- the delay --------------------------------------------------------------------------------

// In the middle of speech, where the delay can only change by time scaling.
static bool in_speech(const struct voice_receive *receive) {
    const struct voice_jitter *jitter = &receive->jitter;
    return jitter->state == VOICE_JITTER_PLAYING && jitter->timestamp_known && !jitter->pausing
           && jitter->concealed_frames == 0;
}

static int32_t in_samples(const struct voice_receive *receive, int32_t ticks) {
    return ticks * (int32_t)VOICE_FRAME_SAMPLES / receive->codec->timestamp_step;
}

// The more is to be won, the less alike the two ends of a seam may be. Thousandths.
static unsigned likeness_for(int32_t n_samples) {
    if (n_samples < HURRY_SAMPLES) {
        return 920;
    }
    return n_samples < 2 * HURRY_SAMPLES ? 850 : 600;
}

// What waits longer than it must. A whole frame too much: a lag is taken out, and the next frame
// comes forward. Less than that: only what waits here beyond a frame can go.
static void compress(struct voice_receive *receive, int32_t surplus) {
    unsigned over = receive->timescale.n_waiting - VOICE_FRAME_SAMPLES;
    bool frame_to_spare = surplus >= (int32_t)VOICE_FRAME_SAMPLES
        && voice_jitter_follows(&receive->jitter);
    if (!frame_to_spare && over < TRIM_SAMPLES) {
        return;
    }
    unsigned n_samples = voice_timescale_compress(&receive->timescale,
        frame_to_spare ? VOICE_TIMESCALE_LAG_MAX : over, likeness_for(surplus));
    voice_stats_add(receive->stats, VOICE_STAT_compressed, n_samples);
    fill(receive);
}

static bool stretch(struct voice_receive *receive, int32_t shortage) {
    unsigned n_samples = voice_timescale_stretch(&receive->timescale, VOICE_TIMESCALE_LAG_MAX,
        likeness_for(2 * shortage));
    voice_stats_add(receive->stats, VOICE_STAT_stretched, n_samples);
    return n_samples > 0;
}

static int32_t tolerated_shortage(int32_t target) {
    int32_t quarter = target / 4;
    if (quarter < SHORTAGE_MIN_SAMPLES) {
        return SHORTAGE_MIN_SAMPLES;
    }
    return quarter > SHORTAGE_MAX_SAMPLES ? SHORTAGE_MAX_SAMPLES : quarter;
}

// Fills up to a frame, a little faster or slower than time goes, so that samples that have waited
// for so long come to wait for the target.
static void fill_in_speech(struct voice_receive *receive, int32_t waited, int32_t target) {
    int32_t surplus = waited - target;
    bool may_compress = surplus > -tolerated_shortage(target);
    bool is_short = !may_compress;
    if (is_short && receive->timescale.n_waiting >= VOICE_TIMESCALE_HALF) {
        is_short = !stretch(receive, -surplus);
    }
    fill(receive);
    if (receive->timescale.n_waiting < VOICE_FRAME_SAMPLES || !in_speech(receive)) {
        return;
    }
    if (is_short) {
        stretch(receive, -surplus);
    } else if (may_compress) {
        compress(receive, surplus);
    }
}

// In a pause what waits beyond a frame can go unheard.
static void trim_pause(struct voice_receive *receive) {
    if (receive->jitter.pausing && receive->timescale.n_waiting > VOICE_FRAME_SAMPLES) {
        unsigned n_samples = voice_timescale_compress(&receive->timescale,
            receive->timescale.n_waiting - VOICE_FRAME_SAMPLES, 0);
        voice_stats_add(receive->stats, VOICE_STAT_compressed, n_samples);
    }
}

static void tell_delay(struct voice_receive *receive, int32_t waited, int32_t target) {
    int32_t n_samples = waited + receive->timescale.n_waiting;
    voice_stats_set(receive->stats, VOICE_STAT_delay_ms,
        n_samples < 0 ? 0 : (uint32_t)n_samples / SAMPLES_PER_MS);
    voice_stats_set(receive->stats, VOICE_STAT_target_ms, (uint32_t)target / SAMPLES_PER_MS);
}

void voice_receive_tick(struct voice_receive *receive, int16_t speaker[VOICE_FRAME_SAMPLES]) {
    if (in_speech(receive)) {
        int32_t waited = in_samples(receive, voice_delay_waited(&receive->delay, receive->clock,
            receive->jitter.next_timestamp));
        int32_t target = in_samples(receive, (int32_t)voice_delay_target(&receive->delay));
        tell_delay(receive, waited, target);
        fill_in_speech(receive, waited, target);
    } else {
        fill(receive);
        trim_pause(receive);
    }
    voice_timescale_play(&receive->timescale, speaker);
    move_clock(receive);
    receive->skipped_frames = 0;
}
