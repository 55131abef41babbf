// opencore-amr's AMR-NB as released, through its own entry points: what ours is compared with. It is
// a second build of the library in the program, under other names.
#ifndef AMRNB_RELEASED_H
#define AMRNB_RELEASED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AMRNB_SAMPLES 160u
#define AMRNB_MODES 8u

// Encoder_Interface_*: rates by their index. The answer is a table-of-contents octet and the speech
// bits; its length counts both.
void *released_encoder_new(bool dtx);
void released_encoder_free(void *encoder);
size_t released_encode(void *encoder, unsigned mode, const int16_t pcm[AMRNB_SAMPLES],
    uint8_t out[64]);

// Decoder_Interface_*. `stored` as encode() answers; NULL is a lost frame.
void *released_decoder_new(void);
void released_decoder_free(void *decoder);
void released_decode(void *decoder, const uint8_t *stored, int16_t pcm[AMRNB_SAMPLES]);
// A frame that the sender or the network marks as damaged, through the library's ETS format:
// that interface has no word for it.
void released_decode_bad(void *decoder, const uint8_t *stored, int16_t pcm[AMRNB_SAMPLES]);

#endif
