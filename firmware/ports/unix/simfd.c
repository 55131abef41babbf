// Byte and datagram transfers of the sim board's "wires" (inherited file descriptors).
// MicroPython's readinto() reads until the buffer is full, which would glue datagrams together,
// and its sockets allocate per packet. These calls move exactly one chunk and never allocate.

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "py/mphal.h"
#include "py/runtime.h"

// nonblock(fd): reads and writes on fd return at once from now on.
static mp_obj_t simfd_nonblock(mp_obj_t fd_in) {
    int fd = (int)mp_obj_get_int(fd_in);
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
        mp_raise_OSError(errno);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(simfd_nonblock_obj, simfd_nonblock);

// Nothing there, no room, or nobody at the other end of a datagram: ordinary answers of a wire.
static bool is_ordinary(int err) {
    return err == EAGAIN || err == EWOULDBLOCK || err == ECONNREFUSED || err == ENOBUFS;
}

// read(fd, buf) -> n_bytes: one chunk or datagram; 0 at end of file, -1 when nothing waits.
static mp_obj_t simfd_read(mp_obj_t fd_in, mp_obj_t buf_in) {
    mp_buffer_info_t buf;
    mp_get_buffer_raise(buf_in, &buf, MP_BUFFER_WRITE);
    ssize_t n_bytes;
    MP_HAL_RETRY_SYSCALL(n_bytes, read((int)mp_obj_get_int(fd_in), buf.buf, buf.len), {
        if (!is_ordinary(err)) {
            mp_raise_OSError(err);
        }
        break;
    });
    return MP_OBJ_NEW_SMALL_INT(n_bytes);
}
static MP_DEFINE_CONST_FUN_OBJ_2(simfd_read_obj, simfd_read);

// write(fd, buf, offset, n_bytes) -> n_written, -1 when the wire cannot take anything now.
static mp_obj_t simfd_write(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    mp_buffer_info_t buf;
    mp_get_buffer_raise(args[1], &buf, MP_BUFFER_READ);
    mp_int_t offset = mp_obj_get_int(args[2]);
    mp_int_t n_bytes = mp_obj_get_int(args[3]);
    if (offset < 0 || n_bytes < 0 || (mp_uint_t)offset > buf.len || (mp_uint_t)n_bytes > buf.len - (mp_uint_t)offset) {
        mp_raise_ValueError(MP_ERROR_TEXT("range outside buffer"));
    }
    ssize_t n_written;
    MP_HAL_RETRY_SYSCALL(n_written, write((int)mp_obj_get_int(args[0]), (const char *)buf.buf + offset, (size_t)n_bytes), {
        if (!is_ordinary(err)) {
            mp_raise_OSError(err);
        }
        break;
    });
    return MP_OBJ_NEW_SMALL_INT(n_written);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(simfd_write_obj, 4, 4, simfd_write);

static const mp_rom_map_elem_t simfd_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_simfd) },
    { MP_ROM_QSTR(MP_QSTR_nonblock), MP_ROM_PTR(&simfd_nonblock_obj) },
    { MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&simfd_read_obj) },
    { MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&simfd_write_obj) },
};
static MP_DEFINE_CONST_DICT(simfd_globals, simfd_globals_table);

const mp_obj_module_t simfd_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&simfd_globals,
};
MP_REGISTER_MODULE(MP_QSTR_simfd, simfd_module);
