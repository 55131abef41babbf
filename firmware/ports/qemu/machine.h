// The bare machine: QEMU's `virt` with one RISC-V hart. Addresses are those of its memory map
// (hw/riscv/virt.c of QEMU; the same in its device tree).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MACHINE_FINISHER 0x00100000u
#define MACHINE_CLINT 0x02000000u
#define MACHINE_PLIC 0x0c000000u
#define MACHINE_UART 0x10000000u
#define MACHINE_VIRTIO 0x10001000u // eight slots of 4 KiB
#define MACHINE_FLASH 0x22000000u // the second bank; the first would be booted from
#define MACHINE_FLASH_BYTES 0x02000000u
#define MACHINE_PCI_CONFIG 0x30000000u
#define MACHINE_PCI_MEMORY 0x40000000u
#define MACHINE_STRAPS 0x80f00000u // the last MiB of 16

#define MACHINE_IRQ_VIRTIO 1u // slot i interrupts as 1 + i
#define MACHINE_IRQ_UART 10u

#define MACHINE_EXIT_RESET 64 // exit status by which the bench knows a reset

// Big buffers of the machine's own devices: RAM that Wi-Fi and ESP-IDF take on the chip.
#define SYSTEM_RAM __attribute__((section(".system")))

static inline uint32_t read32(uintptr_t address) {
    return *(volatile uint32_t *)address;
}

static inline void write32(uintptr_t address, uint32_t value) {
    *(volatile uint32_t *)address = value;
}

static inline uint8_t read8(uintptr_t address) {
    return *(volatile uint8_t *)address;
}

static inline void write8(uintptr_t address, uint8_t value) {
    *(volatile uint8_t *)address = value;
}

// Reads and writes of shared memory before this are done before those after it, for devices too.
static inline void fence(void) {
    __asm volatile("fence iorw, iorw" ::: "memory");
}

// --- time (time.c) ---

// Microseconds since the machine was switched on; evenly.
uint64_t machine_time_us(void);

// Instructions since the machine was switched on: exact under `-icount`, else the host's ticks.
uint64_t machine_instructions(void);

// Calls `work` from the timer interrupt, on the interrupt's own stack, once at `at_us`. NULL: no more.
void machine_alarm(uint64_t at_us, void (*work)(void));

// Sleeps until machine_event() was called since the last wait, at most timeout_ms ((uint32_t)-1: for ever).
void machine_wait(uint32_t timeout_ms);

// There is something to look at: wakes the next machine_wait(). From interrupts.
void machine_event(void);

// What the timer interrupt does.
void machine_time_interrupt(void);

// --- interrupts (trap.c) ---

void machine_interrupts_start(void);
void machine_enable_irq(unsigned irq);

static inline uint32_t machine_irq_save(void) {
    uint32_t before;
    __asm volatile("csrrci %0, mstatus, 8" : "=r"(before) : : "memory");
    return before & 8u;
}

static inline void machine_irq_restore(uint32_t before) {
    __asm volatile("csrs mstatus, %0" : : "r"(before) : "memory");
}

// --- ends ---

// Ends QEMU with an exit status.
__attribute__((noreturn)) void machine_exit(int status);

// Says on the console why, and ends with status 1.
__attribute__((noreturn)) void machine_panic(const char *why);

// --- console (uart.c) ---

void uart_start(void);
void uart_interrupt(void);
int uart_read(uint8_t *to, size_t n_bytes);   // bytes taken, without waiting
int uart_write(const uint8_t *from, size_t n_bytes);
bool uart_readable(void);
bool uart_writable(void); // if not: there will be an event when it is
void uart_write_all(const char *text, size_t n_bytes);

// --- straps (straps.c) ---

// Length of the bench's text of that name, -1 if there is none; its first bytes into `to`.
int strap_read(const char *name, char *to, size_t capacity);

// --- shared memory (ivshmem.c) ---

// The memory shared with the bench, NULL if there is none.
void *shared_memory(size_t *n_bytes);
