#include "check.h"
CASE(x){}
