// Stands in for vo-amrwbenc's util.c, whose Copy() reads two samples past the end of its source
// (an address sanitizer stops there). Same functions, same results.

#include <string.h>

#include "typedef.h"
#include "basic_op.h"

void Set_zero(Word16 x[], Word16 L) {
    memset(x, 0, (size_t)L * sizeof(x[0]));
}

void Copy(Word16 x[], Word16 y[], Word16 L) {
    memmove(y, x, (size_t)L * sizeof(y[0]));
}
