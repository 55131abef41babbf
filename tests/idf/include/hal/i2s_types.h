// API Reference > Peripherals > I2S > "I2S Types" (from hal/i2s_types.h).
#pragma once

#include <stdlib.h> // MicroPython's machine_i2s.c counts on it

#include "soc/soc_caps.h"

typedef enum {
    I2S_SLOT_MODE_MONO = 1,
    I2S_SLOT_MODE_STEREO = 2,
} i2s_slot_mode_t;

typedef enum {
    I2S_DIR_RX = 1 << 0,
    I2S_DIR_TX = 1 << 1,
} i2s_dir_t;

typedef enum {
    I2S_ROLE_MASTER,
    I2S_ROLE_SLAVE,
} i2s_role_t;

typedef enum {
    I2S_DATA_BIT_WIDTH_8BIT = 8,
    I2S_DATA_BIT_WIDTH_16BIT = 16,
    I2S_DATA_BIT_WIDTH_24BIT = 24,
    I2S_DATA_BIT_WIDTH_32BIT = 32,
} i2s_data_bit_width_t;

typedef enum {
    I2S_SLOT_BIT_WIDTH_AUTO = 0, // as wide as the data
    I2S_SLOT_BIT_WIDTH_8BIT = 8,
    I2S_SLOT_BIT_WIDTH_16BIT = 16,
    I2S_SLOT_BIT_WIDTH_24BIT = 24,
    I2S_SLOT_BIT_WIDTH_32BIT = 32,
} i2s_slot_bit_width_t;

typedef enum {
    I2S_CLK_SRC_DEFAULT,
} i2s_clock_src_t;

typedef enum {
    I2S_STD_SLOT_LEFT = 1 << 0,
    I2S_STD_SLOT_RIGHT = 1 << 1,
    I2S_STD_SLOT_BOTH = 3,
} i2s_std_slot_mask_t;

#if SOC_I2S_SUPPORTS_PDM
typedef enum {
    I2S_PDM_SLOT_RIGHT = 1 << 0,
    I2S_PDM_SLOT_LEFT = 1 << 1,
    I2S_PDM_SLOT_BOTH = 3,
} i2s_pdm_slot_mask_t;
#endif

#if SOC_I2S_SUPPORTS_PDM_RX
typedef enum {
    I2S_PDM_DSR_8S,
    I2S_PDM_DSR_16S,
    I2S_PDM_DSR_MAX,
} i2s_pdm_dsr_t;
#endif
