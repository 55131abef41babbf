// Plays a script through the voice engine and writes down everything that comes out.
//
// Reads the file `script` of the folder it runs in, writes `answer` and `figures` there. One source
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

// What may differ between machines: not part of the answer.
struct figures {
    uint32_t engine_bytes;
    uint32_t encoder_bytes;
    uint32_t decoder_bytes;
    uint32_t stack_bytes;
    uint32_t n_frames; // in which something was encoded or decoded; the following are of these
    uint32_t instructions_max;
    uint64_t instructions_total;
};

#define PAINT 0x5ac35ac3u
#define PAINT_BYTES (96u * 1024u)
// Next to the painter's own frame, which must not paint itself. No codec is content with so little.
#define PAINT_GAP_BYTES 1024u

static struct voice_engine engine;
static struct figures figures;
static struct script_frame in;
static struct answer_frame out;
static struct packet packet;
static uint64_t clock_us;

static uint64_t now_us(void) {
    return clock_us;
}

// Retired so far, modulo 2^32. Zero where nobody counts.
static uint32_t instructions(void) {
    #if defined(__riscv)
    uint32_t count;
    __asm__ volatile ("csrr %0, minstret" : "=r" (count));
    return count;
    #else
    return 0;
    #endif
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
    if (config.codec == NULL || voice_engine_configure(&engine, &config) != VOICE_OK) {
        return false;
    }
    figures.engine_bytes = sizeof(engine);
    figures.encoder_bytes = (uint32_t)config.codec->encoder_bytes();
    figures.decoder_bytes = (uint32_t)config.codec->decoder_bytes();
    return true;
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

static uint32_t coded(void) {
    return engine.stats.values[VOICE_STAT_tx_frames] + engine.stats.values[VOICE_STAT_decoded]
           + engine.stats.values[VOICE_STAT_concealed];
}

static void tick(void) {
    uint32_t coded_before = coded();
    uint32_t start = instructions();
    voice_engine_audio_tick(&engine, in.mic, out.speaker);
    uint32_t n_instructions = instructions() - start;
    clock_us += VOICE_FRAME_US;
    if (coded() == coded_before) {
        return;
    }
    figures.n_frames++;
    figures.instructions_total += n_instructions;
    if (n_instructions > figures.instructions_max) {
        figures.instructions_max = n_instructions;
    }
}

static bool play(int script, int answer) {
    ssize_t n_bytes;
    while ((n_bytes = read(script, &in, sizeof(in))) == (ssize_t)sizeof(in)) {
        enum voice_talk talk = in.talk ? VOICE_TALK_ON : VOICE_TALK_OFF;
        if (!give(script) || voice_engine_talk(&engine, talk) != VOICE_OK) {
            return false;
        }
        tick();
        if (!take(answer)) {
            return false;
        }
    }
    return n_bytes == 0;
}

// Paints what the stack has not reached yet, plays, and looks how much paint is left.
static bool play_on_painted_stack(int script, int answer) {
    uintptr_t here = (uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)15;
    volatile uint32_t *paint = (volatile uint32_t *)(here - PAINT_BYTES);
    volatile uint32_t *end = (volatile uint32_t *)(here - PAINT_GAP_BYTES);
    for (volatile uint32_t *word = paint; word < end; word++) {
        *word = PAINT;
    }
    bool ok = play(script, answer);
    while (paint < end && *paint == PAINT) {
        paint++;
    }
    figures.stack_bytes = (uint32_t)(here - (uintptr_t)paint);
    return ok && figures.stack_bytes < PAINT_BYTES;
}

// Ends with 0, or says in which stage it failed.
int main(void) {
    int script = open("script", O_RDONLY);
    int answer = open("answer", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    int measured = open("figures", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (script < 0 || answer < 0 || measured < 0) {
        return 1;
    }
    if (!configure(script) || !play_on_painted_stack(script, answer)) {
        return 2;
    }
    return put(measured, &figures, sizeof(figures)) && close(answer) == 0 ? 0 : 3;
}
