// Encoded frames that wait to be sent: what is said between the press of the key and the permission
// to talk. First in, first out; half a second of it.
#ifndef VOICE_BACKLOG_H
#define VOICE_BACKLOG_H

#include "codec.h"

#define VOICE_BACKLOG_FRAMES 25u

struct voice_backlog_frame {
    bool speech; // voice_vad says so
    bool noise;  // comfort noise, says the codec
    uint8_t n_bytes;
    uint8_t payload[VOICE_ENCODED_MAX_BYTES];
};

struct voice_backlog {
    uint8_t oldest;
    uint8_t n_frames;
    struct voice_backlog_frame frames[VOICE_BACKLOG_FRAMES];
};

void voice_backlog_clear(struct voice_backlog *backlog);

// The frame to fill next; only while there are fewer than VOICE_BACKLOG_FRAMES. It joins the others
// with voice_backlog_commit().
struct voice_backlog_frame *voice_backlog_next(struct voice_backlog *backlog);
void voice_backlog_commit(struct voice_backlog *backlog);

// The frame behind that many older ones, n_older < n_frames.
const struct voice_backlog_frame *voice_backlog_at(const struct voice_backlog *backlog,
    unsigned n_older);
// Takes the oldest away; only while there is one.
void voice_backlog_drop(struct voice_backlog *backlog);

#endif
