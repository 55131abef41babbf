// Writes the inputs that fuzzing starts from: real speech, encoded in every mode of every codec.
//
//   seeds SPEECH FOLDER     SPEECH: samples at 16 kHz; FOLDER has a folder for each target
//
// The formats are those of targets/*.c.
#include <stdio.h>

#include "core/engine.h"
#include "core/rtp.h"
#include "targets/pieces.h"
#include "targets/receive.h"

#define FRAMES 5
#define PAYLOAD_TYPE 96u

static uint8_t memory[VOICE_CODEC_MEMORY_BYTES] VOICE_ALIGNED;
static uint8_t payloads[FRAMES][VOICE_PAYLOAD_MAX_BYTES];
static int lengths[FRAMES];
static const char *folder;

struct seed {
    uint8_t bytes[4096];
    size_t n_bytes;
};

static void put(struct seed *seed, unsigned byte) {
    must(seed->n_bytes < sizeof(seed->bytes));
    seed->bytes[seed->n_bytes++] = (uint8_t)byte;
}

static void put_piece(struct seed *seed, const uint8_t *bytes, int n_bytes) {
    put(seed, (unsigned)n_bytes);
    for (int i = 0; i < n_bytes; i++) {
        put(seed, bytes[i]);
    }
}

static void save(const char *target, const char *name, unsigned number, const struct seed *seed) {
    char path[512];
    snprintf(path, sizeof(path), "%s/%s/%s-%u", folder, target, name, number);
    FILE *file = fopen(path, "wb");
    must(file != NULL);
    must(fwrite(seed->bytes, 1, seed->n_bytes, file) == seed->n_bytes);
    must(fclose(file) == 0);
}

// FRAMES payloads from somewhere in the speech; with DTX those after a pause begins.
static void encode(const struct voice_codec *codec, uint32_t bitrate_bps, bool dtx, FILE *speech) {
    struct voice_encoder_options options = {.bitrate_bps = bitrate_bps, .dtx = dtx};
    int16_t pcm[VOICE_FRAME_SAMPLES];
    unsigned n_before = dtx ? 40 : 30;
    must(codec->encoder_init(memory, &options));
    rewind(speech);
    for (unsigned frame = 0, kept = 0; kept < FRAMES && frame < 200; frame++) {
        must(fread(pcm, sizeof(pcm), 1, speech) == 1);
        if (dtx && frame > 25) {
            memset(pcm, 0, sizeof(pcm));
        }
        int n_payload = codec->encode(memory, pcm, payloads[kept], sizeof(payloads[kept]));
        if (frame >= n_before && n_payload > 0) {
            lengths[kept++] = n_payload;
        }
    }
}

static void save_for_codec(const struct voice_codec *codec, unsigned number) {
    struct seed seed = {0};
    for (int frame = 0; frame < FRAMES; frame++) {
        if (frame == 2) {
            put(&seed, PIECE_NONE);
        }
        put_piece(&seed, payloads[frame], lengths[frame]);
    }
    save(codec->name, "speech", number, &seed);
}

static void save_for_receive(const struct voice_codec *codec, unsigned choice, unsigned number) {
    struct seed seed = {0};
    put(&seed, choice);
    for (int frame = 0; frame < FRAMES; frame++) {
        put(&seed, ORDER_NEXT | ORDER_TICK);
        put_piece(&seed, payloads[frame], lengths[frame]);
        if (frame == 2) {
            put(&seed, ORDER_LOST | ORDER_TICK);
        }
    }
    put(&seed, ORDER_TICKS | 12u << 3);
    save("receive", codec->name, number, &seed);
}

static void save_for_rtp(const struct voice_codec *codec, unsigned number) {
    const struct voice_rtp rtp = {.payload_type = PAYLOAD_TYPE, .marker = true, .sequence = 7,
                                  .timestamp = 320, .ssrc = 1};
    struct seed seed = {.n_bytes = VOICE_RTP_HEADER_BYTES};
    voice_rtp_write(seed.bytes, &rtp);
    for (int i = 0; i < lengths[0]; i++) {
        put(&seed, payloads[0][i]);
    }
    save("rtp", codec->name, 2u * number, &seed);
    // As nobody of ours sends it: with two sources, an extension and padding.
    const uint8_t behind[] = {0, 0, 0, 5, 0, 0, 0, 6, 0xbe, 0xde, 0, 1, 1, 2, 3, 4, 9, 9, 9, 0, 0, 3};
    seed.bytes[0] = 0xb2;
    memcpy(seed.bytes + VOICE_RTP_HEADER_BYTES, behind, sizeof(behind));
    seed.n_bytes = VOICE_RTP_HEADER_BYTES + sizeof(behind);
    save("rtp", codec->name, 2u * number + 1u, &seed);
}

// See targets/srtp.c: in the clear, protected and then changed, for SRTP and for SRTCP.
static void save_for_srtp(const struct voice_codec *codec, unsigned number) {
    const struct voice_rtp rtp = {.payload_type = PAYLOAD_TYPE, .sequence = 7, .ssrc = 1};
    for (unsigned choice = 0; choice < 8; choice++) {
        struct seed seed = {0};
        put(&seed, choice);
        voice_rtp_write(seed.bytes + 1, &rtp);
        seed.n_bytes = 1 + VOICE_RTP_HEADER_BYTES;
        for (int i = 0; i < lengths[0]; i++) {
            put(&seed, payloads[0][i]);
        }
        // Where a tag, an index and a key's id would be.
        for (int i = 0; i < 30; i++) {
            put(&seed, i == 21 ? 1u : 0u);
        }
        save("srtp", codec->name, 8u * number + choice, &seed);
    }
}

static void save_all(const struct voice_codec *codec, unsigned choice, unsigned *number) {
    save_for_codec(codec, *number);
    save_for_receive(codec, choice, *number);
    save_for_rtp(codec, *number);
    if (*number == 0) {
        save_for_srtp(codec, *number);
    }
    (*number)++;
}

// Every first byte's upper bits: all of Opus's modes and bandwidths, other frame types of AMR.
static void save_other_modes(const struct voice_codec *codec, unsigned choice, unsigned *number) {
    for (unsigned mode = 0; mode < 32; mode++) {
        for (int frame = 0; frame < FRAMES; frame++) {
            payloads[frame][0] = (uint8_t)(mode << 3);
        }
        if (codec->payload_kind(payloads[0], (size_t)lengths[0]) != VOICE_PAYLOAD_BAD) {
            save_all(codec, choice, number);
        }
    }
}

int main(int argc, char **argv) {
    must(argc == 3);
    folder = argv[2];
    FILE *speech = fopen(argv[1], "rb");
    must(speech != NULL);
    for (unsigned choice = 0; voice_codecs[choice] != NULL; choice++) {
        const struct voice_codec *codec = voice_codecs[choice];
        unsigned number = 0;
        for (uint32_t bps = 50; bps <= 24000; bps += 50) {
            bool any_rate = codec->bitrate_ok(bps) && codec->bitrate_ok(bps + 1u);
            if (!codec->bitrate_ok(bps) || (any_rate && bps % 6000u != 0)) {
                continue;
            }
            encode(codec, bps, false, speech);
            save_all(codec, choice, &number);
            encode(codec, bps, true, speech);
            save_all(codec, choice, &number);
        }
        save_other_modes(codec, choice, &number);
    }
    return fclose(speech);
}
