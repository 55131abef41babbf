// The way in, 20 ms at a time: RTP -> jitter buffer -> decoder -> time scaling -> loudspeaker, of
// one talker.
//
// Time is counted in frames of the loudspeaker, which is what packets must be in time for; now_us
// only says how much of a frame ago a packet came. So a test may step it as fast as it likes.
#ifndef VOICE_RECEIVE_H
#define VOICE_RECEIVE_H

#include "config.h"
#include "delay.h"
#include "jitter.h"
#include "ring.h"
#include "stats.h"
#include "timescale.h"

#define VOICE_LISTEN_NONE (-1)
#define VOICE_LISTEN_FIRST 0

struct voice_receive {
    uint64_t (*now_us)(void);
    struct voice_stats *stats;
    const struct voice_codec *codec; // NULL: not configured
    uint8_t payload_type;
    void *decoder;
    bool fec; // lost frames may be repeated in the packet after them
    int64_t listen;
    uint32_t locked_ssrc;
    uint32_t requested_bitrate_bps;
    uint32_t clock; // of the next frame of the loudspeaker, RTP clock ticks
    uint32_t skipped_frames; // since the last one played
    bool transit_known;
    uint32_t last_timestamp;
    uint64_t last_arrival_us;
    uint32_t jitter_scaled_us; // times 16
    struct voice_load load;
    struct voice_jitter jitter;
    struct voice_delay delay;
    struct voice_timescale timescale;
};

// Not configured, listening to whom it hears first.
void voice_receive_init(struct voice_receive *receive, struct voice_stats *stats,
    uint64_t (*now_us)(void));

// `decoder`: aligned memory of codec->decoder_bytes(). False when the library refuses.
bool voice_receive_configure(struct voice_receive *receive, const struct voice_config *config,
    void *decoder);

// An SSRC, VOICE_LISTEN_NONE or VOICE_LISTEN_FIRST.
void voice_receive_listen(struct voice_receive *receive, int64_t ssrc);
// SSRC of the burst being received, 0 when there is none.
uint32_t voice_receive_heard_ssrc(const struct voice_receive *receive);

// The bit rate that the talker asks for in its payloads (codec mode request), 0 for none.
uint32_t voice_receive_requested_bitrate(const struct voice_receive *receive);

// One received RTP packet, opened and authenticated where that is asked for. Counts what is wrong
// with it, or keeps it to be played.
void voice_receive_packet(struct voice_receive *receive, const struct voice_packet *packet);

// One frame of time: what the loudspeaker plays.
void voice_receive_tick(struct voice_receive *receive, int16_t speaker[VOICE_FRAME_SAMPLES]);
// A frame of time passed in which nothing could be played.
void voice_receive_skip(struct voice_receive *receive);

#endif
