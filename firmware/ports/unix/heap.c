// Upstream's unix port starts with a heap as large as a PC likes it. This board starts with the budget of the
// chip it stands for (board.toml); `-X heapsize=` can still choose another one for an experiment.

#include "board_facts.h"

extern long heap_size;

__attribute__((constructor)) static void handset_set_heap_size(void) {
    heap_size = HANDSET_HEAP_BYTES;
}
