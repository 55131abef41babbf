// Python module `virt`: the machine's devices, for the drivers beside this file.
//
// Console and Wire are streams to wait on; their calls never wait and never allocate.

#include "board_facts.h"
#include "cfi_flash.h"
#include "machine.h"
#include "py/mperrno.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "wire.h"

// --- console ------------------------------------------------------------------------------------

static const mp_obj_type_t console_type;
static const mp_obj_base_t console_obj = {&console_type};

// read(buf) -> n_bytes: what is there, 0 when nothing is.
static mp_obj_t console_read(mp_obj_t self, mp_obj_t buf_in) {
    (void)self;
    mp_buffer_info_t buf;
    mp_get_buffer_raise(buf_in, &buf, MP_BUFFER_WRITE);
    uint32_t before = machine_irq_save();
    // What comes after Ctrl-C is for the prompt, not for the program that it is about to stop.
    bool stopping = MP_STATE_MAIN_THREAD(mp_pending_exception) != MP_OBJ_NULL;
    int n_bytes = stopping ? 0 : uart_read(buf.buf, buf.len);
    machine_irq_restore(before);
    return MP_OBJ_NEW_SMALL_INT(n_bytes);
}
static MP_DEFINE_CONST_FUN_OBJ_2(console_read_obj, console_read);

static const uint8_t *get_range(mp_obj_t buf_in, mp_obj_t offset_in, mp_obj_t n_bytes_in, size_t *n_bytes) {
    mp_buffer_info_t buf;
    mp_get_buffer_raise(buf_in, &buf, MP_BUFFER_READ);
    mp_int_t offset = mp_obj_get_int(offset_in);
    mp_int_t n = mp_obj_get_int(n_bytes_in);
    if (offset < 0 || n < 0 || (size_t)offset > buf.len || (size_t)n > buf.len - (size_t)offset) {
        mp_raise_ValueError(MP_ERROR_TEXT("range outside buffer"));
    }
    *n_bytes = (size_t)n;
    return (const uint8_t *)buf.buf + offset;
}

// write(buf, offset, n_bytes) -> n_written: 0 when the wire is busy.
static mp_obj_t console_write(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    size_t n_bytes;
    const uint8_t *from = get_range(args[1], args[2], args[3], &n_bytes);
    return MP_OBJ_NEW_SMALL_INT(uart_write(from, n_bytes));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(console_write_obj, 4, 4, console_write);

static mp_uint_t poll(bool readable, bool writable, mp_uint_t request, uintptr_t flags, int *error) {
    if (request != MP_STREAM_POLL) {
        *error = MP_EINVAL;
        return MP_STREAM_ERROR;
    }
    return (readable ? flags & MP_STREAM_POLL_RD : 0) | (writable ? flags & MP_STREAM_POLL_WR : 0);
}

static mp_uint_t console_ioctl(mp_obj_t self, mp_uint_t request, uintptr_t flags, int *error) {
    (void)self;
    // Asking whether it can be written orders an event for when it can: only ask who wants it.
    bool writable = (flags & MP_STREAM_POLL_WR) != 0 && uart_writable();
    return poll(uart_readable(), writable, request, flags, error);
}

static const mp_rom_map_elem_t console_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&console_read_obj)},
    {MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&console_write_obj)},
};
static MP_DEFINE_CONST_DICT(console_locals, console_locals_table);
static const mp_stream_p_t console_stream = {.ioctl = console_ioctl};

static MP_DEFINE_CONST_OBJ_TYPE(console_type, MP_QSTR_Console, MP_TYPE_FLAG_NONE,
    protocol, &console_stream, locals_dict, &console_locals);

// --- wires --------------------------------------------------------------------------------------

struct wire_obj {
    mp_obj_base_t base;
    unsigned number;
};

static unsigned wire_number(mp_obj_t self) {
    return ((const struct wire_obj *)MP_OBJ_TO_PTR(self))->number;
}

