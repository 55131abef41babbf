#include "backlog.h"

void voice_backlog_clear(struct voice_backlog *backlog) {
    backlog->oldest = 0;
    backlog->n_frames = 0;
}

static unsigned index_of(const struct voice_backlog *backlog, unsigned n_older) {
    return (backlog->oldest + n_older) % VOICE_BACKLOG_FRAMES;
}

struct voice_backlog_frame *voice_backlog_next(struct voice_backlog *backlog) {
    return &backlog->frames[index_of(backlog, backlog->n_frames)];
}

void voice_backlog_commit(struct voice_backlog *backlog) {
    backlog->n_frames++;
}

const struct voice_backlog_frame *voice_backlog_at(const struct voice_backlog *backlog,
    unsigned n_older) {
    return &backlog->frames[index_of(backlog, n_older)];
}

void voice_backlog_drop(struct voice_backlog *backlog) {
    backlog->oldest = (uint8_t)index_of(backlog, 1);
    backlog->n_frames--;
}
