// Air with mishaps, the same on every run: losses, holes, packets that are late, early, double, and
// too many at once. What a listener must work hardest for.
#ifndef BENCH_ROUGH_AIR_H
#define BENCH_ROUGH_AIR_H

#include <stdbool.h>
#include <stddef.h>

#include "core/ring.h"

#define ROUGH_AIR_SLOTS 32u

struct rough_air {
    uint32_t now_frames;
    uint32_t n_sent;
    struct {
        bool full;
        uint32_t due_frames;
        struct voice_packet packet;
    } slots[ROUGH_AIR_SLOTS];
};

void rough_air_send(struct rough_air *air, const struct voice_packet *packet);
// A packet that arrives in this frame, or NULL when there is no other. Valid until the next send.
const struct voice_packet *rough_air_due(struct rough_air *air);
// A frame of time passes.
void rough_air_tick(struct rough_air *air);

#endif
