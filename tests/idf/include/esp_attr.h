// API Guides > Memory Types: where code and data are placed.
#pragma once

#define IRAM_ATTR __attribute__((section(".iram1")))
#define DRAM_ATTR __attribute__((section(".dram1")))
