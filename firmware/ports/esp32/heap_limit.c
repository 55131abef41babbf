// When MicroPython's heap is full it asks how much more it may take of ESP-IDF's. Wi-Fi, DMA and the voice engine
// live there: Python has what board.toml gives to it, then a MemoryError. The linker puts this in place of the
// port's own answer, the largest free block (board.cmake).

#include "py/gc.h"
#include "py/mpstate.h"

#include "board_facts.h"

size_t __real_gc_get_max_new_split(void);
size_t __wrap_gc_get_max_new_split(void);

size_t __wrap_gc_get_max_new_split(void) {
    size_t taken = 0;
    for (const mp_state_mem_area_t *area = &MP_STATE_MEM(area); area != NULL; area = area->next) {
        taken += (size_t)(area->gc_pool_end - area->gc_alloc_table_start);
    }
    size_t left = taken < HANDSET_HEAP_BYTES ? HANDSET_HEAP_BYTES - taken : 0;
    size_t free = __real_gc_get_max_new_split();
    return left < free ? left : free;
}
