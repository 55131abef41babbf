// One codec of the table without the engine around it: sound to payloads, or payloads to sound. Reads `script`, writes
// `answer`; the structures are little-endian, as every machine here is.
//
//   script: struct head, then frames of sound (encode) or records (decode)
//   answer: records (encode) or frames of sound (decode)
//   record: uint16_t number of bytes, 0 for none; then the bytes
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "core/codec.h"

enum direction { ENCODE, DECODE };

struct head {
    char codec[16];
    uint32_t direction;
    uint32_t bitrate_bps;
    uint32_t dtx;
    uint32_t fec;
};

#define STATE_BYTES 32768u
#define PAYLOAD_MAX_BYTES 1500u

static uint8_t state[STATE_BYTES] VOICE_ALIGNED;
static uint8_t payload[PAYLOAD_MAX_BYTES];
static int16_t pcm[VOICE_FRAME_SAMPLES];

static bool put(int file, const void *bytes, size_t n_bytes) {
    return write(file, bytes, n_bytes) == (ssize_t)n_bytes;
}

static bool encode(const struct voice_codec *codec, const struct head *head, int script, int answer) {
    const struct voice_encoder_options options = {
        .bitrate_bps = head->bitrate_bps,
        .dtx = head->dtx != 0,
        .fec = head->fec != 0,
    };
    if (codec->encoder_bytes() > sizeof(state) || !codec->encoder_init(state, &options)) {
        return false;
    }
    while (read(script, pcm, sizeof(pcm)) == (ssize_t)sizeof(pcm)) {
        int n_bytes = codec->encode(state, pcm, payload, sizeof(payload));
        uint16_t record = (uint16_t)n_bytes;
        if (n_bytes < 0 || !put(answer, &record, sizeof(record)) || !put(answer, payload, record)) {
            return false;
        }
    }
    return true;
}

static bool decode(const struct voice_codec *codec, int script, int answer) {
    if (codec->decoder_bytes() > sizeof(state) || !codec->decoder_init(state)) {
        return false;
    }
    uint16_t n_bytes;
    while (read(script, &n_bytes, sizeof(n_bytes)) == (ssize_t)sizeof(n_bytes)) {
        if (n_bytes > sizeof(payload) || read(script, payload, n_bytes) != (ssize_t)n_bytes) {
            return false;
        }
        bool lost = n_bytes == 0;
        if (!lost && codec->payload_kind(payload, n_bytes) == VOICE_PAYLOAD_BAD) {
            return false;
        }
        if (!codec->decode(state, lost ? NULL : payload, n_bytes, pcm) || !put(answer, pcm, sizeof(pcm))) {
            return false;
        }
    }
    return true;
}

// Ends with 0, or says in which stage it failed.
int main(void) {
    int script = open("script", O_RDONLY);
    int answer = open("answer", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    struct head head;
    if (script < 0 || answer < 0 || read(script, &head, sizeof(head)) != (ssize_t)sizeof(head)) {
        return 1;
    }
    const struct voice_codec *codec = voice_codec_find(head.codec);
    if (codec == NULL) {
        return 2;
    }
    bool ok = head.direction == ENCODE ? encode(codec, &head, script, answer) : decode(codec, script, answer);
    return ok && close(answer) == 0 ? 0 : 3;
}
