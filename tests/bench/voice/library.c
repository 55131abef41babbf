#include "library.h"

#include <stdlib.h>
#include <string.h>

#include "core/codec_opus.h"
#include "dec_if.h"
#include "enc_if.h"
#include "opus.h"
#if __has_include("core/codec_amrnb.h")
#define HAS_AMRNB
#include "interf_dec.h"
#include "interf_enc.h"
#endif

int library_complexity;

// --- AMR ----------------------------------------------------------------------------------------

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

// The libraries number their modes by bit rate.
static int mode_of(uint32_t bitrate_bps, const uint32_t *rates_bps) {
    int mode = 0;
    while (rates_bps[mode] != bitrate_bps) {
        mode++;
    }
    return mode;
}

static bool amrwb_encoder_init(void *memory, const struct voice_encoder_options *options) {
    static const uint32_t rates_bps[] = {
        6600, 8850, 12650, 14250, 15850, 18250, 19850, 23050, 23850,
    };
    struct amr_encoder *encoder = memory;
    encoder->handle = E_IF_init();
    encoder->dtx = options->dtx;
    encoder->mode = mode_of(options->bitrate_bps, rates_bps);
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

#ifdef HAS_AMRNB
// The library asks the table's entry for memory, which has some while it makes an encoder of its own.
// Otherwise it is asked here (the Makefile says so to the linker).
void *__real_amrnb_oscl_malloc(size_t n_bytes);
void *__wrap_amrnb_oscl_malloc(size_t n_bytes);

void *__wrap_amrnb_oscl_malloc(size_t n_bytes) {
    void *block = __real_amrnb_oscl_malloc(n_bytes);
    return block == NULL ? malloc(n_bytes) : block;
}

static bool amrnb_encoder_init(void *memory, const struct voice_encoder_options *options) {
    static const uint32_t rates_bps[] = {4750, 5150, 5900, 6700, 7400, 7950, 10200, 12200};
    struct amr_encoder *encoder = memory;
    encoder->handle = Encoder_Interface_init(options->dtx);
    encoder->mode = mode_of(options->bitrate_bps, rates_bps);
    return encoder->handle != NULL;
}

static int amrnb_encode(void *memory, const int16_t *pcm, uint8_t *payload, size_t capacity_bytes) {
    struct amr_encoder *encoder = memory;
    (void)capacity_bytes;
    return Encoder_Interface_Encode(encoder->handle, (enum Mode)encoder->mode, pcm, payload, 0);
}

static bool amrnb_decoder_init(void *memory) {
    *(void **)memory = Decoder_Interface_init();
    return *(void **)memory != NULL;
}

static bool amrnb_decode(void *memory, const uint8_t *payload, size_t n_bytes, int16_t *pcm) {
    (void)n_bytes;
    Decoder_Interface_Decode(*(void **)memory, payload, pcm, 0);
    return true;
}
#endif

// --- Opus ---------------------------------------------------------------------------------------

static size_t opus_encoder_bytes(void) {
    return (size_t)opus_encoder_get_size(1);
}

// With the settings of the table's entry, whose memory is the library's encoder and nothing else.
static bool opus_start_encoder(void *memory, const struct voice_encoder_options *options) {
    return voice_codec_opus.encoder_init(memory, options)
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
    #ifdef HAS_AMRNB
    {
        .codec = {
            .name = "amrnb",
            .encoder_bytes = amr_encoder_bytes,
            .encoder_init = amrnb_encoder_init,
            .encode = amrnb_encode,
            .decoder_bytes = amr_decoder_bytes,
            .decoder_init = amrnb_decoder_init,
            .decode = amrnb_decode,
        },
        .frame_samples = 160,
    },
    #endif
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
