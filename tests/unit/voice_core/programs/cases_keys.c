// The engine under group keys: changing them, losing them, and what leaves while that happens.
#include "check.h"
#include "core/engine.h"
#include "sounds.h"
#include "stations.h"

#define FRAME VOICE_FRAME_SAMPLES
#define N_FRAMES 100u

static struct station a, b;
static int16_t said[N_FRAMES * FRAME];
static uint8_t n_epochs;

static struct voice_group_key key_of(uint16_t id) {
    struct voice_group_key key;
    uint8_t secret[16];
    memset(secret, 0x40 + id, sizeof(secret));
    CHECK(voice_group_key_init(&key, id, secret, sizeof(secret)));
    return key;
}

// The first of `ids` is for sending; 0 ends them.
static enum voice_error set_keys(struct station *station, const uint16_t *ids) {
    struct voice_keyring keyring = {0};
    for (; *ids != 0; ids++) {
        keyring.keys[keyring.n_keys++] = key_of(*ids);
    }
    uint8_t epoch[VOICE_SRTP_EPOCH_BYTES] = {++n_epochs};
    return voice_engine_set_keys(&station->engine, &keyring, epoch);
}

#define KEYS(...) ((const uint16_t[]) {__VA_ARGS__, 0})
#define NO_KEYS ((const uint16_t[]) {0})

static void start(void) {
    const struct voice_codec *codec = voice_codec_find("amrwb");
    signal_speech(said, N_FRAMES * FRAME);
    station_start(&a, codec, 12650, 0x1111, 65500, 0);
    station_start(&b, codec, 12650, 0x2222, 0, 0);
    CHECK_EQ(set_keys(&a, KEYS(1)), VOICE_OK);
    CHECK_EQ(set_keys(&b, KEYS(1)), VOICE_OK);
}

static void talk(enum voice_talk wanted) {
    CHECK_EQ(voice_engine_talk(&a.engine, wanted), VOICE_OK);
}

static void pass_frames(unsigned first, unsigned n_frames) {
    for (unsigned f = first; f < first + n_frames; f++) {
        station_tick(&a, said + f * FRAME);
        stations_carry(&a, &b);
        station_tick(&b, NULL);
        test_now_us += VOICE_FRAME_US;
    }
}

static unsigned n_refused(const struct station *station) {
    return STAT(station, rx_unknown_key) + STAT(station, rx_forged) + STAT(station, rx_replayed)
           + STAT(station, rx_stale) + STAT(station, rx_key_busy) + STAT(station, rx_bad);
}

CASE(a_key_changed_in_mid_burst_loses_nothing) {
    start();
    talk(VOICE_TALK_ON);
    pass_frames(0, 40);
    CHECK_EQ(set_keys(&b, KEYS(1, 2)), VOICE_OK); // the new one is known before it is used
    CHECK_EQ(set_keys(&a, KEYS(2, 1)), VOICE_OK);
    pass_frames(40, 60);
    CHECK_EQ(STAT(&a, tx_protect_failed), 0);
    CHECK_EQ(n_refused(&b), 0);
    CHECK_EQ(STAT(&b, rx_late) + STAT(&b, rx_duplicate) + STAT(&b, rx_lost), 0);
    CHECK_EQ(STAT(&b, rx_bursts), 1);
    CHECK(STAT(&b, decoded) >= N_FRAMES - 5);
}

CASE(what_was_said_under_a_key_leaves_under_it) {
    start();
    talk(VOICE_TALK_HOLD);
    for (unsigned f = 0; f < 20; f++) {
        station_tick(&a, said + (20 + f) * FRAME);
    }
    talk(VOICE_TALK_ON);
    CHECK_EQ(set_keys(&a, NO_KEYS), VOICE_ERROR_TALKING);
    talk(VOICE_TALK_OFF);
    CHECK_EQ(set_keys(&a, NO_KEYS), VOICE_OK);
    station_tick(&a, NULL);
    CHECK(stations_carry(&a, &b) >= 10);
    station_tick(&b, NULL);
    CHECK_EQ(n_refused(&b), 0);
    CHECK(STAT(&b, rx_packets) >= 10);
}

CASE(speech_granted_and_ended_within_a_frame_is_sent) {
    start();
    talk(VOICE_TALK_HOLD);
    for (unsigned f = 0; f < 20; f++) {
        station_tick(&a, said + (20 + f) * FRAME);
    }
    talk(VOICE_TALK_ON);
    talk(VOICE_TALK_OFF);
    station_tick(&a, NULL);
    CHECK(stations_carry(&a, &b) >= 10);
    station_tick(&b, NULL);

    // Not granted: forgotten, also when the next burst is granted within the frame.
    talk(VOICE_TALK_HOLD);
    station_tick(&a, said);
    talk(VOICE_TALK_OFF);
    talk(VOICE_TALK_HOLD);
    talk(VOICE_TALK_ON);
    station_tick(&a, said + FRAME);
    CHECK(stations_carry(&a, &b) <= 1);
}

static bool holds(const void *memory, size_t n_bytes, const uint8_t prk[VAULT_HKDF_PRK_BYTES]) {
    const uint8_t *bytes = memory;
    for (size_t at = 0; at + VAULT_HKDF_PRK_BYTES <= n_bytes; at++) {
        if (memcmp(bytes + at, prk, VAULT_HKDF_PRK_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

CASE(a_key_that_is_not_wanted_any_more_is_nowhere) {
    start();
    struct voice_group_key old = key_of(1), now = key_of(2);
    station_tick(&a, NULL);
    CHECK(holds(&a.engine, sizeof(a.engine), old.prk));
    CHECK_EQ(set_keys(&a, KEYS(2)), VOICE_OK);
    station_tick(&a, NULL);
    CHECK(!holds(&a.engine, sizeof(a.engine), old.prk));
    CHECK(holds(&a.engine, sizeof(a.engine), now.prk));
    voice_engine_forget(&a.engine);
    CHECK(!holds(&a.engine, sizeof(a.engine), now.prk));
}

CASE(the_ssrc_cannot_change_under_keys) {
    start();
    struct voice_config config = {.codec = voice_codec_find("amrwb"),
                                  .options = {.bitrate_bps = 12650}, .payload_type = 96, .ssrc = 7};
    CHECK_EQ(voice_engine_configure(&a.engine, &config), VOICE_ERROR_PROTECTED);
    CHECK_EQ(set_keys(&a, NO_KEYS), VOICE_OK);
    CHECK_EQ(voice_engine_configure(&a.engine, &config), VOICE_OK);
}
