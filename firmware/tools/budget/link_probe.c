// Links what the firmware takes of the voice part: the engine that the module `voice` holds, and
// all that the module and the audio devices call. Never runs (tools.c_budget).

#include "core/engine.h"
#include "core/floor_guard.h"

static struct voice_engine engine;
static struct voice_floor_guard floor_guard;

const void *const budget_entry[] = {
    (const void *)&engine,
    (const void *)&floor_guard,
    (const void *)voice_group_key_init,
    (const void *)voice_floor_guard_init,
    (const void *)voice_floor_guard_set_keys,
    (const void *)voice_floor_guard_forget,
    (const void *)voice_floor_guard_protect,
    (const void *)voice_floor_guard_open,
    (const void *)voice_codec_find,
    (const void *)voice_engine_init,
    (const void *)voice_engine_configure,
    (const void *)voice_engine_talk,
    (const void *)voice_engine_set_bitrate,
    (const void *)voice_engine_set_volume,
    (const void *)voice_engine_tone,
    (const void *)voice_engine_set_keys,
    (const void *)voice_engine_forget,
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
