// API Reference > Peripherals > I2S > "I2S Driver Types" (driver/i2s_types.h).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "soc/soc_caps.h"

typedef enum {
    I2S_NUM_0,
#if SOC_I2S_NUM > 1
    I2S_NUM_1,
#endif
    I2S_NUM_AUTO,
} i2s_port_t;

typedef enum {
    I2S_MCLK_MULTIPLE_128 = 128,
    I2S_MCLK_MULTIPLE_256 = 256,
    I2S_MCLK_MULTIPLE_384 = 384,
} i2s_mclk_multiple_t;

// v5.4 has a third field, the address of the buffer itself.
typedef struct {
    void *data;
    size_t size;
} i2s_event_data_t;

typedef struct i2s_channel_obj_t *i2s_chan_handle_t;

// Runs in an interrupt. Returns whether a task of higher priority was woken.
typedef bool (*i2s_isr_callback_t)(i2s_chan_handle_t handle, i2s_event_data_t *event,
    void *user_ctx);
