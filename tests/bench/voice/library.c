#include "library.h"

#include <string.h>

#include "dec_if.h"
#include "enc_if.h"
#include "opus.h"

int library_complexity;

// --- AMR-WB: vo-amrwbenc, opencore-amr ----------------------------------------------------------

struct amr_encoder {
    void *handle;
    int mode;
    int dtx;
};

static size_t amr_encoder_bytes(void) {
    return sizeof(struct amr_encoder);
}

static size_t amr_decoder_bytes(void) {
    return sizeof(void *);
}

static bool amrwb_encoder_init(void *memory, const struct voice_encoder_options *options) {
    static const uint32_t rates[] = {6600, 8850, 12650, 14250, 15850, 18250, 19850, 23050, 23850};
    struct amr_encoder *encoder = memory;
    encoder->handle = E_IF_init();
    encoder->dtx = options->dtx;
    encoder->mode = 0;
    while (rates[encoder->mode] != options->bitrate_bps) {
        encoder->mode++;
    }
    return encoder->handle != NULL;
}

static int amrwb_encode(void *memory, const int16_t *pcm, uint8_t *payload, size_t capacity_bytes) {
    struct amr_encoder *encoder = memory;
    (void)capacity_bytes;
    return E_IF_encode(encoder->handle, encoder->mode, pcm, payload, encoder->dtx);
}

static bool amrwb_decoder_init(void *memory) {
    *(void **)memory = D_IF_init();
    return *(void **)memory != NULL;
}

static bool amrwb_decode(void *memory, const uint8_t *payload, size_t n_bytes, int16_t *pcm) {
    (void)n_bytes;
    D_IF_decode(*(void **)memory, payload, pcm, 0);
    return true;
}

// --- Opus ---------------------------------------------------------------------------------------

static size_t opus_encoder_bytes(void) {
    return (size_t)opus_encoder_get_size(1);
}

static bool opus_start_encoder(void *memory, const struct voice_encoder_options *options) {
    return opus_encoder_init(memory, 16000, 1, OPUS_APPLICATION_VOIP) == OPUS_OK
           && opus_encoder_ctl(memory, OPUS_SET_BITRATE((opus_int32)options->bitrate_bps)) == OPUS_OK
           && opus_encoder_ctl(memory, OPUS_SET_VBR(0)) == OPUS_OK
           && opus_encoder_ctl(memory, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE)) == OPUS_OK
           && opus_encoder_ctl(memory, OPUS_SET_COMPLEXITY(library_complexity)) == OPUS_OK;
}

static int opus_one_frame(void *memory, const int16_t *pcm, uint8_t *payload,
    size_t capacity_bytes) {
    return opus_encode(memory, pcm, 320, payload, (opus_int32)capacity_bytes);
}

static size_t opus_decoder_bytes(void) {
    return (size_t)opus_decoder_get_size(1);
}

static bool opus_start_decoder(void *memory) {
    return opus_decoder_init(memory, 16000, 1) == OPUS_OK;
}

static bool opus_one_packet(void *memory, const uint8_t *payload, size_t n_bytes, int16_t *pcm) {
    return opus_decode(memory, payload, (opus_int32)n_bytes, pcm, 320, 0) == 320;
}

// --- all of them --------------------------------------------------------------------------------

static const struct library libraries[] = {
    {
        .codec = {
            .name = "amrwb",
            .encoder_bytes = amr_encoder_bytes,
            .encoder_init = amrwb_encoder_init,
            .encode = amrwb_encode,
            .decoder_bytes = amr_decoder_bytes,
            .decoder_init = amrwb_decoder_init,
            .decode = amrwb_decode,
        },
        .frame_samples = 320,
    },
    {
        .codec = {
            .name = "opus",
            .encoder_bytes = opus_encoder_bytes,
            .encoder_init = opus_start_encoder,
            .encode = opus_one_frame,
            .decoder_bytes = opus_decoder_bytes,
            .decoder_init = opus_start_decoder,
            .decode = opus_one_packet,
        },
        .frame_samples = 320,
    },
};

const struct library *library_find(const char *name) {
    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        if (strcmp(libraries[i].codec.name, name) == 0) {
            return &libraries[i];
        }
    }
    return NULL;
}
