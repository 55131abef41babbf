// API Reference > Peripherals > I2S > "I2S Driver" (driver/i2s_common.h).
//
// A channel is REGISTERED by i2s_new_channel, READY by i2s_channel_init_*_mode and
// i2s_channel_disable, RUNNING by i2s_channel_enable; each function says in which state it may be
// called.
#pragma once

#include "driver/i2s_types.h"
#include "esp_err.h"
#include "esp_idf_version.h"
#include "hal/gpio_types.h"
#include "hal/i2s_types.h"

#define I2S_GPIO_UNUSED GPIO_NUM_NC

typedef struct {
    i2s_isr_callback_t on_recv;
    i2s_isr_callback_t on_recv_q_ovf;
    i2s_isr_callback_t on_sent;
    i2s_isr_callback_t on_send_q_ovf;
} i2s_event_callbacks_t;

typedef struct {
    i2s_port_t id;
    i2s_role_t role;
    uint32_t dma_desc_num;
    uint32_t dma_frame_num;
#if DECLARED_IDF_MINOR < 3
    bool auto_clear;
#else
    union {
        bool auto_clear;
        bool auto_clear_after_cb;
    };
    bool auto_clear_before_cb;
#endif
#if DECLARED_IDF_MINOR >= 4
    bool allow_pd;
#endif
    int intr_priority;
} i2s_chan_config_t;

// What is not named is 0 or false.
#define I2S_CHANNEL_DEFAULT_CONFIG(i2s_num, i2s_role) \
    {.id = (i2s_num), .role = (i2s_role), .dma_desc_num = 6, .dma_frame_num = 240}

// Either handle may be NULL. On ESP32 a single channel takes the whole port, on later chips half.
esp_err_t i2s_new_channel(const i2s_chan_config_t *chan_cfg, i2s_chan_handle_t *ret_tx_handle,
    i2s_chan_handle_t *ret_rx_handle);
// REGISTERED or READY.
esp_err_t i2s_del_channel(i2s_chan_handle_t handle);
// READY.
esp_err_t i2s_channel_enable(i2s_chan_handle_t handle);
// RUNNING.
esp_err_t i2s_channel_disable(i2s_chan_handle_t handle);
// READY: what the loudspeaker plays first; less is loaded than asked for when the buffers are full.
esp_err_t i2s_channel_preload_data(i2s_chan_handle_t tx_handle, const void *src, size_t size,
    size_t *bytes_loaded);
// RUNNING.
esp_err_t i2s_channel_write(i2s_chan_handle_t handle, const void *src, size_t size,
    size_t *bytes_written, uint32_t timeout_ms);
esp_err_t i2s_channel_read(i2s_chan_handle_t handle, void *dest, size_t size, size_t *bytes_read,
    uint32_t timeout_ms);
// REGISTERED or READY.
esp_err_t i2s_channel_register_event_callback(i2s_chan_handle_t handle,
    const i2s_event_callbacks_t *callbacks, void *user_data);
