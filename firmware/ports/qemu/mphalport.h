// What MicroPython asks of this machine.
#pragma once

#include "machine.h"
#include "shared/runtime/interrupt_char.h"

// Sleep until an interrupt has something for Python, at most so long.
#define MICROPY_INTERNAL_WFE(timeout_ms) machine_wait(timeout_ms)

static inline mp_uint_t mp_hal_ticks_ms(void) {
    return (mp_uint_t)(machine_time_us() / 1000u);
}

static inline mp_uint_t mp_hal_ticks_us(void) {
    return (mp_uint_t)machine_time_us();
}

static inline mp_uint_t mp_hal_ticks_cpu(void) {
    return (mp_uint_t)machine_instructions();
}

// Only the file system of development builds asks; the date is the clock driver's.
static inline uint64_t mp_hal_time_ns(void) {
    return machine_time_us() * 1000u;
}

static inline void mp_hal_delay_us(mp_uint_t us) {
    uint64_t end_us = machine_time_us() + us;
    while (machine_time_us() < end_us) {
    }
}
