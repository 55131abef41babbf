// What the bytes mean to the receive target: the codec's place in the table, then orders.
#ifndef FUZZ_RECEIVE_H
#define FUZZ_RECEIVE_H

// Low bits of an order; the others are its number, and the highest lets a frame of time pass.
enum order {
    ORDER_NEXT,   // piece: payload of the packet that comes next
    ORDER_JUMP,   // byte: by how much sequence number and timestamp jump; piece: payload
    ORDER_RAW,    // piece: a whole packet
    ORDER_LOST,   // the packet that comes next does not
    ORDER_TICKS,  // so many frames of time
    ORDER_SKIP,   // a frame in which the device could do nothing
    ORDER_LISTEN, // to nobody, anyone, this talker, another
    ORDER_TALKER, // the next packets are of the other talker
};
#define ORDER_MASK 7u
#define ORDER_NUMBER(order) (((order) >> 3) & 15u)
#define ORDER_TICK 0x80u

#endif
