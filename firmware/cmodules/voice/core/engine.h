// The voice engine: microphone -> encoder -> RTP -> transmit ring, and
// receive ring -> RTP -> jitter buffer -> decoder -> speaker.
//
// Two sides use one engine at the same time:
//   control side (Python): configure, talk, listen, take, give, stats;
//   audio side (one thread, or whoever steps): everything named voice_engine_audio_*.
// They meet in rings, in single words and in the three copies of struct voice_wanted; nobody waits
// and nothing is allocated.
#ifndef VOICE_ENGINE_H
#define VOICE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "receive.h"
#include "ring.h"
#include "send.h"
#include "speaker.h"
#include "srtp.h"
#include "stats.h"

// Encoder and decoder of one codec at a time. The most hungry one is Opus: 24612 + 17860 bytes
// where pointers have 8 bytes. A board that does without it (-DVOICE_WITHOUT_OPUS) saves most of
// that, and the library in its flash.
#ifndef VOICE_WITHOUT_OPUS
#define VOICE_CODEC_MEMORY_BYTES 42496u
#else
#define VOICE_CODEC_MEMORY_BYTES 9344u
#endif

enum voice_error {
    VOICE_OK,
    VOICE_ERROR_CODEC,        // no such codec
    VOICE_ERROR_BITRATE,      // not a bit rate of this codec
    VOICE_ERROR_PAYLOAD_TYPE, // not 0..127
    VOICE_ERROR_TALKING,      // not while talking
    VOICE_ERROR_UNCONFIGURED, // no codec chosen yet
    VOICE_ERROR_PROTECTED,    // keys are set for another SSRC
};

enum voice_talk {
    VOICE_TALK_OFF,
    VOICE_TALK_HOLD, // the microphone is captured and kept, nothing is sent yet
    VOICE_TALK_ON,
};

// What the control side wants, all of it. The audio side sees the newest only; the counts tell it
// what has been asked for anew since it last looked.
struct voice_wanted {
    struct voice_config config; // codec NULL: not configured
    int64_t listen;
    enum voice_talk talk;
    uint32_t n_configures;
    uint32_t n_listens;
    uint32_t n_bursts; // times that talk left "off"
    uint32_t n_grants; // times that it went from "hold" to "on"
    uint32_t n_bitrates;
    int volume_db;
    enum voice_tone_kind tone;
    uint32_t n_tones;
    struct voice_keyring keyring; // no keys: in the clear
    uint8_t epoch[VOICE_SRTP_EPOCH_BYTES];
    uint32_t n_keyrings;
};

// One copy is being written, one is being read, the third lies between the sides.
#define VOICE_WANTED_COPIES 3u

struct voice_engine {
    uint64_t (*now_us)(void);

    // Between the sides.
    struct voice_ring tx;
    struct voice_ring rx;
    struct voice_wanted wanted_copies[VOICE_WANTED_COPIES];
    uint32_t wanted_between; // index of the copy between the sides, and whether it is news
    uint32_t heard_ssrc;
    struct voice_stats stats;

    // Control side.
    struct voice_wanted wanted;
    uint32_t wanted_writing; // index

    // Audio side.
    uint32_t wanted_reading; // index
    uint32_t configures_done;
    uint32_t listens_done;
    uint32_t bursts_done;
    uint32_t grants_done;
    uint32_t wanted_bps;    // bit rate
    uint32_t requested_bps; // what others asked for last
    uint32_t bitrates_done;
    uint32_t tones_done;
    uint32_t keyrings_done;
    struct voice_send send;
    struct voice_receive receive;
    struct voice_speaker speaker;
    struct voice_keyring keyring;
    struct voice_srtp_sender srtp_sender;
    struct voice_srtp_receiver srtp_receiver;
    uint8_t codec_memory[VOICE_CODEC_MEMORY_BYTES] VOICE_ALIGNED;
};

// Everything to its start: not configured, not talking, listening to whom it hears first.
// `now_us` is any clock that runs evenly. Only while no other side is running.
void voice_engine_init(struct voice_engine *engine, uint64_t (*now_us)(void));

// --- control side -----------------------------------------------------------------------------
//
// The last wish before a frame is the one that counts; those before it might never have been.

// Only while not talking. Sequence and timestamp start anew, also with the same codec.
enum voice_error voice_engine_configure(struct voice_engine *engine,
    const struct voice_config *config);
// Off and anything else again is a new burst, also within a frame; "hold" and then "on" is one
// burst. Fails only for other than "off" when not configured.
enum voice_error voice_engine_talk(struct voice_engine *engine, enum voice_talk talk);
// Another bit rate of the configured codec from the next frame on, also in the middle of a burst.
enum voice_error voice_engine_set_bitrate(struct voice_engine *engine, uint32_t bitrate_bps);
// Loudness of what is received; see voice_speaker_set_volume().
void voice_engine_set_volume(struct voice_engine *engine, int volume_db);
// A tone in the loudspeaker, in the place of one that still sounds.
void voice_engine_tone(struct voice_engine *engine, enum voice_tone_kind tone);
// Protects from the next frame on: sends with the keyring's first key, accepts all; an empty keyring
// is in the clear, and not to be had while talking. `epoch`: fresh from the vault's source of randomness for this very call, see
// srtp.h. While keys are set, the SSRC cannot change.
enum voice_error voice_engine_set_keys(struct voice_engine *engine,
    const struct voice_keyring *keyring, const uint8_t epoch[VOICE_SRTP_EPOCH_BYTES]);
// Erases all keys. Only while no other side is running.
void voice_engine_forget(struct voice_engine *engine);
// An SSRC, VOICE_LISTEN_NONE or VOICE_LISTEN_FIRST.
void voice_engine_listen(struct voice_engine *engine, int64_t ssrc);
// SSRC of the burst being received, 0 when there is none.
uint32_t voice_engine_heard_ssrc(const struct voice_engine *engine);
// The next packet to send, or NULL; give it back with voice_engine_taken().
const struct voice_packet *voice_engine_take(struct voice_engine *engine);
void voice_engine_taken(struct voice_engine *engine);
// A received packet. False when the ring is full (the packet is lost and counted).
bool voice_engine_give(struct voice_engine *engine, const uint8_t *packet, size_t n_bytes);
uint32_t voice_engine_stat(const struct voice_engine *engine, enum voice_stat stat);

// --- audio side -------------------------------------------------------------------------------

// One frame of time: `mic` in, which is filtered in place, `speaker` out. A NULL `mic` is a microphone
// that is off: what is learnt of it stays as it is.
void voice_engine_audio_tick(struct voice_engine *engine, int16_t mic[VOICE_FRAME_SAMPLES],
    int16_t speaker[VOICE_FRAME_SAMPLES]);
// One frame of time passed in which the device could neither capture nor play.
void voice_engine_audio_skip(struct voice_engine *engine);
// Follows what is wanted, now. The control side may call it while the audio side stands still.
void voice_engine_audio_follow(struct voice_engine *engine);
void voice_engine_audio_set_stat(struct voice_engine *engine, enum voice_stat stat,
    uint32_t value);

#endif
