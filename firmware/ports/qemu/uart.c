// The console: a 16550 with a small ring behind its receiver.

#include "machine.h"

#include "py/mpconfig.h"
#include "py/runtime.h"
#include "shared/runtime/interrupt_char.h"

#define DATA (MACHINE_UART + 0u)
#define INTERRUPT_ENABLE (MACHINE_UART + 1u)
#define FIFO_CONTROL (MACHINE_UART + 2u)
#define LINE_STATUS (MACHINE_UART + 5u)

#define RX_INTERRUPT 0x01u
#define TX_INTERRUPT 0x02u
#define FIFO_ON 0x07u
#define RX_READY 0x01u
#define TX_EMPTY 0x20u
#define TX_FIFO_BYTES 16u

// How long the last words of a handset wait for a host that does not read them.
#define PATIENCE_US 100000u

#define RING_BYTES 1024u // power of two

static uint8_t ring[RING_BYTES] SYSTEM_RAM;
static volatile uint32_t ring_in;  // moved by the interrupt
static volatile uint32_t ring_out; // moved by readers

void uart_start(void) {
    write8(FIFO_CONTROL, FIFO_ON);
    write8(INTERRUPT_ENABLE, RX_INTERRUPT);
    machine_enable_irq(MACHINE_IRQ_UART);
}

static void take_in(void) {
    while (read8(LINE_STATUS) & RX_READY) {
        if (ring_in - ring_out == RING_BYTES) {
            // The host waits until there is room again: no byte is lost on this wire.
            write8(INTERRUPT_ENABLE, read8(INTERRUPT_ENABLE) & (uint8_t)~RX_INTERRUPT);
            return;
        }
        uint8_t byte = read8(DATA);
        #if MICROPY_KBD_EXCEPTION
        if (byte == mp_interrupt_char) {
            mp_sched_keyboard_interrupt();
            continue;
        }
        #endif
        ring[ring_in & (RING_BYTES - 1u)] = byte;
        ring_in++;
    }
}

void uart_interrupt(void) {
    take_in();
    if (read8(LINE_STATUS) & TX_EMPTY) {
        write8(INTERRUPT_ENABLE, read8(INTERRUPT_ENABLE) & (uint8_t)~TX_INTERRUPT);
    }
    machine_event();
}

bool uart_readable(void) {
    return ring_in != ring_out;
}

int uart_read(uint8_t *to, size_t n_bytes) {
    size_t n = 0;
    while (n < n_bytes && ring_in != ring_out) {
        uint8_t *byte = &ring[ring_out & (RING_BYTES - 1u)];
        to[n++] = *byte;
        *byte = 0; // there may have been a PIN in it
        ring_out++;
    }
    if (n > 0) {
        uint32_t before = machine_irq_save();
        write8(INTERRUPT_ENABLE, read8(INTERRUPT_ENABLE) | RX_INTERRUPT);
        machine_irq_restore(before);
    }
    return (int)n;
}

bool uart_writable(void) {
    if (read8(LINE_STATUS) & TX_EMPTY) {
        return true;
    }
    uint32_t before = machine_irq_save();
    write8(INTERRUPT_ENABLE, read8(INTERRUPT_ENABLE) | TX_INTERRUPT);
    machine_irq_restore(before);
    return false;
}

int uart_write(const uint8_t *from, size_t n_bytes) {
    size_t n = 0;
    while (n < n_bytes && (read8(LINE_STATUS) & TX_EMPTY)) {
        for (unsigned i = 0; i < TX_FIFO_BYTES && n < n_bytes; i++) {
            write8(DATA, from[n++]);
        }
    }
    return (int)n;
}

void uart_write_all(const char *text, size_t n_bytes) {
    uint64_t patience_us = machine_time_us() + PATIENCE_US;
    while (n_bytes > 0 && machine_time_us() < patience_us) {
        int n = uart_write((const uint8_t *)text, n_bytes);
        text += n;
        n_bytes -= (size_t)n;
        if (n > 0) {
            patience_us = machine_time_us() + PATIENCE_US;
        }
    }
}
