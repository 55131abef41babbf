#include "stations.h"

#include <string.h>

#include "check.h"

uint64_t test_now_us;

uint64_t test_clock_us(void) {
    return test_now_us;
}

void station_start(struct station *station, const struct voice_codec *codec, uint32_t bitrate_bps,
    uint32_t ssrc, uint16_t sequence, uint32_t timestamp) {
    struct voice_config config = {
        .codec = codec,
        .options.bitrate_bps = bitrate_bps,
        .payload_type = PT(codec),
        .ssrc = ssrc,
        .sequence = sequence,
        .timestamp = timestamp,
    };
    voice_engine_init(&station->engine, test_clock_us);
    CHECK_EQ(voice_engine_configure(&station->engine, &config), VOICE_OK);
}

void station_tick(struct station *station, const int16_t *mic) {
    if (mic == NULL) {
        memset(station->mic, 0, sizeof(station->mic));
    } else {
        memcpy(station->mic, mic, sizeof(station->mic));
    }
    voice_engine_audio_tick(&station->engine, station->mic, station->speaker);
}

size_t station_take(struct station *station, uint8_t packet[VOICE_PACKET_MAX_BYTES]) {
    const struct voice_packet *slot = voice_engine_take(&station->engine);
    if (slot == NULL) {
        return 0;
    }
    size_t n_bytes = slot->n_bytes;
    memcpy(packet, slot->bytes, n_bytes);
    voice_engine_taken(&station->engine);
    return n_bytes;
}

unsigned stations_carry(struct station *from, struct station *to) {
    uint8_t packet[VOICE_PACKET_MAX_BYTES];
    unsigned n_packets = 0;
    size_t n_bytes;
    while ((n_bytes = station_take(from, packet)) > 0) {
        CHECK(voice_engine_give(&to->engine, packet, n_bytes));
        n_packets++;
    }
    return n_packets;
}

uint32_t station_stat(const struct station *station, enum voice_stat stat) {
    return voice_engine_stat(&station->engine, stat);
}
