// Life of the handset on the bare machine: start, run the application, end.

#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board_facts.h"
#include "protection.h"
#include "py/builtin.h"
#include "py/compile.h"
#include "py/gc.h"
#include "py/mphal.h"
#include "py/mperrno.h"
#include "py/runtime.h"
#include "py/stackctrl.h"
#include "py/stream.h"
#include "shared/runtime/gchelper.h"
#include "shared/runtime/pyexec.h"

extern uint8_t _main_stack_bottom, _main_stack_top;

static uint8_t heap[HANDSET_HEAP_BYTES + HANDSET_EXTRA_HEAP_BYTES] __attribute__((aligned(16)));

void machine_main(void);

// --- ends ---------------------------------------------------------------------------------------

void machine_exit(int status) {
    write32(MACHINE_FINISHER, status == 0 ? 0x5555u : (uint32_t)status << 16 | 0x3333u);
    for (;;) {
    }
}

void machine_panic(const char *why) {
    uart_write_all("panic: ", 7);
    uart_write_all(why, strlen(why));
    uart_write_all("\r\n", 2);
    machine_exit(1);
}

void nlr_jump_fail(void *val) {
    (void)val;
    machine_panic("exception outside of any handler");
}

void __assert_func(const char *file, int line, const char *function, const char *what);
void __assert_func(const char *file, int line, const char *function, const char *what) {
    (void)file;
    (void)line;
    (void)function;
    machine_panic(what);
}

// What C libraries of others call when they give up.
FILE *const stderr;

void abort(void) {
    machine_panic("abort");
}

// --- memory -------------------------------------------------------------------------------------

void gc_collect(void) {
    gc_collect_start();
    gc_helper_collect_regs_and_stack();
    gc_collect_end();
}

// --- console text -------------------------------------------------------------------------------

mp_uint_t mp_hal_stdout_tx_strn(const char *text, size_t n_bytes) {
    uart_write_all(text, n_bytes);
    return n_bytes;
}

int mp_hal_stdin_rx_chr(void) {
    uint8_t byte;
    while (uart_read(&byte, 1) == 0) {
        mp_event_wait_indefinite();
    }
    return byte;
}

uintptr_t mp_hal_stdio_poll(uintptr_t flags) {
    return (uart_readable() ? flags & MP_STREAM_POLL_RD : 0) | (uart_writable() ? flags & MP_STREAM_POLL_WR : 0);
}

void mp_hal_delay_ms(mp_uint_t ms) {
    uint64_t end_us = machine_time_us() + (uint64_t)ms * 1000u;
    for (uint64_t now_us; (now_us = machine_time_us()) < end_us;) {
        mp_event_wait_ms((mp_uint_t)((end_us - now_us + 999u) / 1000u));
    }
}

#if !MICROPY_KBD_EXCEPTION
// No key stops the application of a release; upstream's pyexec asks all the same.
void mp_hal_set_interrupt_char(int c) {
    (void)c;
}
#endif

// --- files --------------------------------------------------------------------------------------

#if !MICROPY_VFS
mp_import_stat_t mp_import_stat(const char *path) {
    (void)path;
    return MP_IMPORT_STAT_NO_EXIST; // only frozen modules
}
#endif

// --- the application ----------------------------------------------------------------------------

#if HANDSET_DEVELOPMENT
// A program that the bench put in place of the application. False: there is none.
static bool run_bench_program(void) {
    int n_bytes = strap_read("main", NULL, 0);
    if (n_bytes < 0) {
        return false;
    }
    vstr_t source;
    vstr_init(&source, (size_t)n_bytes + 1u);
    strap_read("main", vstr_add_len(&source, (size_t)n_bytes), (size_t)n_bytes);
    pyexec_vstr(&source, true);
    vstr_clear(&source);
    return true;
}

static void run(void) {
    pyexec_frozen_module("_boot.py", false);
    // As on MicroPython's own ports: who resets out of the raw prompt is a tool that wants nothing to run.
    if (pyexec_mode_kind == PYEXEC_MODE_FRIENDLY_REPL && !run_bench_program()) {
        pyexec_frozen_module("main.py", true);
    }
    while ((pyexec_mode_kind == PYEXEC_MODE_RAW_REPL ? pyexec_raw_repl() : pyexec_friendly_repl()) == 0) {
    }
    mp_hal_stdout_tx_strn("MPY: soft reboot\r\n", 18);
}
#else
static void run(void) {
    pyexec_frozen_module("handset/main.py", false);
    machine_panic("the application ended");
}
#endif

void machine_main(void) {
    protection_start();
    uart_start();
    machine_interrupts_start();
    mp_stack_set_top(&_main_stack_top);
    mp_stack_set_limit((mp_uint_t)(&_main_stack_top - &_main_stack_bottom) - 1024u);
    for (;;) {
        gc_init(heap, heap + sizeof(heap));
        mp_init();
        run();
        gc_sweep_all(); // finalisers stop what still runs, such as the voice engine
        mp_deinit();
    }
}
