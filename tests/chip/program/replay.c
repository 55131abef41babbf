// Plays a script through the voice engine and writes down everything that comes out.
//
// Reads the file `script` of the folder it runs in, writes `answer` there. One source
// for every machine, and their answers must be the same bytes. Script and answer are the structures
// below one after the other, in the order that all the machines share (least significant byte
// first, nothing between the members); replay_files.py is the other side.
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/engine.h"

struct script_head {
    char codec[16];
    uint32_t bitrate_bps;
};

// Followed by n_packets packets, all of which arrive during this frame.
struct script_frame {
    uint16_t talk;
    uint16_t n_packets;
    int16_t mic[VOICE_FRAME_SAMPLES];
};

// Followed by n_packets packets, all that were waiting to be sent.
struct answer_frame {
    int16_t speaker[VOICE_FRAME_SAMPLES];
    uint32_t stats[VOICE_STAT_COUNT];
    uint32_t n_packets;
};

struct packet {
    uint16_t n_bytes;
    uint8_t bytes[VOICE_PACKET_MAX_BYTES];
};

static struct voice_engine engine;
static struct script_frame in;
static struct answer_frame out;
static struct packet packet;
static uint64_t clock_us;

static uint64_t now_us(void) {
    return clock_us;
}

static bool configure(int script) {
    struct script_head head;
    if (read(script, &head, sizeof(head)) != (ssize_t)sizeof(head)) {
        return false;
    }
    struct voice_config config = {
        .codec = voice_codec_find(head.codec),
        .options.bitrate_bps = head.bitrate_bps,
        .payload_type = 96,
        .ssrc = 0x80000001u,
        .sequence = 0xfff0u, // both wrap soon
        .timestamp = 0xffffe000u,
    };
    voice_engine_init(&engine, now_us);
    return config.codec != NULL && voice_engine_configure(&engine, &config) == VOICE_OK;
}

static bool give(int script) {
    for (unsigned i = 0; i < in.n_packets; i++) {
        if (read(script, &packet, sizeof(packet)) != (ssize_t)sizeof(packet)) {
            return false;
        }
        voice_engine_give(&engine, packet.bytes, packet.n_bytes);
    }
    return true;
}

static bool put(int answer, const void *bytes, size_t n_bytes) {
    return write(answer, bytes, n_bytes) == (ssize_t)n_bytes;
}

static bool take(int answer) {
    const struct voice_packet *sent;
    for (unsigned i = 0; i < VOICE_STAT_COUNT; i++) {
        out.stats[i] = voice_engine_stat(&engine, (enum voice_stat)i);
    }
    out.n_packets = engine.tx.produced - engine.tx.consumed;
    if (!put(answer, &out, sizeof(out))) {
        return false;
    }
    while ((sent = voice_engine_take(&engine)) != NULL) {
        memset(&packet, 0, sizeof(packet));
        packet.n_bytes = sent->n_bytes;
        memcpy(packet.bytes, sent->bytes, sent->n_bytes);
        voice_engine_taken(&engine);
        if (!put(answer, &packet, sizeof(packet))) {
            return false;
        }
    }
    return true;
}

static bool play(int script, int answer) {
    ssize_t n_bytes;
    while ((n_bytes = read(script, &in, sizeof(in))) == (ssize_t)sizeof(in)) {
        enum voice_talk talk = in.talk ? VOICE_TALK_ON : VOICE_TALK_OFF;
        if (!give(script) || voice_engine_talk(&engine, talk) != VOICE_OK) {
            return false;
        }
        voice_engine_audio_tick(&engine, in.mic, out.speaker);
        clock_us += VOICE_FRAME_US;
        if (!take(answer)) {
            return false;
        }
    }
    return n_bytes == 0;
}

// Ends with 0, or says in which stage it failed.
int main(void) {
    int script = open("script", O_RDONLY);
    int answer = open("answer", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (script < 0 || answer < 0) {
        return 1;
    }
    if (!configure(script) || !play(script, answer)) {
        return 2;
    }
    return close(answer) == 0 ? 0 : 3;
}