// start(): from now on; OSError(ENODEV) when the bench did not lay this wire.
static mp_obj_t wire_start_method(mp_obj_t self) {
    if (!wire_start(wire_number(self))) {
        mp_raise_OSError(MP_ENODEV);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(wire_start_obj, wire_start_method);

// recv(buf) -> n_bytes: the next datagram, cut to the buffer as sockets do; -1 when none waits.
static mp_obj_t wire_recv(mp_obj_t self, mp_obj_t buf_in) {
    mp_buffer_info_t buf;
    mp_get_buffer_raise(buf_in, &buf, MP_BUFFER_WRITE);
    size_t n_bytes;
    if (!wire_receive(wire_number(self), buf.buf, buf.len, &n_bytes)) {
        return MP_OBJ_NEW_SMALL_INT(-1);
    }
    return MP_OBJ_NEW_SMALL_INT(n_bytes < buf.len ? n_bytes : buf.len);
}
static MP_DEFINE_CONST_FUN_OBJ_2(wire_recv_obj, wire_recv);

// send(buf, n_bytes) -> bool: False when the wire is full or the datagram too long for it.
static mp_obj_t wire_send_method(mp_obj_t self, mp_obj_t buf_in, mp_obj_t n_bytes_in) {
    size_t n_bytes;
    const uint8_t *from = get_range(buf_in, MP_OBJ_NEW_SMALL_INT(0), n_bytes_in, &n_bytes);
    return mp_obj_new_bool(wire_send(wire_number(self), from, n_bytes));
}
static MP_DEFINE_CONST_FUN_OBJ_3(wire_send_obj, wire_send_method);

static mp_uint_t wire_ioctl(mp_obj_t self, mp_uint_t request, uintptr_t flags, int *error) {
    return poll(wire_readable(wire_number(self)), true, request, flags, error);
}

static const mp_rom_map_elem_t wire_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR_start), MP_ROM_PTR(&wire_start_obj)},
    {MP_ROM_QSTR(MP_QSTR_recv), MP_ROM_PTR(&wire_recv_obj)},
    {MP_ROM_QSTR(MP_QSTR_send), MP_ROM_PTR(&wire_send_obj)},
};
static MP_DEFINE_CONST_DICT(wire_locals, wire_locals_table);
static const mp_stream_p_t wire_stream = {.ioctl = wire_ioctl};

static MP_DEFINE_CONST_OBJ_TYPE(wire_type, MP_QSTR_Wire, MP_TYPE_FLAG_NONE,
    protocol, &wire_stream, locals_dict, &wire_locals);

static const struct wire_obj pins_obj = {{&wire_type}, WIRE_PINS};
static const struct wire_obj gnss_obj = {{&wire_type}, WIRE_GNSS};
static const struct wire_obj media_obj = {{&wire_type}, WIRE_MEDIA};
static const struct wire_obj floor_obj = {{&wire_type}, WIRE_FLOOR};

// --- flash --------------------------------------------------------------------------------------

static uint32_t get_offset(mp_obj_t offset_in, size_t n_bytes) {
    mp_int_t offset = mp_obj_get_int(offset_in);
    if (offset < 0 || (size_t)offset > HANDSET_FLASH_SIZE_BYTES || n_bytes > HANDSET_FLASH_SIZE_BYTES - (size_t)offset) {
        mp_raise_ValueError(MP_ERROR_TEXT("outside the flash"));
    }
    return (uint32_t)offset;
}

// flash_geometry() -> (size_bytes, sector_bytes) as the chips say; OSError(ENODEV) without flash.
static mp_obj_t virt_flash_geometry(void) {
    uint32_t size_bytes;
    uint32_t sector_bytes;
    if (!flash_geometry(&size_bytes, &sector_bytes)) {
        mp_raise_OSError(MP_ENODEV);
    }
    mp_obj_t both[] = {mp_obj_new_int_from_uint(size_bytes), mp_obj_new_int_from_uint(sector_bytes)};
    return mp_obj_new_tuple(2, both);
}
static MP_DEFINE_CONST_FUN_OBJ_0(virt_flash_geometry_obj, virt_flash_geometry);

