#include "srtp_streams.h"

#include <string.h>

void voice_srtp_streams_init(struct voice_srtp_streams *streams, enum voice_srtp_use use,
    struct voice_srtp_slot *slots, uint8_t n_slots) {
    memset(streams, 0, sizeof *streams);
    memset(slots, 0, n_slots * sizeof *slots);
    streams->use = use;
    streams->slots = slots;
    streams->n_slots = n_slots;
    voice_srtp_streams_tick(streams);
}

void voice_srtp_streams_tick(struct voice_srtp_streams *streams) {
    streams->n_derivations_left = VOICE_SRTP_DERIVATIONS_PER_TICK;
}

// --- keys -------------------------------------------------------------------------------------

static void clear_slot(struct voice_srtp_slot *slot) {
    voice_srtp_session_forget(&slot->session);
    slot->taken = false;
}

void voice_srtp_streams_forget_keys(struct voice_srtp_streams *streams) {
    for (unsigned i = 0; i < streams->n_slots; i++) {
        clear_slot(&streams->slots[i]);
    }
}

static struct voice_srtp_slot *find_slot(struct voice_srtp_streams *streams,
    const struct voice_srtp_source *source) {
    for (unsigned i = 0; i < streams->n_slots; i++) {
        struct voice_srtp_slot *slot = &streams->slots[i];
        if (slot->taken && voice_srtp_source_equal(&slot->source, source)) {
            return slot;
        }
    }
    return NULL;
}

static struct voice_srtp_slot *free_slot(struct voice_srtp_streams *streams) {
    struct voice_srtp_slot *slot = streams->slots;
    while (slot->taken) {
        slot++;
    }
    return slot;
}

// The one used longest ago goes if no other would be left free.
static void take_slot(struct voice_srtp_streams *streams, struct voice_srtp_slot *taken,
    const struct voice_srtp_source *source) {
    struct voice_srtp_slot *oldest = NULL;
    taken->taken = true;
    taken->source = *source;
    taken->last_used = streams->clock;
    for (unsigned i = 0; i < streams->n_slots; i++) {
        struct voice_srtp_slot *slot = &streams->slots[i];
        if (!slot->taken) {
            return;
        }
        if (oldest == NULL
            || streams->clock - slot->last_used > streams->clock - oldest->last_used) {
            oldest = slot;
        }
    }
    clear_slot(oldest);
}

// --- what has been here -----------------------------------------------------------------------

static struct voice_srtp_stream *find_stream(struct voice_srtp_streams *streams,
    const struct voice_srtp_source *source) {
    for (unsigned i = 0; i < VOICE_SRTP_STREAMS; i++) {
        struct voice_srtp_stream *stream = &streams->streams[i];
        if (stream->heard != 0 && voice_srtp_source_equal(&stream->source, source)) {
            return stream;
        }
    }
    return NULL;
}

// A free entry, or that of the source which was silent longest.
static struct voice_srtp_stream *new_stream(struct voice_srtp_streams *streams,
    const struct voice_srtp_source *source, uint32_t index) {
    struct voice_srtp_stream *chosen = streams->streams;
    for (unsigned i = 0; i < VOICE_SRTP_STREAMS && chosen->heard != 0; i++) {
        struct voice_srtp_stream *stream = &streams->streams[i];
        if (stream->heard == 0
            || streams->clock - stream->last_used > streams->clock - chosen->last_used) {
            chosen = stream;
        }
    }
    chosen->source = *source;
    chosen->highest_index = index;
    chosen->heard = 0;
    return chosen;
}

// RFC 3711 clause 3.3.2.
static enum voice_srtp_result replay_check(const struct voice_srtp_stream *stream,
    uint32_t index) {
    if (index > stream->highest_index) {
        return VOICE_SRTP_OK;
    }
    uint32_t n_behind = stream->highest_index - index;
    if (n_behind >= VOICE_SRTP_REPLAY_WINDOW) {
        return VOICE_SRTP_STALE;
    }
    return (stream->heard >> n_behind) & 1u ? VOICE_SRTP_REPLAYED : VOICE_SRTP_OK;
}

static void note_heard(struct voice_srtp_stream *stream, uint32_t index) {
    if (index > stream->highest_index) {
        uint32_t n_ahead = index - stream->highest_index;
        stream->heard = n_ahead < VOICE_SRTP_REPLAY_WINDOW ? stream->heard << n_ahead : 0;
        stream->highest_index = index;
    }
    stream->heard |= (uint64_t)1 << (stream->highest_index - index);
}

// --- a packet ---------------------------------------------------------------------------------

static bool open_with(struct voice_srtp_session *session, const struct voice_srtp_sealed *sealed) {
    uint8_t nonce[VOICE_SRTP_NONCE_BYTES];
    voice_srtp_session_nonce(session, sealed->source.ssrc, sealed->index, nonce);
    return vault_aead_open(&session->aead, nonce, sealed->aad, sealed->n_aad, sealed->text,
        sealed->n_text, sealed->tag);
}

static enum voice_srtp_result open_known(struct voice_srtp_streams *streams,
    struct voice_srtp_slot *slot, const struct voice_srtp_sealed *sealed) {
    if (!open_with(&slot->session, sealed)) {
        return VOICE_SRTP_FORGED;
    }
    slot->last_used = ++streams->clock;
    return VOICE_SRTP_OK;
}

static enum voice_srtp_result open_first(struct voice_srtp_streams *streams,
    const struct voice_group_key *group, const struct voice_srtp_sealed *sealed) {
    if (streams->n_derivations_left == 0) {
        return VOICE_SRTP_BUSY;
    }
    streams->n_derivations_left--;
    struct voice_srtp_slot *slot = free_slot(streams);
    if (!voice_srtp_session_derive(&slot->session, streams->use, group, &sealed->source)) {
        return VOICE_SRTP_BUSY;
    }
    if (!open_with(&slot->session, sealed)) {
        clear_slot(slot);
        return VOICE_SRTP_FORGED;
    }
    streams->clock++;
    take_slot(streams, slot, &sealed->source);
    return VOICE_SRTP_OK;
}

void voice_srtp_streams_set_own(struct voice_srtp_streams *streams,
    const struct voice_srtp_source *own) {
    streams->own = own;
}

enum voice_srtp_result voice_srtp_streams_open(struct voice_srtp_streams *streams,
    const struct voice_keyring *keyring, const struct voice_srtp_sealed *sealed) {
    const struct voice_group_key *group = voice_keyring_find(keyring, sealed->source.key_id);
    if (group == NULL) {
        return VOICE_SRTP_UNKNOWN_KEY;
    }
    if (streams->own != NULL && voice_srtp_source_equal(streams->own, &sealed->source)) {
        return VOICE_SRTP_REPLAYED;
    }
    struct voice_srtp_stream *stream = find_stream(streams, &sealed->source);
    enum voice_srtp_result result = VOICE_SRTP_OK;
    if (stream != NULL && (result = replay_check(stream, sealed->index)) != VOICE_SRTP_OK) {
        return result;
    }
    struct voice_srtp_slot *slot = find_slot(streams, &sealed->source);
    result = slot != NULL ? open_known(streams, slot, sealed) : open_first(streams, group, sealed);
    if (result != VOICE_SRTP_OK) {
        return result;
    }
    if (stream == NULL) {
        stream = new_stream(streams, &sealed->source, sealed->index);
    }
    note_heard(stream, sealed->index);
    stream->last_used = streams->clock;
    return VOICE_SRTP_OK;
}
