// Links what the firmware takes of the voice part: the engine that the module `voice` holds, and
// all that the module and the audio devices call. Never runs (tools.c_budget).

#include "core/engine.h"

static struct voice_engine engine;

const void *const budget_entry[] = {
    (const void *)&engine,
    (const void *)voice_codec_find,
    (const void *)voice_engine_init,
    (const void *)voice_engine_configure,
    (const void *)voice_engine_talk,
    (const void *)voice_engine_listen,
    (const void *)voice_engine_heard_ssrc,
    (const void *)voice_engine_take,
    (const void *)voice_engine_taken,
    (const void *)voice_engine_give,
    (const void *)voice_engine_stat,
    (const void *)voice_engine_audio_tick,
    (const void *)voice_engine_audio_skip,
    (const void *)voice_engine_audio_follow,
    (const void *)voice_engine_audio_set_stat,
};
