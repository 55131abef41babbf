// Python module `vault`: arguments and errors, nothing else. The core does the work.
//
// random, rng_state, Aead.seal and Aead.open allocate nothing.

#include <string.h>

#include "py/mperrno.h"
#include "py/objstr.h"
#include "py/runtime.h"

#include "modvault.h"

#include "core/aead.h"
#include "core/erase.h"
#include "core/hkdf.h"
#include "core/rng.h"

// --- randomness ---------------------------------------------------------------------------------

static const MP_DEFINE_STR_OBJ(no_source_text,
    "no randomness: its source is not there or not fed (ESP32: switch the radio on first)");
static const MP_DEFINE_STR_OBJ(unhealthy_text,
    "no randomness: its source failed a health test; reset, and have it repaired if it fails again");

NORETURN void vault_raise_no_randomness(void) {
    bool unhealthy = vault_rng_state() == VAULT_RNG_UNHEALTHY;
    const mp_obj_t args[] = {
        MP_OBJ_NEW_SMALL_INT(unhealthy ? MP_EIO : MP_ENODEV),
        MP_OBJ_FROM_PTR(unhealthy ? &unhealthy_text : &no_source_text),
    };
    nlr_raise(mp_obj_new_exception_args(&mp_type_OSError, MP_ARRAY_SIZE(args), args));
}

