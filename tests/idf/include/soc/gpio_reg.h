// Included by MicroPython's mphalport.h; the addresses are of no interest to a compiler check.
#pragma once

#define GPIO_OUT_REG 0
#define GPIO_OUT1_REG 4
