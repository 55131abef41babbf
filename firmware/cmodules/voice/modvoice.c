// Python module `voice`: arguments and errors, nothing else. The engine does the work.
//
// take, give, step, stats and heard_ssrc allocate nothing.

#include <string.h>

#include "py/binary.h"
#include "py/mperrno.h"
#include "py/objarray.h"
#include "py/runtime.h"

#include "core/engine.h"
#include "core/floor_guard.h"
#include "io.h"
#include "vault/core/erase.h"
#include "vault/core/rng.h"

static struct voice_engine engine;
static struct voice_floor_guard floor_guard;
static bool engine_ready;

static struct voice_engine *the_engine(void) {
    if (!engine_ready) {
        voice_engine_init(&engine, voice_io_now_us);
        voice_floor_guard_init(&floor_guard, &engine.stats);
        engine_ready = true;
    }
    return &engine;
}

static void raise_error(enum voice_error error) {
    switch (error) {
        case VOICE_OK:
            return;
        case VOICE_ERROR_CODEC:
            mp_raise_ValueError(MP_ERROR_TEXT("unknown codec: see voice.CODECS"));
        case VOICE_ERROR_BITRATE:
            mp_raise_ValueError(MP_ERROR_TEXT("not a bit rate of this codec"));
        case VOICE_ERROR_PAYLOAD_TYPE:
            mp_raise_ValueError(MP_ERROR_TEXT("RTP payload type must be 0 to 127"));
        case VOICE_ERROR_TALKING:
            mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("not while talking"));
        case VOICE_ERROR_UNCONFIGURED:
            mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("configure a codec first"));
        case VOICE_ERROR_PROTECTED:
            mp_raise_msg(&mp_type_RuntimeError,
                MP_ERROR_TEXT("group keys are set: the SSRC cannot change"));
    }
}

// The audio thread follows with its next frame; when none runs by itself, it is done here.
static void follow(void) {
    if (!voice_io_is_paced()) {
        voice_engine_audio_follow(&engine);
    }
}

// An integer of any size that counts here. MicroPython has mp_obj_get_ll() from 1.26 on.
static long long get_integer(mp_obj_t arg) {
#if MICROPY_VERSION >= MICROPY_MAKE_VERSION(1, 26, 0)
    return mp_obj_get_ll(arg);
#else
    bool long_int = mp_obj_is_int(arg) && !mp_obj_is_small_int(arg);
    return long_int ? (long long)mp_obj_int_get_uint_checked(arg) : mp_obj_get_int(arg);
#endif
}

static uint32_t get_uint(mp_obj_t arg, uint32_t max, mp_rom_error_text_t error) {
    long long value = get_integer(arg);
    if (value < 0 || value > (long long)max) {
        mp_raise_ValueError(error);
    }
    return (uint32_t)value;
}

// --- life ---------------------------------------------------------------------------------------

