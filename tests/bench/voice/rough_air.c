#include "rough_air.h"

static void hold(struct rough_air *air, const struct voice_packet *packet, uint32_t n_frames) {
    for (unsigned i = 0; i < ROUGH_AIR_SLOTS; i++) {
        if (!air->slots[i].full) {
            air->slots[i].full = true;
            air->slots[i].due_frames = air->now_frames + n_frames;
            air->slots[i].packet = *packet;
            return;
        }
    }
}

void rough_air_send(struct rough_air *air, const struct voice_packet *packet) {
    uint32_t n = air->n_sent++;
    uint32_t at = n % 150u;
    if (n % 23u == 5u || (at >= 60u && at < 69u)) {
        return; // a loss, and a hole longer than what is made up for
    }
    if (at >= 90u && at < 110u) {
        hold(air, packet, 110u - at); // held up, then too many at once: the delay grows
    } else if (n % 17u == 3u) {
        hold(air, packet, 2); // overtaken
    } else {
        hold(air, packet, 0);
    }
    if (n % 31u == 7u) {
        hold(air, packet, 1); // twice
    }
}

const struct voice_packet *rough_air_due(struct rough_air *air) {
    for (unsigned i = 0; i < ROUGH_AIR_SLOTS; i++) {
        if (air->slots[i].full && (int32_t)(air->now_frames - air->slots[i].due_frames) >= 0) {
            air->slots[i].full = false;
            return &air->slots[i].packet;
        }
    }
    return NULL;
}

void rough_air_tick(struct rough_air *air) {
    air->now_frames++;
}
