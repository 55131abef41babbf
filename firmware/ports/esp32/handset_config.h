// What all boards of this port share of MicroPython's configuration; their mpconfigboard.h include it.
#pragma once

#include "board_facts.h"

#define MICROPY_HW_BOARD_NAME HANDSET_BOARD_NAME
#define MICROPY_PY_NETWORK_HOSTNAME_DEFAULT "handset"

// The heap has the size that board.toml gives to it, and never more (heap_limit.c). The ESP32's RAM is in pieces:
// one of 111 KiB, and one whose size depends on what is linked (ESP-IDF's log at start, "heap_init"). There a
// larger heap gets its last part when it is needed, and no board fails to start for want of one large piece.
#if CONFIG_IDF_TARGET_ESP32 && HANDSET_HEAP_BYTES > 96 * 1024
#define MICROPY_GC_INITIAL_HEAP_SIZE (96 * 1024)
#else
#define MICROPY_GC_INITIAL_HEAP_SIZE (HANDSET_HEAP_BYTES)
#endif

// micropython.mem_total(): what the voice path's figures are made of.
#define MICROPY_MEM_STATS (1)
#define MICROPY_MALLOC_USES_ALLOCATED_SIZE (1)

// A release runs what is frozen in it and nothing else: without a compiler there is no eval, no exec, no .py
// file and no prompt. no_prompt.c answers where MicroPython's main.c would start one.
#if HANDSET_RELEASE
#define MICROPY_ENABLE_COMPILER (0)
#endif

// No Bluetooth, no Ethernet, no name service, no USB stack: their RAM goes to voice and Python.
#define MICROPY_PY_BLUETOOTH (0)
#define MICROPY_PY_NETWORK_LAN (0)
#define MICROPY_HW_ENABLE_MDNS_QUERIES (0)
#define MICROPY_HW_ENABLE_MDNS_RESPONDER (0)
#define MICROPY_HW_ENABLE_USBDEV (0)
#define MICROPY_HW_ENABLE_SDCARD (0)

// Random numbers come from the board's rng (C module vault) and from nowhere else. (os.urandom can not be
// switched off on this port; a test sees that nobody calls it.)
#define MICROPY_PY_RANDOM (0)

// MicroPython would keep the address of every sender ever heard by ESP-NOW, for its signal strength: a stranger
// with ever new addresses would fill the heap.
#define MICROPY_PY_ESPNOW_RSSI (0)
