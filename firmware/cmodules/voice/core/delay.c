#include "delay.h"

#include <string.h>

#define QUARTERS_MIN 4u  // 20 ms
#define QUARTERS_MAX 40u // 200 ms
#define QUARTERS_UNKNOWN 8u // 40 ms
// What a packet's phase against the frames of the loudspeaker may still take away.
#define MARGIN_QUARTERS 2u
// Every change costs a little quality: the target rises at once, and falls when less has been
// enough for 5 s; with a new talker, for 3 s.
#define HOLD_PACKETS 250u
#define HOLD_FIRST_PACKETS 150u

#define ALL 32768u
// Of the packets, so many may come later than the target allows: 1 %.
#define LATE_SHARE (ALL / 100u)
// A packet's share is 2^-8; that of the first ones is such that all of them weigh the same.
#define LEARN_SHIFT_MIN 1u
#define LEARN_SHIFT_MAX 8u
#define LEARNT_MAX 256u
#define TALKER_LEARNT 4u
// Transits further apart than this do not belong to the same time.
#define SAME_TIME_FRAMES 50

// The talker's clock may be slower than ours: the base gives way by 390 ppm.
#define LEAK_SHARE 2560u

void voice_delay_init(struct voice_delay *delay, uint16_t timestamp_step, bool awaits_next) {
    memset(delay, 0, sizeof(*delay));
    delay->timestamp_step = timestamp_step;
    delay->reserve_quarters = awaits_next ? QUARTERS_MIN : 0u;
    delay->target_quarters = (uint16_t)(QUARTERS_UNKNOWN + delay->reserve_quarters);
}

void voice_delay_new_talker(struct voice_delay *delay) {
    if (delay->n_learnt > TALKER_LEARNT) {
        delay->n_learnt = TALKER_LEARNT;
    }
    voice_delay_new_time(delay);
}

void voice_delay_new_time(struct voice_delay *delay) {
    delay->base_known = false;
}

static void leak(struct voice_delay *delay) {
    delay->leaked += delay->timestamp_step;
    if (delay->leaked >= LEAK_SHARE) {
        delay->leaked -= LEAK_SHARE;
        delay->base++;
    }
}

static void learn(struct voice_delay *delay, uint32_t lateness) {
    uint32_t bin = 4u * lateness / delay->timestamp_step;
    unsigned shift = LEARN_SHIFT_MIN;
    while (shift < LEARN_SHIFT_MAX && (2u << shift) <= delay->n_learnt + 2u) {
        shift++;
    }
    delay->n_learnt = (uint16_t)(delay->n_learnt + (delay->n_learnt < LEARNT_MAX));
    uint32_t sum = 0;
    for (unsigned i = 0; i < VOICE_DELAY_BINS; i++) {
        uint32_t share = delay->shares[i];
        share -= (share + (1u << shift) - 1u) >> shift;
        delay->shares[i] = (uint16_t)share;
        sum += share;
    }
    if (bin >= VOICE_DELAY_BINS) {
        bin = VOICE_DELAY_BINS - 1u;
    }
    delay->shares[bin] = (uint16_t)(delay->shares[bin] + ALL - sum);
}

static void aim(struct voice_delay *delay) {
    unsigned bin = VOICE_DELAY_BINS - 1u;
    uint32_t late = delay->shares[bin];
    while (bin > 0 && late <= LATE_SHARE) {
        bin--;
        late += delay->shares[bin];
    }
    unsigned quarters = bin + 1u + MARGIN_QUARTERS + delay->reserve_quarters;
    if (bin == 0) {
        quarters = QUARTERS_MIN + delay->reserve_quarters;
    }
    if (quarters > QUARTERS_MAX) {
        quarters = QUARTERS_MAX;
    }
    if (quarters >= delay->target_quarters) {
        delay->target_quarters = (uint16_t)quarters;
        delay->n_lower = 0;
        delay->lower_quarters = 0;
        return;
    }
    if (quarters > delay->lower_quarters) {
        delay->lower_quarters = (uint16_t)quarters;
    }
    unsigned hold = delay->n_learnt < LEARNT_MAX ? HOLD_FIRST_PACKETS : HOLD_PACKETS;
    if (++delay->n_lower >= hold) {
        delay->target_quarters = delay->lower_quarters;
        delay->n_lower = 0;
        delay->lower_quarters = 0;
    }
}

// What a talker kept before the burst comes faster than it was said. That is no jitter.
static bool catches_up(struct voice_delay *delay, uint32_t transit, bool marker) {
    int32_t change = (int32_t)(transit - delay->last_transit);
    bool faster = change < -(int32_t)delay->timestamp_step / 2;
    delay->catching_up = marker || (delay->catching_up && faster);
    delay->last_transit = transit;
    return delay->catching_up;
}

void voice_delay_arrival(struct voice_delay *delay, uint32_t arrival, uint32_t timestamp,
    bool marker) {
    uint32_t transit = arrival - timestamp;
    bool ahead = catches_up(delay, transit, marker);
    leak(delay);
    int32_t lateness = (int32_t)(transit - delay->base);
    int32_t most = SAME_TIME_FRAMES * (int32_t)delay->timestamp_step;
    bool same_time = delay->base_known && lateness > -most && lateness < most;
    if (!same_time || lateness < 0) {
        delay->base_known = true;
        delay->base = transit;
    }
    if (!ahead) {
        learn(delay, transit - delay->base);
        aim(delay);
    }
}

uint32_t voice_delay_target(const struct voice_delay *delay) {
    return (uint32_t)delay->target_quarters * delay->timestamp_step / 4u;
}

int32_t voice_delay_waited(const struct voice_delay *delay, uint32_t now, uint32_t timestamp) {
    int32_t waited = (int32_t)(now - delay->base - timestamp);
    int32_t most = SAME_TIME_FRAMES * (int32_t)delay->timestamp_step;
    return waited < -most ? -most : waited > most ? most : waited;
}

uint32_t voice_delay_due(const struct voice_delay *delay, uint32_t now) {
    return now - delay->base - voice_delay_target(delay);
}
