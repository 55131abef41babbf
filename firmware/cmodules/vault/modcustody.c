// The object `vault.custody`: arguments and errors, nothing else. The core has the keys.
//
// Nothing in here allocates but what returns bytes.

#include <string.h>

#include "py/mperrno.h"
#include "py/objint.h"
#include "py/objstr.h"
#include "py/runtime.h"

#include "modvault.h"

#include "core/aead.h"
#include "core/custody.h"
#include "device_secret.h"

// --- errors -------------------------------------------------------------------------------------

static const MP_DEFINE_STR_OBJ(no_secret_text,
    "no device secret: this handset has none yet, or it can not be read (vault/README.md)");

static NORETURN void raise_no_secret(void) {
    const mp_obj_t args[] = {MP_OBJ_NEW_SMALL_INT(MP_ENODEV), MP_OBJ_FROM_PTR(&no_secret_text)};
    nlr_raise(mp_obj_new_exception_args(&mp_type_OSError, MP_ARRAY_SIZE(args), args));
}

static void check(enum vault_custody_result result) {
    switch (result) {
        case VAULT_CUSTODY_DONE:
            return;
        case VAULT_CUSTODY_NOT_BEGUN:
            mp_raise_ValueError(MP_ERROR_TEXT("custody has not begun: begin(store_salt) first"));
        case VAULT_CUSTODY_CLOSED:
            mp_raise_ValueError(MP_ERROR_TEXT("keys of this domain are not open"));
        case VAULT_CUSTODY_NO_PIN:
            mp_raise_ValueError(MP_ERROR_TEXT("no PIN has been computed: pin_begin, pin_step first"));
        case VAULT_CUSTODY_NOT_AUTHENTIC:
            mp_raise_ValueError(MP_ERROR_TEXT("keys do not open: of another device or store, or damaged"));
        case VAULT_CUSTODY_DAMAGED:
            mp_raise_ValueError(MP_ERROR_TEXT("keys open in part: damaged"));
        case VAULT_CUSTODY_NO_SECRET:
            raise_no_secret();
        case VAULT_CUSTODY_NO_RANDOMNESS:
            vault_raise_no_randomness();
        case VAULT_CUSTODY_FAILED:
            vault_raise_cipher();
    }
}

// --- arguments ----------------------------------------------------------------------------------

static enum vault_custody_domain get_domain(mp_obj_t from) {
    mp_int_t number = mp_obj_get_int(from);
    if (number < VAULT_CUSTODY_SERVICE || number > VAULT_CUSTODY_PERSONAL) {
        mp_raise_ValueError(MP_ERROR_TEXT("domain is 1 service, 2 professional or 3 personal"));
    }
    return (enum vault_custody_domain)number;
}

static uint32_t get_number(mp_obj_t from) {
    if (!mp_obj_is_int(from)) {
        mp_raise_TypeError(MP_ERROR_TEXT("expected a whole number"));
    }
    mp_uint_t number = mp_obj_int_get_uint_checked(from);
    if (number > UINT32_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("number has more than 32 bits"));
    }
    return (uint32_t)number;
}

static const uint8_t *get_bytes(mp_obj_t from, size_t n_bytes) {
    mp_buffer_info_t buf = vault_readable(from);
    if (buf.len != n_bytes) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("expected %u bytes"), (unsigned)n_bytes);
    }
    return buf.buf;
}

static uint8_t *get_room(mp_obj_t from, size_t n_bytes) {
    mp_buffer_info_t buf;
    mp_get_buffer_raise(from, &buf, MP_BUFFER_WRITE);
    if (buf.len < n_bytes) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("expected room for %u bytes"), (unsigned)n_bytes);
    }
    return buf.buf;
}

static struct vault_custody_piece get_piece(mp_obj_t from) {
    mp_buffer_info_t buf = vault_readable(from);
    return (struct vault_custody_piece){buf.buf, buf.len};
}

static struct vault_custody_piece get_aad(mp_obj_t from) {
    struct vault_custody_piece aad = get_piece(from);
    if (aad.n > VAULT_CUSTODY_AAD_BYTES_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("more than 30 bytes of additional data"));
    }
    return aad;
}

// args: buf, at, n; with so many bytes in front of the text and the tag behind it.
static struct vault_custody_text get_text(const mp_obj_t *args, size_t n_before) {
    mp_buffer_info_t buf;
    mp_get_buffer_raise(args[0], &buf, MP_BUFFER_WRITE);
    mp_int_t at = mp_obj_get_int(args[1]);
    mp_int_t n = mp_obj_get_int(args[2]);
    if (at < 0 || n < 0 || (size_t)at < n_before || (size_t)at > buf.len
        || buf.len - (size_t)at < VAULT_AEAD_TAG_BYTES
        || (size_t)n > buf.len - (size_t)at - VAULT_AEAD_TAG_BYTES) {
        mp_raise_ValueError(MP_ERROR_TEXT("buffer must have room for the text, 16 bytes of tag and a box"));
    }
    uint8_t *text = (uint8_t *)buf.buf + at;
    return (struct vault_custody_text){text, (size_t)n, text + n};
}

