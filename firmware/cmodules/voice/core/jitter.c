#include "jitter.h"

#include <string.h>

// Packets further than this from the next one to play are another stream position, not disorder.
#define WINDOW 64
// A straggler of a burst that ended is told from a new burst for this long.
#define STRAGGLER_FRAMES 50u
// The delay is taken back by a frame when the buffer was too full this many frames in a row.
#define DEPTH_OBSERVATIONS 10u

// How far b is ahead of a.
static int16_t ahead(uint16_t b, uint16_t a) {
    return (int16_t)(uint16_t)(b - a);
}

static struct voice_jitter_slot *slot_of(struct voice_jitter *jitter, uint16_t sequence) {
    return &jitter->slots[sequence % VOICE_JITTER_SLOTS];
}

static bool is_stored(struct voice_jitter *jitter, uint16_t sequence) {
    const struct voice_jitter_slot *slot = slot_of(jitter, sequence);
    return slot->full && slot->sequence == sequence;
}

static void drop(struct voice_jitter *jitter, struct voice_jitter_slot *slot) {
    slot->full = false;
    jitter->n_stored--;
}

static void observe_depth_anew(struct voice_jitter *jitter) {
    jitter->depth_min = UINT16_MAX;
    jitter->depth_observations = 0;
}

static void start_priming(struct voice_jitter *jitter, uint16_t sequence) {
    jitter->state = VOICE_JITTER_PRIMING;
    jitter->next_sequence = sequence;
    jitter->timestamp_known = false;
    jitter->waited_frames = 0;
    jitter->concealed_frames = 0;
    jitter->starved_frames = 0;
    observe_depth_anew(jitter);
}

// Forgets every packet and starts a burst at `sequence`.
static void restart(struct voice_jitter *jitter, uint16_t sequence) {
    for (size_t i = 0; i < VOICE_JITTER_SLOTS; i++) {
        jitter->slots[i].full = false;
    }
    jitter->n_stored = 0;
    jitter->newest_sequence = sequence;
    jitter->history = 0;
    jitter->history_valid = true;
    jitter->may_start_earlier = true;
    jitter->jump_pending = false;
    start_priming(jitter, sequence);
}

void voice_jitter_init(struct voice_jitter *jitter, uint16_t timestamp_step,
    uint16_t target_frames) {
    restart(jitter, 0);
    jitter->state = VOICE_JITTER_IDLE;
    jitter->history_valid = false;
    jitter->idle_frames = 0;
    jitter->timestamp_step = timestamp_step;
    jitter->target_frames = target_frames;
}

// --- in ---------------------------------------------------------------------------------------

static bool was_here(const struct voice_jitter *jitter, uint16_t sequence) {
    int age = ahead(jitter->newest_sequence, sequence);
    return age >= 0 && age < 64 && ((jitter->history >> age) & 1u) != 0;
}

static void remember(struct voice_jitter *jitter, uint16_t sequence) {
    int advance = ahead(sequence, jitter->newest_sequence);
    if (advance > 0) {
        jitter->history = advance < 64 ? jitter->history << advance : 0;
        jitter->newest_sequence = sequence;
        advance = 0;
    }
    if (advance > -64) {
        jitter->history |= (uint64_t)1 << -advance;
    }
}

static enum voice_jitter_put too_old(const struct voice_jitter *jitter, uint16_t sequence) {
    return was_here(jitter, sequence) ? VOICE_JITTER_DUPLICATE : VOICE_JITTER_LATE;
}

// The burst ended a moment ago and this packet is from before its end.
static bool is_straggler(const struct voice_jitter *jitter, uint16_t sequence) {
    int behind = ahead(jitter->newest_sequence, sequence);
    return jitter->history_valid && jitter->idle_frames < STRAGGLER_FRAMES && behind >= 0
           && behind < WINDOW;
}

// Gives up the oldest frames until `sequence` fits; returns how many packets that cost.
static uint16_t make_room(struct voice_jitter *jitter, uint16_t sequence) {
    uint16_t n_dropped = 0;
    while (ahead(sequence, jitter->next_sequence) >= (int)VOICE_JITTER_SLOTS) {
        if (is_stored(jitter, jitter->next_sequence)) {
            drop(jitter, slot_of(jitter, jitter->next_sequence));
            n_dropped++;
        }
        jitter->next_sequence++;
        jitter->timestamp_known = false;
        jitter->may_start_earlier = false;
    }
    return n_dropped;
}

