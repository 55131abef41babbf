#include "amrnb_released.h"

#include <stdlib.h>

// The library's headers under the names of the second build, which is compiled with this prefix.
#define AMRNB_PREFIX released_
#include "names.h"
#include "oscl_mem.h"
#include "sp_dec.h"
#include "wmf_to_ets.h"
#include "amrdecode.h"

// Its interface has types of its own for others.
#define AMRNB_WRAPPER_INTERNAL
#include "interf_dec.h"
#include "interf_enc.h"

// As in the header that ours stands in for.
void *oscl_malloc(size_t n_bytes) {
    return malloc(n_bytes);
}

void oscl_free(void *block) {
    free(block);
}

void *released_encoder_new(bool dtx) {
    return Encoder_Interface_init(dtx);
}

void released_encoder_free(void *encoder) {
    Encoder_Interface_exit(encoder);
}

size_t released_encode(void *encoder, unsigned mode, const int16_t pcm[AMRNB_SAMPLES],
    uint8_t out[64]) {
    int16_t changed_by_it[AMRNB_SAMPLES];
    memcpy(changed_by_it, pcm, sizeof(changed_by_it));
    return (size_t)Encoder_Interface_Encode(encoder, (enum Mode)mode, changed_by_it, out, 0);
}

void *released_decoder_new(void) {
    return Decoder_Interface_init();
}

void released_decoder_free(void *decoder) {
    Decoder_Interface_exit(decoder);
}

void released_decode(void *decoder, const uint8_t *stored, int16_t pcm[AMRNB_SAMPLES]) {
    static const uint8_t no_data[64] = {15 << 3};
    Decoder_Interface_Decode(decoder, stored == NULL ? no_data : stored, pcm, stored == NULL);
}

void released_decode_bad(void *decoder, const uint8_t *stored, int16_t pcm[AMRNB_SAMPLES]) {
    Speech_Decode_FrameState *state = decoder;
    enum Frame_Type_3GPP type = (enum Frame_Type_3GPP)(stored[0] >> 3 & 15);
    // Receive frame type, bits, rate.
    Word16 ets[1 + MAX_SERIAL_SIZE + 1] = {0};
    wmf_to_ets(type, (UWord8 *)(stored + 1), ets + 1, &state->decoder_amrState.common_amr_tbls);
    ets[0] = type == AMR_SID ? RX_SID_BAD : RX_SPEECH_BAD;
    ets[1 + MAX_SERIAL_SIZE] = (Word16)type;
    if (type == AMR_SID) {
        const Word16 *mode = ets + 1 + AMRSID_RXMODE_BIT_OFFSET;
        ets[1 + MAX_SERIAL_SIZE] = (Word16)(mode[0] | mode[1] << 1 | mode[2] << 2);
    }
    AMRDecode(decoder, type, (UWord8 *)ets, pcm, ETS);
}