static mp_obj_t voice_close(void) {
    voice_io_close();
    voice_engine_forget(&engine);
    voice_floor_guard_forget(&floor_guard);
    engine_ready = false;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(voice_close_obj, voice_close);

// An object on the Python heap whose finaliser closes the device: the heap never goes (soft reset,
// exit) while the thread still runs. There is at most one, and it lives as long as the heap.
static mp_obj_t guard_del(mp_obj_t self) {
    (void)self;
    MP_STATE_VM(voice_guard) = MP_OBJ_NULL;
    return voice_close();
}
static MP_DEFINE_CONST_FUN_OBJ_1(guard_del_obj, guard_del);

static const mp_rom_map_elem_t guard_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&guard_del_obj)},
};
static MP_DEFINE_CONST_DICT(guard_locals, guard_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(guard_type, MP_QSTR_voice, MP_TYPE_FLAG_NONE,
    locals_dict, &guard_locals);

MP_REGISTER_ROOT_POINTER(mp_obj_t voice_guard);

static void make_guard(void) {
    if (MP_STATE_VM(voice_guard) == MP_OBJ_NULL) {
        mp_obj_base_t *guard = mp_obj_malloc_with_finaliser(mp_obj_base_t, &guard_type);
        MP_STATE_VM(voice_guard) = MP_OBJ_FROM_PTR(guard);
    }
}

static mp_obj_t voice_open(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_device, ARG_paced };
    static const mp_arg_t allowed_args[] = {
        {MP_QSTR_device, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        {MP_QSTR_paced, MP_ARG_BOOL, {.u_bool = true}},
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);
    const char *device = mp_obj_str_get_str(args[ARG_device].u_obj);

    make_guard();
    int error = voice_io_open(the_engine(), device, args[ARG_paced].u_bool);
    if (error != 0) {
        mp_raise_OSError(error);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(voice_open_obj, 1, voice_open);

static mp_obj_t voice_step(mp_obj_t n_frames) {
    uint32_t n = get_uint(n_frames, INT32_MAX, MP_ERROR_TEXT("negative or too many frames"));
    if (!voice_io_is_open() || voice_io_is_paced()) {
        mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("step needs open(..., paced=False)"));
    }
    voice_io_step(n);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(voice_step_obj, voice_step);

// --- what is wanted -----------------------------------------------------------------------------

static mp_obj_t voice_configure(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum {
        ARG_codec, ARG_bitrate_bps, ARG_payload_type, ARG_ssrc, ARG_seq0, ARG_timestamp0, ARG_dtx,
    };
    static const mp_arg_t allowed_args[] = {
        {MP_QSTR_codec, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        {MP_QSTR_bitrate_bps, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        {MP_QSTR_payload_type, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        {MP_QSTR_ssrc, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        {MP_QSTR_seq0, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        {MP_QSTR_timestamp0, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        {MP_QSTR_dtx, MP_ARG_BOOL, {.u_bool = false}},
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);
    struct voice_config config = {
        .codec = voice_codec_find(mp_obj_str_get_str(args[ARG_codec].u_obj)),
        .options.bitrate_bps = get_uint(args[ARG_bitrate_bps].u_obj, INT32_MAX,
            MP_ERROR_TEXT("not a bit rate of this codec")),
        .options.dtx = args[ARG_dtx].u_bool,
        .agc = true,
        .follow_requests = true,
        .payload_type = (uint8_t)get_uint(args[ARG_payload_type].u_obj, 127,
            MP_ERROR_TEXT("RTP payload type must be 0 to 127")),
        .ssrc = get_uint(args[ARG_ssrc].u_obj, UINT32_MAX, MP_ERROR_TEXT("SSRC is 32 bits")),
        .sequence = (uint16_t)get_uint(args[ARG_seq0].u_obj, UINT16_MAX,
            MP_ERROR_TEXT("sequence number is 16 bits")),
        .timestamp = get_uint(args[ARG_timestamp0].u_obj, UINT32_MAX,
            MP_ERROR_TEXT("timestamp is 32 bits")),
    };
    make_guard();
    raise_error(voice_engine_configure(the_engine(), &config));
    follow();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(voice_configure_obj, 0, voice_configure);

static mp_obj_t voice_talk(mp_obj_t on) {
    raise_error(voice_engine_talk(the_engine(),
        mp_obj_is_true(on) ? VOICE_TALK_ON : VOICE_TALK_OFF));
    follow();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(voice_talk_obj, voice_talk);

static mp_obj_t voice_hold(void) {
    raise_error(voice_engine_talk(the_engine(), VOICE_TALK_HOLD));
    follow();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(voice_hold_obj, voice_hold);

static mp_obj_t voice_set_bitrate(mp_obj_t bitrate_bps) {
    raise_error(voice_engine_set_bitrate(the_engine(), get_uint(bitrate_bps, INT32_MAX,
        MP_ERROR_TEXT("not a bit rate of this codec"))));
    follow();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(voice_set_bitrate_obj, voice_set_bitrate);

static mp_obj_t voice_set_volume(mp_obj_t volume_db_in) {
    mp_int_t volume_db = mp_obj_get_int(volume_db_in);
    if (volume_db > VOICE_VOLUME_MAX_DB) {
        mp_raise_ValueError(MP_ERROR_TEXT("volume is at most 12 dB"));
    }
    volume_db = volume_db < VOICE_VOLUME_MIN_DB ? VOICE_VOLUME_MIN_DB - 1 : volume_db;
    voice_engine_set_volume(the_engine(), (int)volume_db);
    follow();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(voice_set_volume_obj, voice_set_volume);

static const qstr tone_names[VOICE_TONE_KINDS] = {
    [VOICE_TONE_PERMIT] = MP_QSTR_permit,
    [VOICE_TONE_DENY] = MP_QSTR_deny,
    [VOICE_TONE_BUSY] = MP_QSTR_busy,
    [VOICE_TONE_EMERGENCY] = MP_QSTR_emergency,
    [VOICE_TONE_END] = MP_QSTR_end,
};

static mp_obj_t voice_tone(mp_obj_t name) {
    qstr wanted = mp_obj_str_get_qstr(name);
    for (unsigned kind = VOICE_TONE_PERMIT; kind < VOICE_TONE_KINDS; kind++) {
        if (tone_names[kind] == wanted) {
            voice_engine_tone(the_engine(), (enum voice_tone_kind)kind);
            follow();
            return mp_const_none;
        }
    }
    mp_raise_ValueError(MP_ERROR_TEXT("tones are permit, deny, busy, emergency and end"));
}
static MP_DEFINE_CONST_FUN_OBJ_1(voice_tone_obj, voice_tone);

static mp_obj_t voice_listen(mp_obj_t ssrc_in) {
    long long ssrc = get_integer(ssrc_in);
    if (ssrc < VOICE_LISTEN_NONE || ssrc > (long long)UINT32_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("SSRC is 32 bits; 0 is any, -1 is none"));
    }
    voice_engine_listen(the_engine(), ssrc);
    follow();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(voice_listen_obj, voice_listen);

static mp_obj_t voice_heard_ssrc(void) {
    return mp_obj_new_int_from_uint(voice_engine_heard_ssrc(the_engine()));
}
static MP_DEFINE_CONST_FUN_OBJ_0(voice_heard_ssrc_obj, voice_heard_ssrc);

// --- keys ---------------------------------------------------------------------------------------

static void read_keyring(mp_obj_t keys_in, struct voice_keyring *keyring) {
    size_t n_keys;
    mp_obj_t *keys;
    mp_obj_get_array(keys_in, &n_keys, &keys);
    if (n_keys > VOICE_KEYRING_KEYS) {
        mp_raise_ValueError(MP_ERROR_TEXT("too many group keys"));
    }
    mp_buffer_info_t bytes[VOICE_KEYRING_KEYS];
    uint16_t ids[VOICE_KEYRING_KEYS];
    for (size_t i = 0; i < n_keys; i++) {
        mp_obj_t *pair;
        mp_obj_get_array_fixed_n(keys[i], 2, &pair);
        mp_get_buffer_raise(pair[1], &bytes[i], MP_BUFFER_READ);
        ids[i] = (uint16_t)get_uint(pair[0], UINT16_MAX, MP_ERROR_TEXT("key id is 16 bits"));
        if (bytes[i].len != 16 && bytes[i].len != 32) {
            mp_raise_ValueError(MP_ERROR_TEXT("a group key has 16 or 32 bytes"));
        }
    }
    // Nothing raises from here on: no key is left behind on the stack.
    keyring->n_keys = (uint8_t)n_keys;
    for (size_t i = 0; i < n_keys; i++) {
        voice_group_key_init(&keyring->keys[i], ids[i], bytes[i].buf, bytes[i].len);
    }
}

static void draw_epoch(uint8_t epoch[VOICE_SRTP_EPOCH_BYTES]) {
    if (!vault_rng_fill(epoch, VOICE_SRTP_EPOCH_BYTES)) {
        mp_raise_OSError(MP_EIO); // no randomness, no keys: see vault.rng_state()
    }
}

static mp_obj_t voice_set_group_keys(mp_obj_t keys) {
    struct voice_keyring keyring = {0};
    uint8_t epoch[VOICE_SRTP_EPOCH_BYTES];
    make_guard();
    draw_epoch(epoch);
    read_keyring(keys, &keyring);
    enum voice_error error = voice_engine_set_keys(the_engine(), &keyring, epoch);
    bool guarded = error == VOICE_OK && voice_floor_guard_set_keys(&floor_guard, &keyring,
        engine.wanted.config.ssrc, epoch);
    vault_erase(&keyring, sizeof(keyring));
    raise_error(error);
    if (!guarded) {
        mp_raise_OSError(MP_EIO);
    }
    follow();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(voice_set_group_keys_obj, voice_set_group_keys);

static uint8_t *packet_in(mp_obj_t buf_in, mp_obj_t n_bytes_in, mp_buffer_info_t *buf,
    size_t *n_bytes) {
    mp_get_buffer_raise(buf_in, buf, MP_BUFFER_RW);
    mp_int_t n = mp_obj_get_int(n_bytes_in);
    if (n < 0 || (size_t)n > buf->len) {
        mp_raise_ValueError(MP_ERROR_TEXT("more bytes than the buffer has"));
    }
    *n_bytes = (size_t)n;
    return buf->buf;
}

static mp_obj_t voice_protect_floor(mp_obj_t buf_in, mp_obj_t n_bytes_in) {
    mp_buffer_info_t buf;
    size_t n_bytes;
    uint8_t *packet = packet_in(buf_in, n_bytes_in, &buf, &n_bytes);
    the_engine();
    n_bytes = voice_floor_guard_protect(&floor_guard, packet, n_bytes, buf.len);
    return MP_OBJ_NEW_SMALL_INT((mp_int_t)n_bytes);
}
static MP_DEFINE_CONST_FUN_OBJ_2(voice_protect_floor_obj, voice_protect_floor);

static mp_obj_t voice_open_floor(mp_obj_t buf_in, mp_obj_t n_bytes_in) {
    mp_buffer_info_t buf;
    size_t n_bytes;
    uint8_t *packet = packet_in(buf_in, n_bytes_in, &buf, &n_bytes);
    the_engine();
    n_bytes = voice_floor_guard_open(&floor_guard, packet, n_bytes);
    return MP_OBJ_NEW_SMALL_INT((mp_int_t)n_bytes);
}
static MP_DEFINE_CONST_FUN_OBJ_2(voice_open_floor_obj, voice_open_floor);

// --- packets and figures ------------------------------------------------------------------------

static mp_obj_t voice_take(mp_obj_t buf_in) {
    mp_buffer_info_t buf;
    mp_get_buffer_raise(buf_in, &buf, MP_BUFFER_WRITE);
    const struct voice_packet *packet = voice_engine_take(the_engine());
    if (packet == NULL) {
        return MP_OBJ_NEW_SMALL_INT(0);
    }
    size_t n_bytes = packet->n_bytes;
    if (buf.len < n_bytes) {
        mp_raise_ValueError(MP_ERROR_TEXT("buffer too small: use voice.PACKET_BYTES_MAX"));
    }
    memcpy(buf.buf, packet->bytes, n_bytes);
    voice_engine_taken(&engine);
    return MP_OBJ_NEW_SMALL_INT((mp_int_t)n_bytes);
}
static MP_DEFINE_CONST_FUN_OBJ_1(voice_take_obj, voice_take);

static mp_obj_t voice_give(mp_obj_t buf_in, mp_obj_t n_bytes_in) {
    mp_buffer_info_t buf;
    mp_get_buffer_raise(buf_in, &buf, MP_BUFFER_READ);
    mp_int_t n_bytes = mp_obj_get_int(n_bytes_in);
    if (n_bytes < 0 || (size_t)n_bytes > buf.len) {
        mp_raise_ValueError(MP_ERROR_TEXT("more bytes than the buffer has"));
    }
    return mp_obj_new_bool(voice_engine_give(the_engine(), buf.buf, (size_t)n_bytes));
}
static MP_DEFINE_CONST_FUN_OBJ_2(voice_give_obj, voice_give);

static mp_obj_t voice_stats(mp_obj_t dst_in) {
    mp_buffer_info_t dst;
    mp_get_buffer_raise(dst_in, &dst, MP_BUFFER_WRITE);
    if (dst.typecode != 'q' || dst.len < VOICE_STAT_COUNT * sizeof(int64_t)) {
        mp_raise_ValueError(MP_ERROR_TEXT("need array('q') of len(voice.STATS)"));
    }
    int64_t *values = dst.buf;
    for (unsigned i = 0; i < VOICE_STAT_COUNT; i++) {
        values[i] = voice_engine_stat(the_engine(), (enum voice_stat)i);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(voice_stats_obj, voice_stats);

enum {
    N_CODECS = 1
#ifndef VOICE_WITHOUT_OPUS
        + 1
#endif
#ifndef VOICE_WITHOUT_AMRNB
        + 1
#endif
};

static const mp_rom_obj_tuple_t voice_codecs_tuple = {
    {&mp_type_tuple},
    N_CODECS,
    {
        MP_ROM_QSTR(MP_QSTR_amrwb),
#ifndef VOICE_WITHOUT_OPUS
        MP_ROM_QSTR(MP_QSTR_opus),
#endif
#ifndef VOICE_WITHOUT_AMRNB
        MP_ROM_QSTR(MP_QSTR_amrnb),
#endif
    },
};

#define STAT_NAME(name) MP_ROM_QSTR(MP_QSTR_##name),
static const mp_rom_obj_tuple_t voice_stats_tuple = {
    {&mp_type_tuple}, VOICE_STAT_COUNT, {VOICE_STATS(STAT_NAME)},
};

static const mp_rom_map_elem_t voice_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_voice)},
    {MP_ROM_QSTR(MP_QSTR_CODECS), MP_ROM_PTR(&voice_codecs_tuple)},
    {MP_ROM_QSTR(MP_QSTR_STATS), MP_ROM_PTR(&voice_stats_tuple)},
    {MP_ROM_QSTR(MP_QSTR_PACKET_BYTES_MAX), MP_ROM_INT(VOICE_PACKET_MAX_BYTES)},
    {MP_ROM_QSTR(MP_QSTR_FRAME_SAMPLES), MP_ROM_INT(VOICE_FRAME_SAMPLES)},
    {MP_ROM_QSTR(MP_QSTR_open), MP_ROM_PTR(&voice_open_obj)},
    {MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&voice_close_obj)},
    {MP_ROM_QSTR(MP_QSTR_step), MP_ROM_PTR(&voice_step_obj)},
    {MP_ROM_QSTR(MP_QSTR_configure), MP_ROM_PTR(&voice_configure_obj)},
    {MP_ROM_QSTR(MP_QSTR_hold), MP_ROM_PTR(&voice_hold_obj)},
    {MP_ROM_QSTR(MP_QSTR_talk), MP_ROM_PTR(&voice_talk_obj)},
    {MP_ROM_QSTR(MP_QSTR_set_bitrate), MP_ROM_PTR(&voice_set_bitrate_obj)},
    {MP_ROM_QSTR(MP_QSTR_set_volume), MP_ROM_PTR(&voice_set_volume_obj)},
    {MP_ROM_QSTR(MP_QSTR_tone), MP_ROM_PTR(&voice_tone_obj)},
    {MP_ROM_QSTR(MP_QSTR_set_group_keys), MP_ROM_PTR(&voice_set_group_keys_obj)},
    {MP_ROM_QSTR(MP_QSTR_protect_floor), MP_ROM_PTR(&voice_protect_floor_obj)},
    {MP_ROM_QSTR(MP_QSTR_open_floor), MP_ROM_PTR(&voice_open_floor_obj)},
    {MP_ROM_QSTR(MP_QSTR_listen), MP_ROM_PTR(&voice_listen_obj)},
    {MP_ROM_QSTR(MP_QSTR_heard_ssrc), MP_ROM_PTR(&voice_heard_ssrc_obj)},
    {MP_ROM_QSTR(MP_QSTR_take), MP_ROM_PTR(&voice_take_obj)},
    {MP_ROM_QSTR(MP_QSTR_give), MP_ROM_PTR(&voice_give_obj)},
    {MP_ROM_QSTR(MP_QSTR_stats), MP_ROM_PTR(&voice_stats_obj)},
};
static MP_DEFINE_CONST_DICT(voice_globals, voice_globals_table);

const mp_obj_module_t voice_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&voice_globals,
};

MP_REGISTER_MODULE(MP_QSTR_voice, voice_module);
