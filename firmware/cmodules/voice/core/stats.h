// The engine's statistics: one list, from which come the enumeration and the names in Python.
// Counters are 32 bits, run on from voice_engine_init() and wrap.
#ifndef VOICE_STATS_H
#define VOICE_STATS_H

#include <stdint.h>

#define VOICE_STATS(X) \
    X(frames)                 /* frames of the audio device, skipped ones included */ \
    X(tx_frames)              /* frames encoded and put into the transmit ring */ \
    X(tx_bursts)              /* talk bursts started */ \
    X(tx_failed)              /* frames the encoder refused */ \
    X(tx_ring_full)           /* frames lost because nobody took packets */ \
    X(tx_ring_high)           /* most packets that ever waited to be taken */ \
    X(tx_held_max)            /* most frames that ever waited for the permission to talk */ \
    X(tx_skipped)             /* frames of silence left out, to catch up with time */ \
    X(tx_dropped_held)        /* frames lost because the permission took too long */ \
    X(tx_mode_changes)        /* other bit rates taken up */ \
    X(tx_protect_failed)      /* packets lost because they could not be protected */ \
    X(rx_packets)             /* packets given and looked at */ \
    X(rx_bad)                 /* malformed RTP or payload, other payload type, too long */ \
    X(rx_foreign)             /* of another SSRC than the one listened to */ \
    X(rx_late)                /* came after their time, or too far from the others */ \
    X(rx_duplicate)           /* came twice */ \
    X(rx_lost)                /* never came in time */ \
    X(rx_overflow)            /* thrown away because too much came at once */ \
    X(rx_resyncs)             /* jumps of sequence number that were followed */ \
    X(rx_bursts)              /* bursts played, after each of the jitter buffer's restarts */ \
    X(rx_ring_full)           /* packets refused because the engine did not keep up */ \
    X(rx_ring_high)           /* most packets that ever waited to be looked at */ \
    X(rx_unknown_key)         /* protected with a key that is not the group's, or not protected */ \
    X(rx_forged)              /* not authentic */ \
    X(rx_replayed)            /* authentic, and has been here */ \
    X(rx_stale)               /* so old that nobody knows whether it has been here */ \
    X(rx_key_busy)            /* of a new sender, while keys of too many were being derived */ \
    X(floor_opened)           /* floor messages that were authentic */ \
    X(floor_malformed) \
    X(floor_unknown_key) \
    X(floor_forged) \
    X(floor_replayed) \
    X(floor_stale) \
    X(floor_busy) \
    X(decoded)                /* frames decoded from packets */ \
    X(decode_failed)          /* packets the decoder refused */ \
    X(concealed)              /* lost frames the decoder made up */ \
    X(fec_recovered)          /* lost frames decoded from the repeat in the packet after them */ \
    X(comfort_noise)          /* frames of a pause, in which nothing is sent */ \
    X(compressed)             /* samples taken out to make the delay shorter */ \
    X(stretched)              /* samples put in to make it longer */ \
    X(underruns)              /* times that packets came too late for the delay */ \
    X(jitter_us)              /* interarrival jitter, RFC 3550 clause 6.4.1 */ \
    X(target_ms)              /* for how long packets should wait */ \
    X(delay_ms)               /* for how long a sample waits, from packet to loudspeaker */ \
    X(io_overruns)            /* microphone frames the device skipped */ \
    X(io_underruns)           /* speaker frames the device skipped */ \
    X(encode_max_us) \
    X(encode_mean_us) \
    X(decode_max_us) \
    X(decode_mean_us) \
    X(stack_high_water_bytes) /* deepest stack of the audio thread so far */

enum voice_stat {
#define VOICE_STAT_ENUM(name) VOICE_STAT_##name,
    VOICE_STATS(VOICE_STAT_ENUM)
#undef VOICE_STAT_ENUM
    VOICE_STAT_COUNT
};

// One word a figure, each with one writer; read from the other side.
struct voice_stats {
    uint32_t values[VOICE_STAT_COUNT];
};

static inline uint32_t voice_stats_get(const struct voice_stats *stats, enum voice_stat stat) {
    return __atomic_load_n(&stats->values[stat], __ATOMIC_RELAXED);
}

static inline void voice_stats_set(struct voice_stats *stats, enum voice_stat stat,
    uint32_t value) {
    __atomic_store_n(&stats->values[stat], value, __ATOMIC_RELAXED);
}

static inline void voice_stats_add(struct voice_stats *stats, enum voice_stat stat,
    uint32_t value) {
    voice_stats_set(stats, stat, stats->values[stat] + value);
}

static inline void voice_stats_raise(struct voice_stats *stats, enum voice_stat stat,
    uint32_t value) {
    if (value > stats->values[stat]) {
        voice_stats_set(stats, stat, value);
    }
}

// Longest and mean time of a repeated piece of work.
struct voice_load {
    uint64_t total_us;
    uint32_t count;
};

static inline void voice_load_add(struct voice_load *load, struct voice_stats *stats, uint32_t us,
    enum voice_stat max, enum voice_stat mean) {
    load->total_us += us;
    load->count++;
    voice_stats_raise(stats, max, us);
    voice_stats_set(stats, mean, (uint32_t)(load->total_us / load->count));
}

#endif