static mp_obj_t mod_random(mp_obj_t buf_in) {
    mp_buffer_info_t buf;
    mp_get_buffer_raise(buf_in, &buf, MP_BUFFER_WRITE);
    if (!vault_rng_fill(buf.buf, buf.len)) {
        vault_raise_no_randomness();
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(mod_random_obj, mod_random);

static mp_obj_t mod_rng_state(void) {
    static const uint16_t names[] = {
        [VAULT_RNG_UNTRIED] = MP_QSTR_untried,
        [VAULT_RNG_GOOD] = MP_QSTR_good,
        [VAULT_RNG_NO_SOURCE] = MP_QSTR_no_source,
        [VAULT_RNG_UNHEALTHY] = MP_QSTR_unhealthy,
    };
    return MP_OBJ_NEW_QSTR(names[vault_rng_state()]);
}
static MP_DEFINE_CONST_FUN_OBJ_0(mod_rng_state_obj, mod_rng_state);

static mp_obj_t mod_rng_source(void) {
    const char *name = vault_rng_source();
    return mp_obj_new_str(name, strlen(name));
}
static MP_DEFINE_CONST_FUN_OBJ_0(mod_rng_source_obj, mod_rng_source);

// --- keys from keys -----------------------------------------------------------------------------

NORETURN void vault_raise_cipher(void) {
    mp_raise_msg(&mp_type_OSError, MP_ERROR_TEXT("the cipher's hardware failed"));
}

mp_buffer_info_t vault_readable(mp_obj_t from) {
    mp_buffer_info_t buf;
    mp_get_buffer_raise(from, &buf, MP_BUFFER_READ);
    return buf;
}

static mp_obj_t mod_hkdf(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    mp_buffer_info_t key = vault_readable(args[0]);
    mp_buffer_info_t salt = vault_readable(args[1]);
    mp_buffer_info_t info = vault_readable(args[2]);
    mp_int_t n_bytes = mp_obj_get_int(args[3]);
    if (n_bytes < 0 || (mp_uint_t)n_bytes > VAULT_HKDF_OUT_BYTES_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("HKDF gives 0 to 8160 bytes"));
    }
    vstr_t out;
    vstr_init_len(&out, (size_t)n_bytes);
    uint8_t prk[VAULT_HKDF_PRK_BYTES];
    bool done = vault_hkdf_extract(salt.buf, salt.len, key.buf, key.len, prk)
        && vault_hkdf_expand(prk, info.buf, info.len, (uint8_t *)out.buf, out.len);
    vault_erase(prk, sizeof prk);
    if (!done) {
        vault_raise_cipher();
    }
    return mp_obj_new_bytes_from_vstr(&out);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(mod_hkdf_obj, 4, 4, mod_hkdf);

// --- authenticated encryption -------------------------------------------------------------------

struct aead_obj {
    mp_obj_base_t base;
    bool has_key;
    struct vault_aead cipher;
};

static mp_obj_t aead_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    mp_buffer_info_t key = vault_readable(args[0]);
    struct aead_obj *self = mp_obj_malloc_with_finaliser(struct aead_obj, type);
    self->has_key = vault_aead_init(&self->cipher, key.buf, key.len);
    if (!self->has_key) {
        mp_raise_ValueError(MP_ERROR_TEXT("key must be 16 or 32 bytes"));
    }
    return MP_OBJ_FROM_PTR(self);
}

struct aead_args {
    struct vault_aead *cipher;
    const uint8_t *nonce;
    mp_buffer_info_t aad;
    uint8_t *text;
    size_t n_text;
    uint8_t *tag;
};

// args: self, nonce, aad, buf, n_bytes
static struct aead_args get_aead_args(const mp_obj_t *args) {
    struct aead_obj *self = MP_OBJ_TO_PTR(args[0]);
    mp_buffer_info_t nonce = vault_readable(args[1]);
    mp_buffer_info_t buf;
    mp_get_buffer_raise(args[3], &buf, MP_BUFFER_WRITE);
    mp_int_t n_text = mp_obj_get_int(args[4]);
    if (!self->has_key) {
        mp_raise_ValueError(MP_ERROR_TEXT("the key has been forgotten"));
    }
    if (nonce.len != VAULT_AEAD_NONCE_BYTES) {
        mp_raise_ValueError(MP_ERROR_TEXT("nonce must be 12 bytes"));
    }
    if (n_text < 0 || buf.len < VAULT_AEAD_TAG_BYTES || (size_t)n_text > buf.len - VAULT_AEAD_TAG_BYTES) {
        mp_raise_ValueError(MP_ERROR_TEXT("buffer must have room for the text and 16 bytes of tag"));
    }
    return (struct aead_args){
        .cipher = &self->cipher, .nonce = nonce.buf, .aad = vault_readable(args[2]),
        .text = buf.buf, .n_text = (size_t)n_text, .tag = (uint8_t *)buf.buf + n_text,
    };
}

static mp_obj_t aead_seal(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    struct aead_args a = get_aead_args(args);
    if (!vault_aead_seal(a.cipher, a.nonce, a.aad.buf, a.aad.len, a.text, a.n_text, a.tag)) {
        vault_raise_cipher();
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(aead_seal_obj, 5, 5, aead_seal);

static mp_obj_t aead_open(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    struct aead_args a = get_aead_args(args);
    return mp_obj_new_bool(vault_aead_open(a.cipher, a.nonce, a.aad.buf, a.aad.len, a.text, a.n_text, a.tag));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(aead_open_obj, 5, 5, aead_open);

// Also the finaliser: a key does not outlive its object on the heap.
static mp_obj_t aead_forget(mp_obj_t self_in) {
    struct aead_obj *self = MP_OBJ_TO_PTR(self_in);
    if (self->has_key) {
        vault_aead_forget(&self->cipher);
        self->has_key = false;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(aead_forget_obj, aead_forget);

static const mp_rom_map_elem_t aead_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR_seal), MP_ROM_PTR(&aead_seal_obj)},
    {MP_ROM_QSTR(MP_QSTR_open), MP_ROM_PTR(&aead_open_obj)},
    {MP_ROM_QSTR(MP_QSTR_forget), MP_ROM_PTR(&aead_forget_obj)},
    {MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&aead_forget_obj)},
};
static MP_DEFINE_CONST_DICT(aead_locals, aead_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(aead_type, MP_QSTR_Aead, MP_TYPE_FLAG_NONE,
    make_new, aead_make_new, locals_dict, &aead_locals);

// ------------------------------------------------------------------------------------------------

static const mp_rom_map_elem_t vault_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_vault)},
    {MP_ROM_QSTR(MP_QSTR_NONCE_BYTES), MP_ROM_INT(VAULT_AEAD_NONCE_BYTES)},
    {MP_ROM_QSTR(MP_QSTR_TAG_BYTES), MP_ROM_INT(VAULT_AEAD_TAG_BYTES)},
    {MP_ROM_QSTR(MP_QSTR_random), MP_ROM_PTR(&mod_random_obj)},
    {MP_ROM_QSTR(MP_QSTR_rng_state), MP_ROM_PTR(&mod_rng_state_obj)},
    {MP_ROM_QSTR(MP_QSTR_rng_source), MP_ROM_PTR(&mod_rng_source_obj)},
    {MP_ROM_QSTR(MP_QSTR_hkdf), MP_ROM_PTR(&mod_hkdf_obj)},
    {MP_ROM_QSTR(MP_QSTR_Aead), MP_ROM_PTR(&aead_type)},
    {MP_ROM_QSTR(MP_QSTR_custody), MP_ROM_PTR(&vault_custody_object)},
};
static MP_DEFINE_CONST_DICT(vault_globals, vault_globals_table);

const mp_obj_module_t vault_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&vault_globals,
};

MP_REGISTER_MODULE(MP_QSTR_vault, vault_module);
