// Single UDP datagrams, without allocating: what MicroPython's own sockets cannot do on this port.
//
// There readinto() goes on into the next waiting datagram until the buffer is full, recvfrom() takes
// four objects from the heap for each packet, and one empty datagram of anybody makes a socket report
// its end for ever. A socket is made and bound in Python; these calls work on its fileno().

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "py/runtime.h"

#define ADDRESS_BYTES 4

static struct sockaddr_in socket_address(mp_obj_t address_in, mp_obj_t port_in) {
    mp_buffer_info_t address;
    mp_get_buffer_raise(address_in, &address, MP_BUFFER_READ);
    if (address.len != ADDRESS_BYTES) {
        mp_raise_ValueError(MP_ERROR_TEXT("an IPv4 address has 4 bytes"));
    }
    struct sockaddr_in to;
    memset(&to, 0, sizeof(to));
    to.sin_family = AF_INET;
    to.sin_port = htons((uint16_t)mp_obj_get_int(port_in));
    memcpy(&to.sin_addr, address.buf, ADDRESS_BYTES);
    return to;
}

// receive(fd, buf, sender) -> n_bytes: the next datagram, and its sender's address into `sender`; -1
// when none waits. An empty datagram is 0.
static mp_obj_t datagram_receive(mp_obj_t fd_in, mp_obj_t buf_in, mp_obj_t sender_in) {
    mp_buffer_info_t buf;
    mp_buffer_info_t sender;
    mp_get_buffer_raise(buf_in, &buf, MP_BUFFER_WRITE);
    mp_get_buffer_raise(sender_in, &sender, MP_BUFFER_WRITE);
    if (sender.len != ADDRESS_BYTES) {
        mp_raise_ValueError(MP_ERROR_TEXT("an IPv4 address has 4 bytes"));
    }
    struct sockaddr_in from;
    socklen_t from_len = sizeof(from);
    ssize_t n_bytes = recvfrom((int)mp_obj_get_int(fd_in), buf.buf, buf.len, MSG_DONTWAIT,
        (struct sockaddr *)&from, &from_len);
    if (n_bytes < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK) {
            mp_raise_OSError(errno);
        }
        return MP_OBJ_NEW_SMALL_INT(-1);
    }
    memcpy(sender.buf, &from.sin_addr, ADDRESS_BYTES);
    return MP_OBJ_NEW_SMALL_INT(n_bytes);
}
static MP_DEFINE_CONST_FUN_OBJ_3(datagram_receive_obj, datagram_receive);

// send(fd, buf, n_bytes, address, port) -> whether the network took it; it does not without a link, a
// route or memory for the packet.
static mp_obj_t datagram_send(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    mp_buffer_info_t buf;
    mp_get_buffer_raise(args[1], &buf, MP_BUFFER_READ);
    mp_int_t n_bytes = mp_obj_get_int(args[2]);
    if (n_bytes < 0 || (mp_uint_t)n_bytes > buf.len) {
        mp_raise_ValueError(MP_ERROR_TEXT("range outside buffer"));
    }
    struct sockaddr_in to = socket_address(args[3], args[4]);
    ssize_t n_sent = sendto((int)mp_obj_get_int(args[0]), buf.buf, (size_t)n_bytes, MSG_DONTWAIT,
        (const struct sockaddr *)&to, sizeof(to));
    if (n_sent < 0 && errno == EBADF) {
        mp_raise_OSError(EBADF);
    }
    return mp_obj_new_bool(n_sent == n_bytes);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(datagram_send_obj, 5, 5, datagram_send);

static const mp_rom_map_elem_t datagram_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_datagram)},
    {MP_ROM_QSTR(MP_QSTR_receive), MP_ROM_PTR(&datagram_receive_obj)},
    {MP_ROM_QSTR(MP_QSTR_send), MP_ROM_PTR(&datagram_send_obj)},
};
static MP_DEFINE_CONST_DICT(datagram_globals, datagram_globals_table);

const mp_obj_module_t datagram_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&datagram_globals,
};
MP_REGISTER_MODULE(MP_QSTR_datagram, datagram_module);
