#include "jitter.h"

#include <string.h>

// Packets further than this from the next one to play are another stream position, not disorder.
#define WINDOW 64
// A straggler of a burst that ended is told from a new burst for this long.
#define STRAGGLER_FRAMES 50u
// Timestamps further ahead than this are another time, not a gap.
#define GAP_MAX_FRAMES 50u

// How far b is ahead of a.
static int16_t ahead(uint16_t b, uint16_t a) {
    return (int16_t)(uint16_t)(b - a);
}

static struct voice_jitter_slot *find(const struct voice_jitter *jitter, uint16_t sequence) {
    for (size_t i = 0; i < VOICE_JITTER_SLOTS; i++) {
        const struct voice_jitter_slot *slot = &jitter->slots[i];
        if (slot->full && slot->sequence == sequence) {
            return (struct voice_jitter_slot *)slot;
        }
    }
    return NULL;
}

static void drop(struct voice_jitter *jitter, struct voice_jitter_slot *slot) {
    slot->full = false;
    jitter->n_stored--;
}

static void start_priming(struct voice_jitter *jitter, uint16_t sequence) {
    jitter->state = VOICE_JITTER_PRIMING;
    jitter->next_sequence = sequence;
    jitter->timestamp_known = false;
    jitter->interrupted = false;
    jitter->pausing = false;
    jitter->waited_frames = 0;
    jitter->concealed_frames = 0;
    jitter->starved_frames = 0;
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

void voice_jitter_init(struct voice_jitter *jitter, uint16_t timestamp_step) {
    restart(jitter, 0);
    jitter->state = VOICE_JITTER_IDLE;
    jitter->history_valid = false;
    jitter->ran_dry = false;
    jitter->idle_frames = 0;
    jitter->timestamp_step = timestamp_step;
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

// The burst ended a moment ago.
static bool ended_just_now(const struct voice_jitter *jitter) {
    return jitter->history_valid && jitter->idle_frames < STRAGGLER_FRAMES;
}

// This packet is from before the end of the burst that ended just now.
static bool is_straggler(const struct voice_jitter *jitter, uint16_t sequence) {
    int behind = ahead(jitter->newest_sequence, sequence);
    return ended_just_now(jitter) && behind >= 0 && behind < WINDOW;
}

// This packet goes on with the burst that ended just now for want of packets.
static bool resumes(const struct voice_jitter *jitter, uint16_t sequence, bool marker) {
    int distance = ahead(sequence, jitter->newest_sequence);
    return ended_just_now(jitter) && jitter->ran_dry && !marker && distance > 0
           && distance < WINDOW;
}

// Gives up the oldest frames until `sequence` fits; returns how many packets that cost.
static uint16_t make_room(struct voice_jitter *jitter, uint16_t sequence) {
    uint16_t n_dropped = 0;
    while (ahead(sequence, jitter->next_sequence) >= (int)VOICE_JITTER_SLOTS) {
        struct voice_jitter_slot *slot = find(jitter, jitter->next_sequence);
        if (slot != NULL) {
            drop(jitter, slot);
            n_dropped++;
        }
        jitter->next_sequence++;
        jitter->timestamp_known = false;
        jitter->may_start_earlier = false;
    }
    return n_dropped;
}

static void store(struct voice_jitter *jitter, const struct voice_jitter_packet *packet) {
    struct voice_jitter_slot *slot = jitter->slots;
    while (slot->full) {
        slot++;
    }
    slot->full = true;
    slot->marker = packet->marker;
    slot->noise = packet->noise;
    slot->sequence = packet->sequence;
    slot->timestamp = packet->timestamp;
    slot->n_bytes = (uint8_t)packet->n_bytes;
    memcpy(slot->payload, packet->payload, packet->n_bytes);
    jitter->n_stored++;
    remember(jitter, packet->sequence);
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

enum voice_jitter_put voice_jitter_put(struct voice_jitter *jitter,
    const struct voice_jitter_packet *packet, uint16_t *n_dropped) {
    enum voice_jitter_put result = VOICE_JITTER_STORED;
    uint16_t sequence = packet->sequence;
    *n_dropped = 0;
    if (packet->n_bytes > VOICE_PAYLOAD_MAX_BYTES) {
        return VOICE_JITTER_SUSPECT;
    }
    int distance = ahead(sequence, jitter->next_sequence);
    if (jitter->state == VOICE_JITTER_IDLE) {
        if (is_straggler(jitter, sequence)) {
            return too_old(jitter, sequence);
        }
        bool goes_on = resumes(jitter, sequence, packet->marker);
        result = goes_on ? VOICE_JITTER_STORED : VOICE_JITTER_STORED_FIRST;
        jitter->ran_dry = goes_on && distance == 0;
        uint16_t next_sequence = goes_on ? jitter->next_sequence : sequence;
        restart(jitter, sequence);
        jitter->next_sequence = next_sequence;
        jitter->interrupted = goes_on;
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
    } else if (find(jitter, sequence) != NULL) {
        return VOICE_JITTER_DUPLICATE;
    }
    jitter->jump_pending = false;
    *n_dropped = make_room(jitter, sequence);
    store(jitter, packet);
    return result;
}

// --- out --------------------------------------------------------------------------------------

// The oldest packet in the buffer, which must not be empty.
static struct voice_jitter_slot *head(struct voice_jitter *jitter) {
    struct voice_jitter_slot *oldest = NULL;
    for (size_t i = 0; i < VOICE_JITTER_SLOTS; i++) {
        struct voice_jitter_slot *slot = &jitter->slots[i];
        if (slot->full && (oldest == NULL || ahead(slot->sequence, oldest->sequence) < 0)) {
            oldest = slot;
        }
    }
    return oldest;
}

static bool is_due(const struct voice_jitter_slot *slot, uint32_t due) {
    return (int32_t)(due - slot->timestamp) >= 0;
}

static void conceal(struct voice_jitter *jitter, struct voice_jitter_frame *frame) {
    jitter->concealed_frames++;
    frame->kind = VOICE_FRAME_CONCEAL;
    frame->last = jitter->concealed_frames == VOICE_JITTER_CONCEAL_MAX;
}

// Nothing is buffered: make something up for a while, then take the burst for ended.
static void pull_from_empty(struct voice_jitter *jitter, struct voice_jitter_frame *frame) {
    unsigned most = jitter->pausing ? VOICE_JITTER_PAUSE_MAX : VOICE_JITTER_CONCEAL_MAX;
    unsigned n_made_up = jitter->pausing ? jitter->starved_frames : jitter->concealed_frames;
    if (n_made_up >= most) {
        jitter->state = VOICE_JITTER_IDLE;
        jitter->ran_dry = !jitter->pausing;
        jitter->idle_frames = 0;
        return;
    }
    jitter->starved_frames++;
    if (jitter->pausing) {
        frame->kind = VOICE_FRAME_NOISE;
        frame->last = jitter->starved_frames == VOICE_JITTER_PAUSE_MAX;
    } else {
        conceal(jitter, frame);
    }
}

// Frames between the last one filled and this one; -1 when the two do not belong together.
static int frames_missing(const struct voice_jitter *jitter,
    const struct voice_jitter_slot *slot) {
    if (!jitter->timestamp_known) {
        return 0;
    }
    uint32_t gap = slot->timestamp - jitter->next_timestamp;
    uint32_t n_missing = gap / jitter->timestamp_step;
    return gap % jitter->timestamp_step != 0 || n_missing > GAP_MAX_FRAMES ? -1 : (int)n_missing;
}

// What comes next is a burst that begins with `slot`, as soon as that is due.
static void begin_at(struct voice_jitter *jitter, const struct voice_jitter_slot *slot,
    struct voice_jitter_frame *frame) {
    frame->n_lost = (uint16_t)(frame->n_lost + (uint16_t)(slot->sequence - jitter->next_sequence));
    start_priming(jitter, slot->sequence);
    jitter->may_start_earlier = false;
}

static void end_before(struct voice_jitter *jitter, const struct voice_jitter_slot *slot,
    struct voice_jitter_frame *frame) {
    frame->kind = VOICE_FRAME_CONCEAL;
    frame->last = true;
    begin_at(jitter, slot, frame);
}

// A frame of time for which no packet comes any more, in front of `slot`.
static void pass_missing(struct voice_jitter *jitter, const struct voice_jitter_slot *slot,
    struct voice_jitter_frame *frame) {
    jitter->next_timestamp += jitter->timestamp_step;
    if (slot->sequence != jitter->next_sequence) {
        jitter->next_sequence++;
        frame->n_lost++;
    }
}

// A loss in front of `slot`: concealed frame by frame; silence follows when it is too long.
static void conceal_missing(struct voice_jitter *jitter, const struct voice_jitter_slot *slot,
    struct voice_jitter_frame *frame) {
    pass_missing(jitter, slot, frame);
    conceal(jitter, frame);
    if (frame->last) {
        begin_at(jitter, slot, frame);
        jitter->interrupted = true;
    } else if (slot->sequence == jitter->next_sequence
               && slot->timestamp == jitter->next_timestamp) {
        frame->packet = slot;
    }
}

static void play(struct voice_jitter *jitter, struct voice_jitter_slot *slot,
    struct voice_jitter_frame *frame) {
    frame->kind = VOICE_FRAME_PACKET;
    frame->packet = slot;
    frame->n_lost = (uint16_t)(frame->n_lost + (uint16_t)(slot->sequence - jitter->next_sequence));
    frame->underrun = !jitter->pausing && jitter->starved_frames > 0;
    if (frame->first) {
        frame->underrun = jitter->ran_dry;
        jitter->ran_dry = false;
    }
    drop(jitter, slot);
    jitter->next_sequence = (uint16_t)(slot->sequence + 1u);
    jitter->next_timestamp = slot->timestamp + jitter->timestamp_step;
    jitter->timestamp_known = true;
    jitter->pausing = slot->noise;
    jitter->concealed_frames = 0;
    jitter->starved_frames = 0;
}

static void pull_packet(struct voice_jitter *jitter, uint32_t due,
    struct voice_jitter_frame *frame) {
    struct voice_jitter_slot *slot = head(jitter);
    int n_missing = frames_missing(jitter, slot);
    if (n_missing < 0 || (slot->marker && !frame->first && !jitter->pausing)) {
        end_before(jitter, slot, frame);
        return;
    }
    if (jitter->pausing) {
        // Whatever the pause lasted here, speech begins when it is due.
        bool enough = jitter->starved_frames >= n_missing + (int)VOICE_JITTER_WAIT_MAX;
        if (n_missing > 0 && !is_due(slot, due) && !enough) {
            jitter->starved_frames++;
            frame->kind = VOICE_FRAME_NOISE;
            return;
        }
        n_missing = 0;
    }
    // Time that passed while nothing was there needs no filling any more.
    while (n_missing > 0 && jitter->starved_frames > 0) {
        pass_missing(jitter, slot, frame);
        jitter->starved_frames--;
        n_missing--;
    }
    // Nor does time that the talker left out, when it is late anyway.
    bool left_out = slot->sequence == jitter->next_sequence;
    if (n_missing > 0 && !(left_out && is_due(slot, due))) {
        conceal_missing(jitter, slot, frame);
        return;
    }
    play(jitter, slot, frame);
}

void voice_jitter_pull(struct voice_jitter *jitter, uint32_t due,
    struct voice_jitter_frame *frame) {
    *frame = (struct voice_jitter_frame) {.kind = VOICE_FRAME_SILENCE};
    if (jitter->state == VOICE_JITTER_IDLE) {
        voice_jitter_skip(jitter);
        return;
    }
    if (jitter->concealed_frames >= VOICE_JITTER_CONCEAL_MAX && jitter->n_stored > 0) {
        // The guesses have faded out: what came meanwhile comes in anew.
        struct voice_jitter_slot *slot = head(jitter);
        jitter->ran_dry = slot->sequence == jitter->next_sequence;
        begin_at(jitter, slot, frame);
        jitter->interrupted = !slot->marker;
    }
    if (jitter->state == VOICE_JITTER_PRIMING) {
        if (!is_due(head(jitter), due) && ++jitter->waited_frames < VOICE_JITTER_WAIT_MAX) {
            return;
        }
        jitter->state = VOICE_JITTER_PLAYING;
        frame->first = true;
        frame->fresh = !jitter->interrupted;
    }
    if (jitter->n_stored == 0) {
        pull_from_empty(jitter, frame);
    } else {
        pull_packet(jitter, due, frame);
    }
}

bool voice_jitter_follows(const struct voice_jitter *jitter) {
    const struct voice_jitter_slot *slot = find(jitter, jitter->next_sequence);
    return jitter->state == VOICE_JITTER_PLAYING && jitter->timestamp_known && slot != NULL
           && !slot->marker && slot->timestamp == jitter->next_timestamp;
}

void voice_jitter_skip(struct voice_jitter *jitter) {
    if (jitter->state == VOICE_JITTER_IDLE && jitter->idle_frames < UINT16_MAX) {
        jitter->idle_frames++;
    }
}
