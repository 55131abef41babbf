// Interrupts and faults. Interrupts run on the voice stack and do not nest: the voice engine is one
// of them, as its task on the chip would preempt Python.

#include "machine.h"

#include <stdio.h>

#include "virtio.h"

#define CAUSE_INTERRUPT 0x80000000u
#define CAUSE_TIMER (CAUSE_INTERRUPT | 7u)
#define CAUSE_EXTERNAL (CAUSE_INTERRUPT | 11u)
#define MIE_TIMER (1u << 7)
#define MIE_EXTERNAL (1u << 11)

#define PLIC_PRIORITY(irq) (MACHINE_PLIC + 4u * (irq))
#define PLIC_ENABLE (MACHINE_PLIC + 0x2000u)
#define PLIC_THRESHOLD (MACHINE_PLIC + 0x200000u)
#define PLIC_CLAIM (MACHINE_PLIC + 0x200004u)

void trap(uint32_t cause, uint32_t at);

void machine_interrupts_start(void) {
    write32(PLIC_THRESHOLD, 0);
    __asm volatile("csrs mie, %0" : : "r"(MIE_TIMER | MIE_EXTERNAL));
    machine_irq_restore(8u);
}

void machine_enable_irq(unsigned irq) {
    write32(PLIC_PRIORITY(irq), 1);
    write32(PLIC_ENABLE, read32(PLIC_ENABLE) | 1u << irq);
}

static void external_interrupt(void) {
    uint32_t irq;
    while ((irq = read32(PLIC_CLAIM)) != 0) {
        if (irq == MACHINE_IRQ_UART) {
            uart_interrupt();
        } else {
            virtio_interrupt(irq - MACHINE_IRQ_VIRTIO);
        }
        write32(PLIC_CLAIM, irq);
    }
}

static const char *const fault_names[] = {
    "instruction address misaligned", "instruction access fault (jump into data or nowhere)",
    "illegal instruction", "breakpoint", "load address misaligned",
    "load access fault (null pointer, or a stack used up)", "store address misaligned",
    "store access fault (null pointer, code, or a stack used up)",
};

static void fault(uint32_t cause, uint32_t at) {
    static char text[160];
    uint32_t address;
    __asm volatile("csrr %0, mtval" : "=r"(address));
    const char *name = cause < sizeof(fault_names) / sizeof(fault_names[0]) ? fault_names[cause] : "fault";
    snprintf(text, sizeof(text), "%s: at 0x%08x, address 0x%08x", name, (unsigned)at, (unsigned)address);
    machine_panic(text);
}

// Called by trap_entry with mcause and mepc.
void trap(uint32_t cause, uint32_t at) {
    if (cause == CAUSE_TIMER) {
        machine_time_interrupt();
    } else if (cause == CAUSE_EXTERNAL) {
        external_interrupt();
    } else {
        fault(cause, at);
    }
}