static void store(struct voice_jitter *jitter, uint16_t sequence, uint32_t timestamp, bool marker,
    const uint8_t *payload, size_t n_bytes) {
    struct voice_jitter_slot *slot = slot_of(jitter, sequence);
    slot->full = true;
    slot->marker = marker;
    slot->sequence = sequence;
    slot->timestamp = timestamp;
    slot->n_bytes = (uint16_t)n_bytes;
    memcpy(slot->payload, payload, n_bytes);
    jitter->n_stored++;
    remember(jitter, sequence);
}

// Decides about a sequence number outside of the window. True: the stream continues there.
static bool believe_jump(struct voice_jitter *jitter, uint16_t sequence) {
    if (jitter->jump_pending && sequence == jitter->expected_after_jump) {
        return true;
    }
    jitter->jump_pending = true;
    jitter->expected_after_jump = (uint16_t)(sequence + 1u);
    return false;
}

enum voice_jitter_put voice_jitter_put(struct voice_jitter *jitter, uint16_t sequence,
    uint32_t timestamp, bool marker, const uint8_t *payload, size_t n_bytes,
    uint16_t *n_dropped) {
    enum voice_jitter_put result = VOICE_JITTER_STORED;
    *n_dropped = 0;
    if (n_bytes > VOICE_PAYLOAD_MAX_BYTES) {
        return VOICE_JITTER_SUSPECT;
    }
    int distance = ahead(sequence, jitter->next_sequence);
    if (jitter->state == VOICE_JITTER_IDLE) {
        if (is_straggler(jitter, sequence)) {
            return too_old(jitter, sequence);
        }
        restart(jitter, sequence);
    } else if (distance < -WINDOW || distance >= WINDOW) {
        if (!believe_jump(jitter, sequence)) {
            return VOICE_JITTER_SUSPECT;
        }
        restart(jitter, sequence);
        result = VOICE_JITTER_STORED_RESTART;
    } else if (distance < 0) {
        bool fits = ahead(jitter->newest_sequence, sequence) < (int)VOICE_JITTER_SLOTS;
        if (jitter->state != VOICE_JITTER_PRIMING || !jitter->may_start_earlier || !fits) {
            return too_old(jitter, sequence);
        }
        jitter->next_sequence = sequence;
    } else if (is_stored(jitter, sequence)) {
        return VOICE_JITTER_DUPLICATE;
    }
    jitter->jump_pending = false;
    *n_dropped = make_room(jitter, sequence);
    store(jitter, sequence, timestamp, marker, payload, n_bytes);
    return result;
}

// --- out --------------------------------------------------------------------------------------

static uint16_t depth(const struct voice_jitter *jitter) {
    return (uint16_t)(jitter->newest_sequence - jitter->next_sequence + 1u);
}

static bool is_primed(struct voice_jitter *jitter) {
    jitter->waited_frames++;
    return jitter->waited_frames >= jitter->target_frames
           || depth(jitter) >= jitter->target_frames;
}

static void end_burst(struct voice_jitter *jitter) {
    jitter->state = VOICE_JITTER_IDLE;
    jitter->idle_frames = 0;
}

static void conceal(struct voice_jitter *jitter, struct voice_jitter_frame *frame) {
    jitter->concealed_frames++;
    frame->kind = VOICE_FRAME_CONCEAL;
}

// Nothing is buffered: guess for a while, then take the burst for ended.
static void pull_from_empty(struct voice_jitter *jitter, struct voice_jitter_frame *frame) {
    if (jitter->concealed_frames >= VOICE_JITTER_CONCEAL_MAX) {
        end_burst(jitter);
        return;
    }
    conceal(jitter, frame);
    jitter->starved_frames++;
    frame->last = jitter->concealed_frames == VOICE_JITTER_CONCEAL_MAX;
}

// The oldest packet in the buffer, which must not be empty.
static struct voice_jitter_slot *head(struct voice_jitter *jitter) {
    uint16_t sequence = jitter->next_sequence;
    while (!is_stored(jitter, sequence)) {
        sequence++;
    }
    return slot_of(jitter, sequence);
}

// Frames between the last one played and this one; -1 when the two do not belong together.
static int frames_missing(const struct voice_jitter *jitter,
    const struct voice_jitter_slot *slot) {
    if (!jitter->timestamp_known) {
        return 0;
    }
    uint32_t gap = slot->timestamp - jitter->next_timestamp;
    uint32_t n_missing = gap / jitter->timestamp_step;
    unsigned n_fillable = jitter->starved_frames + VOICE_JITTER_CONCEAL_MAX
        - jitter->concealed_frames;
    bool too_many = n_missing > n_fillable;
    return gap % jitter->timestamp_step != 0 || too_many ? -1 : (int)n_missing;
}

