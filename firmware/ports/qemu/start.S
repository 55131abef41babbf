# Reset and trap entry.

        .section .start, "ax"
        .global _start
_start:
        .option push
        .option norelax
        la      gp, __global_pointer$
        .option pop
        csrw    mie, zero
        la      t0, trap_entry
        csrw    mtvec, t0
        # Traps run on the voice stack: a handler still has one when the main stack is used up.
        la      t0, _voice_stack_top
        csrw    mscratch, t0
        la      sp, _main_stack_top
        la      tp, _tls_start

        la      t0, _data_start
        la      t1, _data_end
        la      t2, _data_load
1:      bgeu    t0, t1, 2f
        lw      t3, 0(t2)
        sw      t3, 0(t0)
        addi    t0, t0, 4
        addi    t2, t2, 4
        j       1b
2:      la      t0, _bss_start
        la      t1, _bss_end
        call    clear
        la      t0, _system_start
        la      t1, _system_end
        call    clear
        call    machine_main
3:      j       3b

clear:  bgeu    t0, t1, 4f
        sw      zero, 0(t0)
        addi    t0, t0, 4
        j       clear
4:      ret

        # Interrupts do not nest: what a callee may change is kept on the interrupt's stack.
        .text
        .align  2
        .global trap_entry
trap_entry:
        csrrw   sp, mscratch, sp
        addi    sp, sp, -64
        sw      ra, 0(sp)
        sw      t0, 4(sp)
        sw      t1, 8(sp)
        sw      t2, 12(sp)
        sw      a0, 16(sp)
        sw      a1, 20(sp)
        sw      a2, 24(sp)
        sw      a3, 28(sp)
        sw      a4, 32(sp)
        sw      a5, 36(sp)
        sw      a6, 40(sp)
        sw      a7, 44(sp)
        sw      t3, 48(sp)
        sw      t4, 52(sp)
        sw      t5, 56(sp)
        sw      t6, 60(sp)
        csrr    a0, mcause
        csrr    a1, mepc
        call    trap
        lw      ra, 0(sp)
        lw      t0, 4(sp)
        lw      t1, 8(sp)
        lw      t2, 12(sp)
        lw      a0, 16(sp)
        lw      a1, 20(sp)
        lw      a2, 24(sp)
        lw      a3, 28(sp)
        lw      a4, 32(sp)
        lw      a5, 36(sp)
        lw      a6, 40(sp)
        lw      a7, 44(sp)
        lw      t3, 48(sp)
        lw      t4, 52(sp)
        lw      t5, 56(sp)
        lw      t6, 60(sp)
        addi    sp, sp, 64
        csrrw   sp, mscratch, sp
        mret