static mp_obj_t virt_flash_read(mp_obj_t offset_in, mp_obj_t buf_in) {
    mp_buffer_info_t buf;
    mp_get_buffer_raise(buf_in, &buf, MP_BUFFER_WRITE);
    flash_read(get_offset(offset_in, buf.len), buf.buf, buf.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(virt_flash_read_obj, virt_flash_read);

static mp_obj_t virt_flash_program(mp_obj_t offset_in, mp_obj_t buf_in) {
    mp_buffer_info_t buf;
    mp_get_buffer_raise(buf_in, &buf, MP_BUFFER_READ);
    if (!flash_program(get_offset(offset_in, buf.len), buf.buf, buf.len)) {
        mp_raise_OSError(MP_EIO);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(virt_flash_program_obj, virt_flash_program);

static mp_obj_t virt_flash_erase(mp_obj_t offset_in) {
    uint32_t offset = get_offset(offset_in, HANDSET_FLASH_SECTOR_BYTES);
    if (offset % HANDSET_FLASH_SECTOR_BYTES != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("not a sector start"));
    }
    if (!flash_erase(offset)) {
        mp_raise_OSError(MP_EIO);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(virt_flash_erase_obj, virt_flash_erase);

// --- the rest -----------------------------------------------------------------------------------

// strap(name) -> text that the bench gave under this name, or None.
static mp_obj_t virt_strap(mp_obj_t name_in) {
    const char *name = mp_obj_str_get_str(name_in);
    int n_bytes = strap_read(name, NULL, 0);
    if (n_bytes < 0) {
        return mp_const_none;
    }
    vstr_t text;
    vstr_init_len(&text, (size_t)n_bytes);
    strap_read(name, text.buf, (size_t)n_bytes);
    return mp_obj_new_str_from_vstr(&text);
}
static MP_DEFINE_CONST_FUN_OBJ_1(virt_strap_obj, virt_strap);

// uptime_us(): microseconds since power-on; does not wrap.
static mp_obj_t virt_uptime_us(void) {
    return mp_obj_new_int_from_ull(machine_time_us());
}
static MP_DEFINE_CONST_FUN_OBJ_0(virt_uptime_us_obj, virt_uptime_us);

// instructions(): executed since power-on; only under QEMU's -icount is it their exact number.
static mp_obj_t virt_instructions(void) {
    return mp_obj_new_int_from_ull(machine_instructions());
}
static MP_DEFINE_CONST_FUN_OBJ_0(virt_instructions_obj, virt_instructions);

static mp_obj_t virt_reset(void) {
    machine_exit(MACHINE_EXIT_RESET);
}
static MP_DEFINE_CONST_FUN_OBJ_0(virt_reset_obj, virt_reset);

static const mp_rom_map_elem_t virt_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_virt)},
    {MP_ROM_QSTR(MP_QSTR_console), MP_ROM_PTR(&console_obj)},
    {MP_ROM_QSTR(MP_QSTR_pins), MP_ROM_PTR(&pins_obj)},
    {MP_ROM_QSTR(MP_QSTR_gnss), MP_ROM_PTR(&gnss_obj)},
    {MP_ROM_QSTR(MP_QSTR_media), MP_ROM_PTR(&media_obj)},
    {MP_ROM_QSTR(MP_QSTR_floor), MP_ROM_PTR(&floor_obj)},
    {MP_ROM_QSTR(MP_QSTR_flash_geometry), MP_ROM_PTR(&virt_flash_geometry_obj)},
    {MP_ROM_QSTR(MP_QSTR_flash_read), MP_ROM_PTR(&virt_flash_read_obj)},
    {MP_ROM_QSTR(MP_QSTR_flash_program), MP_ROM_PTR(&virt_flash_program_obj)},
    {MP_ROM_QSTR(MP_QSTR_flash_erase), MP_ROM_PTR(&virt_flash_erase_obj)},
    {MP_ROM_QSTR(MP_QSTR_strap), MP_ROM_PTR(&virt_strap_obj)},
    {MP_ROM_QSTR(MP_QSTR_uptime_us), MP_ROM_PTR(&virt_uptime_us_obj)},
    {MP_ROM_QSTR(MP_QSTR_instructions), MP_ROM_PTR(&virt_instructions_obj)},
    {MP_ROM_QSTR(MP_QSTR_reset), MP_ROM_PTR(&virt_reset_obj)},
};
static MP_DEFINE_CONST_DICT(virt_globals, virt_globals_table);

const mp_obj_module_t virt_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&virt_globals,
};
MP_REGISTER_MODULE(MP_QSTR_virt, virt_module);
