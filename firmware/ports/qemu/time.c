// The clock: CLINT's counter of 10 MHz, one alarm for the voice engine, and sleep.

#include "machine.h"

#define MTIMECMP (MACHINE_CLINT + 0x4000u)
#define MTIME (MACHINE_CLINT + 0xbff8u)
#define TICKS_PER_US 10u
#define NEVER UINT64_MAX

static uint64_t alarm_at = NEVER; // in ticks
static void (*alarm_work)(void);
static uint64_t wake_at = NEVER;
static volatile bool event;

static uint64_t ticks(void) {
    uint32_t high;
    uint32_t low;
    do {
        high = read32(MTIME + 4u);
        low = read32(MTIME);
    } while (high != read32(MTIME + 4u));
    return (uint64_t)high << 32 | low;
}

// With interrupts off: the earlier of the two.
static void set_timer(void) {
    uint64_t at = alarm_at < wake_at ? alarm_at : wake_at;
    write32(MTIMECMP + 4u, UINT32_MAX);
    write32(MTIMECMP, (uint32_t)at);
    write32(MTIMECMP + 4u, (uint32_t)(at >> 32));
}

uint64_t machine_time_us(void) {
    return ticks() / TICKS_PER_US;
}

uint64_t machine_instructions(void) {
    uint32_t high;
    uint32_t low;
    uint32_t again;
    do {
        __asm volatile("csrr %0, minstreth\n csrr %1, minstret\n csrr %2, minstreth" : "=r"(high), "=r"(low), "=r"(again));
    } while (high != again);
    return (uint64_t)high << 32 | low;
}

void machine_alarm(uint64_t at_us, void (*work)(void)) {
    uint32_t before = machine_irq_save();
    alarm_work = work;
    alarm_at = work == NULL ? NEVER : at_us * TICKS_PER_US;
    set_timer();
    machine_irq_restore(before);
}

void machine_time_interrupt(void) {
    uint64_t now = ticks();
    if (now >= wake_at) {
        wake_at = NEVER;
        event = true;
    }
    if (now >= alarm_at) {
        alarm_at = NEVER;
        alarm_work();
    }
    set_timer();
}

void machine_event(void) {
    event = true;
}

void machine_wait(uint32_t timeout_ms) {
    uint32_t before = machine_irq_save();
    if (!event) {
        wake_at = timeout_ms == UINT32_MAX ? NEVER : ticks() + (uint64_t)timeout_ms * 1000u * TICKS_PER_US;
        set_timer();
        // Interrupts are off: one that comes now stays pending and ends the sleep at once.
        __asm volatile("wfi" ::: "memory");
        wake_at = NEVER;
    }
    event = false;
    machine_irq_restore(before);
}
