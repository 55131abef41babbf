// One codec (FUZZ_CODEC): payloads of RTP packets one after the other, some of them lost, as far as the
// payload format lets them through to the decoder.
#include "core/engine.h"
#include "pieces.h"

#define FRAMES_MAX 4

static uint8_t memory[VOICE_CODEC_MEMORY_BYTES] VOICE_ALIGNED;

static void hear(const struct voice_codec *codec, const struct piece *payload) {
    int16_t pcm[VOICE_FRAME_SAMPLES];
    if (payload->none) {
        codec->decode(memory, NULL, 0, pcm);
        return;
    }
    if (codec->requested_bitrate != NULL) {
        uint32_t bitrate_bps = codec->requested_bitrate(payload->bytes, payload->n_bytes);
        must(bitrate_bps == 0 || codec->bitrate_ok(bitrate_bps));
    }
    if (codec->payload_kind(payload->bytes, payload->n_bytes) == VOICE_PAYLOAD_BAD) {
        return;
    }
    if (codec->decode_lost != NULL) {
        codec->decode_lost(memory, payload->bytes, payload->n_bytes, pcm);
    }
    codec->decode(memory, payload->bytes, payload->n_bytes, pcm);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    const struct voice_codec *codec = voice_codec_find(FUZZ_CODEC);
    struct pieces pieces = {.bytes = bytes, .n_left = n_bytes};
    must(codec != NULL && codec->decoder_bytes() <= sizeof(memory) && codec->decoder_init(memory));
    for (int frame = 0; frame < FRAMES_MAX && pieces.n_left > 0; frame++) {
        struct piece payload = pieces_next(&pieces);
        hear(codec, &payload);
        piece_free(&payload);
    }
    return 0;
}
