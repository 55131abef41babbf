#include "codec.h"

#include <string.h>

#include "codec_amrnb.h"
#include "codec_amrwb.h"
#include "codec_opus.h"

const struct voice_codec *const voice_codecs[] = {
    &voice_codec_amrwb,
#ifndef VOICE_WITHOUT_OPUS
    &voice_codec_opus,
#endif
#ifndef VOICE_WITHOUT_AMRNB
    &voice_codec_amrnb,
#endif
    NULL,
};

const struct voice_codec *voice_codec_find(const char *name) {
    for (size_t i = 0; voice_codecs[i] != NULL; i++) {
        if (strcmp(voice_codecs[i]->name, name) == 0) {
            return voice_codecs[i];
        }
    }
    return NULL;
}