// --- life ---------------------------------------------------------------------------------------

static mp_obj_t custody_begin(mp_obj_t store_salt) {
    check(vault_custody_begin(get_bytes(store_salt, VAULT_CUSTODY_STORE_SALT_BYTES)));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(custody_begin_obj, custody_begin);

static mp_obj_t custody_forget(void) {
    vault_custody_forget();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(custody_forget_obj, custody_forget);

static mp_obj_t custody_lock(void) {
    vault_custody_lock();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(custody_lock_obj, custody_lock);

static mp_obj_t custody_is_open(mp_obj_t domain) {
    return mp_obj_new_bool(vault_custody_is_open(get_domain(domain)));
}
static MP_DEFINE_CONST_FUN_OBJ_1(custody_is_open_obj, custody_is_open);

static mp_obj_t custody_device_secret(void) {
    const char *name = vault_device_secret_name();
    return mp_obj_new_str(name, strlen(name));
}
static MP_DEFINE_CONST_FUN_OBJ_0(custody_device_secret_obj, custody_device_secret);

static mp_obj_t custody_is_flash_protected(void) {
    return mp_obj_new_bool(vault_flash_is_protected());
}
static MP_DEFINE_CONST_FUN_OBJ_0(custody_is_flash_protected_obj, custody_is_flash_protected);

// --- names and MACs -----------------------------------------------------------------------------

// args: out, label or MAC before, a, b, c
static mp_obj_t custody_mac(size_t n_args, const mp_obj_t *args) {
    struct vault_custody_piece pieces[4];
    for (size_t i = 1; i < n_args; i++) {
        pieces[i - 1] = get_piece(args[i]);
    }
    check(vault_custody_mac(pieces, (unsigned)n_args - 1, get_room(args[0], VAULT_CUSTODY_MAC_BYTES)));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(custody_mac_obj, 5, 5, custody_mac);

static mp_obj_t custody_name_id(mp_obj_t domain, mp_obj_t name_in) {
    mp_buffer_info_t name = vault_readable(name_in);
    uint8_t id[VAULT_CUSTODY_NAME_ID_BYTES];
    check(vault_custody_name_id(get_domain(domain), name.buf, name.len, id));
    return mp_obj_new_bytes(id, sizeof id);
}
static MP_DEFINE_CONST_FUN_OBJ_2(custody_name_id_obj, custody_name_id);

// --- keys ---------------------------------------------------------------------------------------

static mp_obj_t custody_create(void) {
    check(vault_custody_create());
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(custody_create_obj, custody_create);

static mp_obj_t custody_pin_begin(mp_obj_t pin_in, mp_obj_t salt, mp_obj_t n_rounds) {
    mp_buffer_info_t pin = vault_readable(pin_in);
    check(vault_custody_pin_begin(pin.buf, pin.len, get_bytes(salt, VAULT_CUSTODY_PIN_SALT_BYTES),
        get_number(n_rounds)));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(custody_pin_begin_obj, custody_pin_begin);

static mp_obj_t custody_pin_step(mp_obj_t n_rounds) {
    bool finished;
    check(vault_custody_pin_step(get_number(n_rounds), &finished));
    return mp_obj_new_bool(finished);
}
static MP_DEFINE_CONST_FUN_OBJ_1(custody_pin_step_obj, custody_pin_step);

static mp_obj_t custody_pin_forget(void) {
    vault_custody_pin_forget();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(custody_pin_forget_obj, custody_pin_forget);

static mp_obj_t custody_wrap(mp_obj_t generation) {
    uint8_t body[VAULT_CUSTODY_KEYS_BYTES];
    check(vault_custody_wrap(get_number(generation), body));
    return mp_obj_new_bytes(body, sizeof body);
}
static MP_DEFINE_CONST_FUN_OBJ_1(custody_wrap_obj, custody_wrap);

static mp_obj_t custody_load(mp_obj_t body) {
    check(vault_custody_load(get_bytes(body, VAULT_CUSTODY_KEYS_BYTES)));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(custody_load_obj, custody_load);

// What is not authentic is an answer here, not an error.
static mp_obj_t answer(enum vault_custody_result result) {
    if (result == VAULT_CUSTODY_NOT_AUTHENTIC) {
        return mp_const_false;
    }
    check(result);
    return mp_const_true;
}

static mp_obj_t custody_unlock(mp_obj_t body, mp_obj_t personal) {
    return answer(vault_custody_unlock(get_bytes(body, VAULT_CUSTODY_KEYS_BYTES),
        mp_obj_is_true(personal)));
}
static MP_DEFINE_CONST_FUN_OBJ_2(custody_unlock_obj, custody_unlock);

// --- records ------------------------------------------------------------------------------------

// args: domain, aad, version, buf, at, n, salt_out
static mp_obj_t custody_seal(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    check(vault_custody_seal(get_domain(args[0]), get_aad(args[1]), get_number(args[2]),
        get_text(args + 3, 0), get_room(args[6], VAULT_CUSTODY_SALT_BYTES)));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(custody_seal_obj, 7, 7, custody_seal);

// args: domain, aad, version, salt, buf, at, n
static mp_obj_t custody_open(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    return answer(vault_custody_open(get_domain(args[0]), get_aad(args[1]), get_number(args[2]),
        get_bytes(args[3], VAULT_CUSTODY_SALT_BYTES), get_text(args + 4, 0)));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(custody_open_obj, 7, 7, custody_open);

static mp_obj_t custody_seal_box(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    struct vault_custody_text text = get_text(args + 3, VAULT_CUSTODY_BOX_BYTES);
    check(vault_custody_seal_box(get_domain(args[0]), get_aad(args[1]), get_number(args[2]),
        text.at - VAULT_CUSTODY_BOX_BYTES, text, get_room(args[6], VAULT_CUSTODY_SALT_BYTES)));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(custody_seal_box_obj, 7, 7, custody_seal_box);

static mp_obj_t custody_open_box(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    struct vault_custody_text text = get_text(args + 4, VAULT_CUSTODY_BOX_BYTES);
    return answer(vault_custody_open_box(get_domain(args[0]), get_aad(args[1]), get_number(args[2]),
        text.at - VAULT_CUSTODY_BOX_BYTES, get_bytes(args[3], VAULT_CUSTODY_SALT_BYTES), text));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(custody_open_box_obj, 7, 7, custody_open_box);

// ------------------------------------------------------------------------------------------------

static const mp_rom_map_elem_t custody_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_custody)},
    {MP_ROM_QSTR(MP_QSTR_KEYS_BYTES), MP_ROM_INT(VAULT_CUSTODY_KEYS_BYTES)},
    {MP_ROM_QSTR(MP_QSTR_begin), MP_ROM_PTR(&custody_begin_obj)},
    {MP_ROM_QSTR(MP_QSTR_forget), MP_ROM_PTR(&custody_forget_obj)},
    {MP_ROM_QSTR(MP_QSTR_lock), MP_ROM_PTR(&custody_lock_obj)},
    {MP_ROM_QSTR(MP_QSTR_is_open), MP_ROM_PTR(&custody_is_open_obj)},
    {MP_ROM_QSTR(MP_QSTR_device_secret), MP_ROM_PTR(&custody_device_secret_obj)},
    {MP_ROM_QSTR(MP_QSTR_is_flash_protected), MP_ROM_PTR(&custody_is_flash_protected_obj)},
    {MP_ROM_QSTR(MP_QSTR_mac), MP_ROM_PTR(&custody_mac_obj)},
    {MP_ROM_QSTR(MP_QSTR_name_id), MP_ROM_PTR(&custody_name_id_obj)},
    {MP_ROM_QSTR(MP_QSTR_create), MP_ROM_PTR(&custody_create_obj)},
    {MP_ROM_QSTR(MP_QSTR_pin_begin), MP_ROM_PTR(&custody_pin_begin_obj)},
    {MP_ROM_QSTR(MP_QSTR_pin_step), MP_ROM_PTR(&custody_pin_step_obj)},
    {MP_ROM_QSTR(MP_QSTR_pin_forget), MP_ROM_PTR(&custody_pin_forget_obj)},
    {MP_ROM_QSTR(MP_QSTR_wrap), MP_ROM_PTR(&custody_wrap_obj)},
    {MP_ROM_QSTR(MP_QSTR_load), MP_ROM_PTR(&custody_load_obj)},
    {MP_ROM_QSTR(MP_QSTR_unlock), MP_ROM_PTR(&custody_unlock_obj)},
    {MP_ROM_QSTR(MP_QSTR_seal), MP_ROM_PTR(&custody_seal_obj)},
    {MP_ROM_QSTR(MP_QSTR_open), MP_ROM_PTR(&custody_open_obj)},
    {MP_ROM_QSTR(MP_QSTR_seal_box), MP_ROM_PTR(&custody_seal_box_obj)},
    {MP_ROM_QSTR(MP_QSTR_open_box), MP_ROM_PTR(&custody_open_box_obj)},
};
static MP_DEFINE_CONST_DICT(custody_globals, custody_globals_table);

const mp_obj_module_t vault_custody_object = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&custody_globals,
};
