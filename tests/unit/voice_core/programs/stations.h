// Handsets' engines under a test clock, without any device or thread.
#ifndef STATIONS_H
#define STATIONS_H

#include "core/engine.h"

#define IS(codec, its_name) (strcmp((codec)->name, its_name) == 0)
#define RATE(codec) (IS(codec, "amrwb") ? 12650u : IS(codec, "amrnb") ? 12200u : 16000u)
#define PT(codec) (IS(codec, "amrwb") ? 96u : IS(codec, "amrnb") ? 98u : 97u)

// Microseconds of test time; moves only when a test moves it.
extern uint64_t test_now_us;
uint64_t test_clock_us(void);

struct station {
    struct voice_engine engine;
    int16_t mic[VOICE_FRAME_SAMPLES];
    int16_t speaker[VOICE_FRAME_SAMPLES];
};

void station_start(struct station *station, const struct voice_codec *codec, uint32_t bitrate_bps,
    uint32_t ssrc, uint16_t sequence, uint32_t timestamp);
// One frame of `mic` (NULL: silence); the answer is in station->speaker.
void station_tick(struct station *station, const int16_t *mic);
// The next packet into `packet`; 0 when there is none.
size_t station_take(struct station *station, uint8_t packet[VOICE_PACKET_MAX_BYTES]);
// Takes all packets of one and gives them to the other; returns how many.
unsigned stations_carry(struct station *from, struct station *to);
uint32_t station_stat(const struct station *station, enum voice_stat stat);
#define STAT(station, name) station_stat((station), VOICE_STAT_##name)

#endif
