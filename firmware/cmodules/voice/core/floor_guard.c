#include "floor_guard.h"

#include <string.h>

#include "vault/core/erase.h"

void voice_floor_guard_init(struct voice_floor_guard *guard, struct voice_stats *stats) {
    memset(guard, 0, sizeof(*guard));
    guard->stats = stats;
    voice_srtcp_receiver_init(&guard->receiver);
}

bool voice_floor_guard_set_keys(struct voice_floor_guard *guard,
    const struct voice_keyring *keyring, uint32_t ssrc,
    const uint8_t epoch[VOICE_SRTP_EPOCH_BYTES]) {
    voice_floor_guard_forget(guard);
    guard->keyring = *keyring;
    voice_srtp_streams_set_own(&guard->receiver.streams, &guard->sender.source);
    return keyring->n_keys == 0
           || voice_srtcp_sender_init(&guard->sender, &keyring->keys[0], ssrc, epoch);
}

void voice_floor_guard_forget(struct voice_floor_guard *guard) {
    voice_srtcp_sender_forget(&guard->sender);
    voice_srtcp_receiver_forget_keys(&guard->receiver);
    vault_erase(&guard->keyring, sizeof(guard->keyring));
}

size_t voice_floor_guard_protect(struct voice_floor_guard *guard, uint8_t *packet, size_t n_bytes,
    size_t capacity) {
    return voice_srtcp_protect(&guard->sender, packet, n_bytes, capacity);
}

static const enum voice_stat reason_stats[] = {
    [VOICE_SRTP_OK] = VOICE_STAT_floor_opened,
    [VOICE_SRTP_MALFORMED] = VOICE_STAT_floor_malformed,
    [VOICE_SRTP_UNKNOWN_KEY] = VOICE_STAT_floor_unknown_key,
    [VOICE_SRTP_FORGED] = VOICE_STAT_floor_forged,
    [VOICE_SRTP_REPLAYED] = VOICE_STAT_floor_replayed,
    [VOICE_SRTP_STALE] = VOICE_STAT_floor_stale,
    [VOICE_SRTP_BUSY] = VOICE_STAT_floor_busy,
};

size_t voice_floor_guard_open(struct voice_floor_guard *guard, uint8_t *packet, size_t n_bytes) {
    // The engine's frames are this side's clock: 20 ms each.
    uint32_t frames = voice_stats_get(guard->stats, VOICE_STAT_frames);
    if (frames != guard->frames) {
        guard->frames = frames;
        voice_srtcp_receiver_tick(&guard->receiver);
    }
    enum voice_srtp_result result = voice_srtcp_unprotect(&guard->receiver, &guard->keyring, packet,
        &n_bytes);
    voice_stats_add(guard->stats, reason_stats[result], 1);
    return result == VOICE_SRTP_OK ? n_bytes : 0;
}
