// How long packets have to wait so that those that come later are there in time: follows the
// jitter that the network shows.
//
// A packet's transit is its arrival, in the listener's time, less its timestamp, in the talker's:
// only differences mean something. The smallest transit is the network at its best (the base); by
// how much a packet exceeds it is its lateness. The target is the lateness that all but a few
// packets of the last seconds kept to, and a margin. All times are in RTP clock ticks modulo 2^32.
#ifndef VOICE_DELAY_H
#define VOICE_DELAY_H

#include <stdbool.h>
#include <stdint.h>

// Lateness is counted in quarters of a frame, 5 ms each; the last bin is "200 ms and more".
#define VOICE_DELAY_BINS 41u

struct voice_delay {
    uint16_t timestamp_step;
    uint16_t target_quarters;
    uint16_t lower_quarters; // the most that was wanted while it was less than the target
    uint16_t n_lower;        // for how many packets that has been so
    bool base_known;
    bool catching_up;        // a burst has begun, and what was kept for it comes at once
    uint32_t base;           // smallest transit
    uint32_t last_transit;
    uint32_t leaked;         // see leak()
    uint16_t n_learnt;       // packets, as far as that matters for how fast the next are learnt
    uint16_t reserve_quarters;
    uint16_t shares[VOICE_DELAY_BINS]; // of the packets, by lateness; 32768 in all
};

// Nothing known: a target of 40 ms. `timestamp_step`: RTP clock ticks in a frame. `awaits_next`:
// the packet after a lost one is worth waiting for, since it repeats that one.
void voice_delay_init(struct voice_delay *delay, uint16_t timestamp_step, bool awaits_next);

// Another talker: what is known of the network stays, for the time being.
void voice_delay_new_talker(struct voice_delay *delay);

// The timestamps to come have nothing to do with those before.
void voice_delay_new_time(struct voice_delay *delay);

// A packet came. `marker`: it begins a burst.
void voice_delay_arrival(struct voice_delay *delay, uint32_t arrival, uint32_t timestamp,
    bool marker);

// How long packets should wait, 20 to 200 ms.
uint32_t voice_delay_target(const struct voice_delay *delay);

// For how long the packet of that timestamp has been there at `now`, had it come at its best. A
// second at most, both ways.
int32_t voice_delay_waited(const struct voice_delay *delay, uint32_t now, uint32_t timestamp);

// Packets up to this timestamp have waited for as long as the target wants.
uint32_t voice_delay_due(const struct voice_delay *delay, uint32_t now);

#endif
