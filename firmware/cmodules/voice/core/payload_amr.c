#include "payload_amr.h"

#define FOLLOWED_BIT 0x80u
#define QUALITY_BIT 0x04u

#define FRAME_TYPES 16u

static const int8_t speech_bytes[][FRAME_TYPES] = {
    [VOICE_AMR_NB] = {
        12, 13, 15, 17, 19, 20, 26, 31, // speech
        5,                              // comfort noise (SID)
        -1, -1, -1,                     // comfort noise of other codecs
        -1, -1, -1,                     // for future use
        0,                              // no data
    },
    [VOICE_AMR_WB] = {
        17, 23, 32, 36, 40, 46, 50, 58, 60, // speech
        5,                                  // comfort noise (SID)
        -1, -1, -1, -1,                     // for future use
        0, 0,                               // speech lost, no data
    },
};

int voice_amr_speech_bytes(enum voice_amr amr, unsigned type) {
    return type < FRAME_TYPES ? speech_bytes[amr][type] : -1;
}

void voice_amr_write_header(uint8_t out[VOICE_AMR_HEADER_BYTES], uint8_t cmr, uint8_t type,
    bool good) {
    out[0] = (uint8_t)(cmr << 4);
    out[1] = (uint8_t)(((unsigned)type << 3) | (good ? QUALITY_BIT : 0u));
}

bool voice_amr_read(enum voice_amr amr, const uint8_t *payload, size_t n_bytes,
    struct voice_amr_frame *frame) {
    if (n_bytes < VOICE_AMR_HEADER_BYTES || (payload[1] & FOLLOWED_BIT)) {
        return false;
    }
    uint8_t type = (payload[1] >> 3) & 0x0fu;
    int n_speech = voice_amr_speech_bytes(amr, type);
    if (n_speech < 0 || n_bytes != VOICE_AMR_HEADER_BYTES + (size_t)n_speech) {
        return false;
    }
    frame->cmr = payload[0] >> 4;
    frame->type = type;
    frame->good = (payload[1] & QUALITY_BIT) != 0;
    frame->speech = payload + VOICE_AMR_HEADER_BYTES;
    frame->n_speech_bytes = (size_t)n_speech;
    return true;
}