// Fills one missing frame, unless that time already passed while the buffer was empty. True when
// the frame is settled.
static bool fill_gap(struct voice_jitter *jitter, struct voice_jitter_frame *frame,
    unsigned n_missing) {
    unsigned n_played = n_missing < jitter->starved_frames ? n_missing : jitter->starved_frames;
    jitter->starved_frames = (uint16_t)(jitter->starved_frames - n_played);
    jitter->next_timestamp += n_played * jitter->timestamp_step;
    if (n_missing == n_played) {
        return false;
    }
    jitter->next_timestamp += jitter->timestamp_step;
    conceal(jitter, frame);
    return true;
}

static void play(struct voice_jitter *jitter, struct voice_jitter_slot *slot,
    struct voice_jitter_frame *frame) {
    frame->n_lost = (uint16_t)(frame->n_lost + (uint16_t)(slot->sequence - jitter->next_sequence));
    drop(jitter, slot);
    jitter->next_sequence = (uint16_t)(slot->sequence + 1u);
    jitter->next_timestamp = slot->timestamp + jitter->timestamp_step;
    jitter->timestamp_known = true;
    jitter->concealed_frames = 0;
    jitter->starved_frames = 0;
}

// True when the buffer has held more than it needs for a while: the delay can shrink by a frame.
static bool too_deep(struct voice_jitter *jitter) {
    uint16_t now = depth(jitter);
    if (now < jitter->depth_min) {
        jitter->depth_min = now;
    }
    if (++jitter->depth_observations < DEPTH_OBSERVATIONS) {
        return false;
    }
    bool deep = jitter->depth_min > jitter->target_frames;
    observe_depth_anew(jitter);
    return deep;
}

static bool next_follows_smoothly(struct voice_jitter *jitter) {
    const struct voice_jitter_slot *next = slot_of(jitter, jitter->next_sequence);
    return is_stored(jitter, jitter->next_sequence) && !next->marker
           && next->timestamp == jitter->next_timestamp;
}

static void pull_packet(struct voice_jitter *jitter, struct voice_jitter_frame *frame) {
    struct voice_jitter_slot *slot = head(jitter);
    int n_missing = frames_missing(jitter, slot);
    if (n_missing < 0 || (slot->marker && !frame->first)) {
        // Another burst: let the old one fade, then build up the delay for the new one.
        frame->kind = VOICE_FRAME_CONCEAL;
        frame->last = true;
        frame->n_lost = (uint16_t)(slot->sequence - jitter->next_sequence);
        start_priming(jitter, slot->sequence);
        jitter->may_start_earlier = false;
        jitter->waited_frames = 1;
        return;
    }
    if (n_missing > 0 && fill_gap(jitter, frame, (unsigned)n_missing)) {
        return;
    }
    bool merge = too_deep(jitter);
    frame->kind = VOICE_FRAME_PACKET;
    frame->packet = slot;
    play(jitter, slot, frame);
    if (merge && !frame->first && next_follows_smoothly(jitter)) {
        struct voice_jitter_slot *second = slot_of(jitter, jitter->next_sequence);
        frame->kind = VOICE_FRAME_MERGE;
        frame->second = second;
        play(jitter, second, frame);
    }
}

void voice_jitter_pull(struct voice_jitter *jitter, struct voice_jitter_frame *frame) {
    *frame = (struct voice_jitter_frame) {.kind = VOICE_FRAME_SILENCE};
    if (jitter->state == VOICE_JITTER_IDLE) {
        voice_jitter_skip(jitter);
        return;
    }
    if (jitter->state == VOICE_JITTER_PRIMING) {
        if (!is_primed(jitter)) {
            return;
        }
        jitter->state = VOICE_JITTER_PLAYING;
        frame->first = true;
    }
    if (jitter->n_stored == 0) {
        pull_from_empty(jitter, frame);
    } else {
        pull_packet(jitter, frame);
    }
}

void voice_jitter_skip(struct voice_jitter *jitter) {
    if (jitter->state == VOICE_JITTER_IDLE && jitter->idle_frames < UINT16_MAX) {
        jitter->idle_frames++;
    }
}
