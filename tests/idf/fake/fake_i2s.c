// Two ports, their channels and DMA, and the pins that lead to them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/i2s_std.h"
#include "fake_idf.h"
#if SOC_I2S_SUPPORTS_PDM_RX
#include "driver/i2s_pdm.h"
#endif

#ifndef SOC_I2S_HW_VERSION_1
#define SOC_I2S_HW_VERSION_1 0
#endif

#define CHANNELS_MAX 4u
#define RATE_HZ 16000
#define FRAME_US ((int64_t)FAKE_FRAME_SAMPLES * 1000000 / RATE_HZ)

struct i2s_channel_obj_t {
    enum { REGISTERED, READY, RUNNING } state;
    int port;
    bool sends;
    bool paired; // made together with another on the same port
    i2s_chan_config_t config;
    i2s_std_config_t std;
    unsigned slots; // a frame
    unsigned slot_bytes;
    unsigned side; // that PDM listens to
    uint8_t *buffers;
    size_t buffer_bytes;
    unsigned current;     // buffer that the DMA is at
    int64_t current_end_us;
    unsigned queue[8];    // buffers for the task, the oldest first
    unsigned n_queued;
    int task_buffer;      // -1: none
    size_t task_position;
    i2s_event_callbacks_t callbacks;
    void *user_data;
    gpio_num_t clock_pins[2];
};

static i2s_chan_handle_t channels[CHANNELS_MAX];
static i2s_chan_handle_t pin_leads_to[GPIO_NUM_MAX];

static bool in_state(i2s_chan_handle_t channel, int state, const char *function) {
    bool known = false;
    for (unsigned i = 0; i < CHANNELS_MAX; i++) {
        known = known || (channel != NULL && channels[i] == channel);
    }
    if (!known || (int)channel->state != state) {
        char text[128];
        snprintf(text, sizeof(text), "%s in the wrong state", function);
        fake_misuse(text);
        return false;
    }
    return true;
}

// --- allocation ---------------------------------------------------------------------------------

// On ESP32 a channel takes all of a port, on later chips its half.
static bool port_free(int port, bool sends, bool receives) {
    for (unsigned i = 0; i < CHANNELS_MAX; i++) {
        i2s_chan_handle_t channel = channels[i];
        if (channel != NULL && channel->port == port
            && (SOC_I2S_HW_VERSION_1 || (channel->sends ? sends : receives))) {
            return false;
        }
    }
    return true;
}

static void add_channel(const i2s_chan_config_t *config, int port, bool sends, bool paired,
    i2s_chan_handle_t *handle) {
    for (unsigned i = 0; i < CHANNELS_MAX; i++) {
        if (channels[i] == NULL) {
            channels[i] = *handle = calloc(1, sizeof(**handle));
            channels[i]->config = *config;
            channels[i]->port = port;
            channels[i]->sends = sends;
            channels[i]->paired = paired;
            channels[i]->clock_pins[0] = channels[i]->clock_pins[1] = GPIO_NUM_NC;
            fake.n_channels++;
            return;
        }
    }
    fake_misuse("too many channels");
}

esp_err_t i2s_new_channel(const i2s_chan_config_t *config, i2s_chan_handle_t *tx,
    i2s_chan_handle_t *rx) {
    fake_lock();
    esp_err_t error = fake_fails() ? ESP_ERR_NO_MEM : ESP_OK;
    int port = (int)config->id;
    for (int p = 0; config->id == I2S_NUM_AUTO && p < SOC_I2S_NUM; p++) {
        port = port_free(p, tx != NULL, rx != NULL) ? p : port;
    }
    if (error == ESP_OK
        && (port >= SOC_I2S_NUM || !port_free(port, tx != NULL, rx != NULL))) {
        error = ESP_ERR_NOT_FOUND;
    }
    if (error == ESP_OK && tx != NULL) {
        add_channel(config, port, true, rx != NULL, tx);
    }
    if (error == ESP_OK && rx != NULL) {
        add_channel(config, port, false, tx != NULL, rx);
    }
    fake_unlock();
    return error;
}

esp_err_t i2s_del_channel(i2s_chan_handle_t channel) {
    fake_lock();
    if (channel->state == RUNNING) {
        fake_misuse("deletes a running channel");
    }
    for (unsigned i = 0; i < CHANNELS_MAX; i++) {
        channels[i] = channels[i] == channel ? NULL : channels[i];
    }
    for (unsigned i = 0; i < GPIO_NUM_MAX; i++) {
        pin_leads_to[i] = pin_leads_to[i] == channel ? NULL : pin_leads_to[i];
    }
    free(channel->buffers);
    free(channel);
    fake.n_channels--;
    fake_unlock();
    return ESP_OK;
}

// --- configuration ------------------------------------------------------------------------------

static void route(i2s_chan_handle_t channel, gpio_num_t first, gpio_num_t second) {
    channel->clock_pins[0] = first;
    channel->clock_pins[1] = second;
    for (unsigned i = 0; i < 2; i++) {
        if (channel->clock_pins[i] != GPIO_NUM_NC) {
            pin_leads_to[channel->clock_pins[i]] = channel;
        }
    }
}

static esp_err_t init(i2s_chan_handle_t channel, unsigned slots, unsigned bits, uint32_t rate_hz) {
    if (fake_fails()) {
        return ESP_ERR_NO_MEM;
    }
    if (rate_hz != RATE_HZ || channel->config.dma_frame_num != FAKE_FRAME_SAMPLES
        || channel->config.dma_desc_num > 8 || !channel->config.auto_clear) {
        fake_misuse("not frames of 20 ms at 16 kHz");
    }
    channel->slots = slots;
    channel->slot_bytes = bits / 8u;
    channel->buffer_bytes = (size_t)channel->config.dma_frame_num * slots * channel->slot_bytes;
    if (channel->buffer_bytes > 4092) {
        fake_misuse("a DMA buffer of more than 4092 bytes");
    }
    channel->buffers = calloc(channel->config.dma_desc_num, channel->buffer_bytes);
    channel->state = READY;
    return ESP_OK;
}

esp_err_t i2s_channel_init_std_mode(i2s_chan_handle_t channel, const i2s_std_config_t *config) {
    fake_lock();
    esp_err_t error = ESP_ERR_INVALID_STATE;
    if (in_state(channel, REGISTERED, "i2s_channel_init_std_mode")) {
        if (config->slot_cfg.slot_mode != I2S_SLOT_MODE_STEREO) {
            fake_misuse("not the slots whose order is the same on every chip");
        }
        error = init(channel, 2, config->slot_cfg.data_bit_width, config->clk_cfg.sample_rate_hz);
    }
    if (error == ESP_OK) {
        channel->std = *config;
        route(channel, config->gpio_cfg.bclk, config->gpio_cfg.ws);
        for (unsigned i = 0; channel->paired && i < CHANNELS_MAX; i++) {
            i2s_chan_handle_t other = channels[i];
            if (other != NULL && other != channel && other->state == READY
                && (!other->sends || memcmp(&other->std, config, sizeof(*config)) != 0)) {
                fake_misuse("full duplex wants the sender first and the same configuration twice");
            }
        }
    }
    fake_unlock();
    return error;
}

static esp_err_t reroute(i2s_chan_handle_t channel, gpio_num_t first, gpio_num_t second) {
    esp_err_t error = ESP_ERR_INVALID_STATE;
    fake_lock();
    if (in_state(channel, READY, "i2s_channel_reconfig_*_gpio")) {
        error = fake_fails() ? ESP_ERR_INVALID_ARG : ESP_OK;
    }
    if (error == ESP_OK) {
        route(channel, first, second);
    }
    fake_unlock();
    return error;
}

esp_err_t i2s_channel_reconfig_std_gpio(i2s_chan_handle_t channel,
    const i2s_std_gpio_config_t *pins) {
    return reroute(channel, pins->bclk, pins->ws);
}

#if SOC_I2S_SUPPORTS_PDM_RX
esp_err_t i2s_channel_init_pdm_rx_mode(i2s_chan_handle_t channel,
    const i2s_pdm_rx_config_t *config) {
    fake_lock();
    esp_err_t error = ESP_ERR_INVALID_STATE;
    if (in_state(channel, REGISTERED, "i2s_channel_init_pdm_rx_mode")) {
        if (channel->port != 0 || config->slot_cfg.data_bit_width != I2S_DATA_BIT_WIDTH_16BIT) {
            fake_misuse("PDM is 16 bits on port 0");
        }
        error = init(channel, 1, 16, config->clk_cfg.sample_rate_hz);
    }
    if (error == ESP_OK) {
        channel->side = config->slot_cfg.slot_mask == I2S_PDM_SLOT_RIGHT;
        route(channel, config->gpio_cfg.clk, GPIO_NUM_NC);
    }
    fake_unlock();
    return error;
}

esp_err_t i2s_channel_reconfig_pdm_rx_gpio(i2s_chan_handle_t channel,
    const i2s_pdm_rx_gpio_config_t *pins) {
    return reroute(channel, pins->clk, GPIO_NUM_NC);
}
#endif

esp_err_t i2s_channel_register_event_callback(i2s_chan_handle_t channel,
    const i2s_event_callbacks_t *callbacks, void *user_data) {
    fake_lock();
    esp_err_t error = fake_fails() ? ESP_ERR_INVALID_STATE : ESP_OK;
    if (channel->state == RUNNING) {
        fake_misuse("registers callbacks of a running channel");
    }
    channel->callbacks = *callbacks;
    channel->user_data = user_data;
    fake_unlock();
    return error;
}

// --- start and stop -----------------------------------------------------------------------------

static bool leads_here(gpio_num_t pin, i2s_chan_handle_t channel) {
    i2s_chan_handle_t to = pin == GPIO_NUM_NC ? channel : pin_leads_to[pin];
    return to == channel || (to != NULL && to->paired && channel->paired);
}

static int64_t chip_us;

esp_err_t i2s_channel_enable(i2s_chan_handle_t channel) {
    int64_t now_us = fake_now_us();
    fake_lock();
    esp_err_t error = ESP_ERR_INVALID_STATE;
    if (in_state(channel, READY, "i2s_channel_enable")) {
        error = fake_fails() ? ESP_ERR_INVALID_STATE : ESP_OK;
    }
    if (error == ESP_OK) {
        if (!leads_here(channel->clock_pins[0], channel)
            || !leads_here(channel->clock_pins[1], channel)) {
            fake_misuse("enables a channel whose clock pin leads elsewhere");
        }
        channel->state = RUNNING;
        channel->current = 0;
        channel->current_end_us = now_us + FRAME_US;
        channel->n_queued = 0;
        channel->task_buffer = -1;
        channel->task_position = 0;
    }
    fake_unlock();
    return error;
}

esp_err_t i2s_channel_disable(i2s_chan_handle_t channel) {
    fake_lock();
    esp_err_t error = ESP_ERR_INVALID_STATE;
    if (in_state(channel, RUNNING, "i2s_channel_disable")) {
        if (fake_waits_for(channel)) {
            fake_misuse("disables a channel that a task waits for");
        }
        channel->state = READY;
        channel->task_position = 0;
        error = ESP_OK;
    }
    fake_unlock();
    return error;
}

esp_err_t i2s_channel_preload_data(i2s_chan_handle_t channel, const void *data, size_t n_bytes,
    size_t *n_loaded) {
    fake_lock();
    esp_err_t error = ESP_ERR_INVALID_STATE;
    if (in_state(channel, READY, "i2s_channel_preload_data")) {
        error = fake_fails() ? ESP_ERR_INVALID_STATE : ESP_OK;
    }
    if (error == ESP_OK) {
        size_t room = channel->config.dma_desc_num * channel->buffer_bytes - channel->task_position;
        *n_loaded = n_bytes < room ? n_bytes : room;
        memcpy(channel->buffers + channel->task_position, data, *n_loaded);
        channel->task_position += *n_loaded;
    }
    fake_unlock();
    return error;
}

// --- DMA ----------------------------------------------------------------------------------------

static void hear(i2s_chan_handle_t channel, uint8_t *buffer) {
    int64_t first = (chip_us - FRAME_US) * RATE_HZ / 1000000;
    for (unsigned i = 0; i < FAKE_FRAME_SAMPLES; i++) {
        int16_t sample = fake_world(first + i);
        if (channel->slots == 1) {
            int16_t heard = channel->side == 0 ? sample : 0x5555; // nothing on the right
            memcpy(buffer + 2u * i, &heard, sizeof(heard));
        } else {
            // 24 bits, of which eight are finer than a sample; the other slot floats.
            int32_t pair[2] = {(int32_t)sample * 0x10000 + 0x1200, 0x55aa5500};
            memcpy(buffer + sizeof(pair) * i, pair, sizeof(pair));
        }
    }
}

static int16_t amplified(const uint8_t *frame, unsigned slot_bytes) {
    int16_t left, right;
    memcpy(&left, frame + slot_bytes - 2u, sizeof(left)); // the upper half
    memcpy(&right, frame + 2u * slot_bytes - 2u, sizeof(right));
    if (left != right) {
        fake_misuse("left and right differ");
    }
    return left;
}

static void play(i2s_chan_handle_t channel, uint8_t *buffer) {
    if (fake.n_played < FAKE_FRAMES_MAX) {
        struct fake_played *played = &fake.played[fake.n_played++];
        played->start_us = chip_us - FRAME_US;
        for (unsigned i = 0; i < FAKE_FRAME_SAMPLES; i++) {
            played->samples[i] = amplified(buffer + 2u * channel->slot_bytes * i,
                channel->slot_bytes);
        }
    }
    memset(buffer, 0, channel->buffer_bytes); // auto_clear
}

// A buffer is full, or has been sent: the task may have it. As in the driver, one less than there
// are can wait; the oldest gives way.
static void end_buffer(i2s_chan_handle_t channel) {
    uint8_t *buffer = channel->buffers + channel->current * channel->buffer_bytes;
    i2s_event_data_t event = {.size = channel->buffer_bytes};
    i2s_isr_callback_t overflow = channel->sends ? channel->callbacks.on_send_q_ovf
                                                 : channel->callbacks.on_recv_q_ovf;
    if (channel->sends) {
        play(channel, buffer);
    } else {
        hear(channel, buffer);
    }
    if (channel->n_queued == channel->config.dma_desc_num - 1u) {
        memmove(channel->queue, channel->queue + 1, sizeof(channel->queue) - sizeof(unsigned));
        channel->n_queued--;
        if (overflow != NULL) {
            overflow(channel, &event, channel->user_data);
        }
    }
    channel->queue[channel->n_queued++] = channel->current;
    channel->current = (channel->current + 1u) % channel->config.dma_desc_num;
    channel->current_end_us += FRAME_US;
}

int64_t fake_dma_next_us(void) {
    int64_t next_us = INT64_MAX;
    for (unsigned i = 0; i < CHANNELS_MAX; i++) {
        if (channels[i] != NULL && channels[i]->state == RUNNING
            && channels[i]->current_end_us < next_us) {
            next_us = channels[i]->current_end_us;
        }
    }
    return next_us;
}

void fake_dma_run(int64_t now_us) {
    chip_us = now_us;
    for (unsigned i = 0; i < CHANNELS_MAX; i++) {
        if (channels[i] != NULL && channels[i]->state == RUNNING
            && channels[i]->current_end_us <= now_us) {
            if (fake.clocks_stand_still) {
                channels[i]->current_end_us += FRAME_US;
            } else {
                end_buffer(channels[i]);
            }
        }
    }
}

bool fake_channel_ready(i2s_chan_handle_t channel) {
    return channel->n_queued > 0;
}

// --- transfers ----------------------------------------------------------------------------------

static uint8_t *next_piece(i2s_chan_handle_t channel, uint32_t timeout_ms) {
    if (channel->task_buffer < 0 || channel->task_position == channel->buffer_bytes) {
        if (channel->n_queued == 0) {
            fake_wait(channel, (int64_t)timeout_ms * 1000);
        }
        if (channel->n_queued == 0) {
            return NULL;
        }
        channel->task_buffer = (int)channel->queue[0];
        channel->task_position = 0;
        channel->n_queued--;
        memmove(channel->queue, channel->queue + 1, channel->n_queued * sizeof(unsigned));
    }
    return channel->buffers + (size_t)channel->task_buffer * channel->buffer_bytes
        + channel->task_position;
}

// Either way between the task's memory and the DMA's.
static esp_err_t transfer(i2s_chan_handle_t channel, const uint8_t *from, uint8_t *to,
    size_t n_bytes, uint32_t timeout_ms) {
    for (size_t done = 0; done < n_bytes;) {
        uint8_t *piece = next_piece(channel, timeout_ms);
        if (piece == NULL) {
            return ESP_ERR_TIMEOUT;
        }
        size_t n = channel->buffer_bytes - channel->task_position;
        n = n < n_bytes - done ? n : n_bytes - done;
        memcpy(to != NULL ? to + done : piece, to != NULL ? piece : from + done, n);
        channel->task_position += n;
        done += n;
    }
    return ESP_OK;
}

esp_err_t i2s_channel_read(i2s_chan_handle_t channel, void *to, size_t n_bytes, size_t *n_read,
    uint32_t timeout_ms) {
    fake_lock();
    esp_err_t error = ESP_ERR_INVALID_STATE;
    (void)n_read;
    if (in_state(channel, RUNNING, "i2s_channel_read")) {
        error = fake.read_error;
    }
    if (error == ESP_OK) {
        error = transfer(channel, NULL, to, n_bytes, timeout_ms);
    }
    fake_unlock();
    return error;
}

esp_err_t i2s_channel_write(i2s_chan_handle_t channel, const void *from, size_t n_bytes,
    size_t *n_written, uint32_t timeout_ms) {
    fake_lock();
    esp_err_t error = ESP_ERR_INVALID_STATE;
    (void)n_written;
    if (in_state(channel, RUNNING, "i2s_channel_write")) {
        error = transfer(channel, from, NULL, n_bytes, timeout_ms);
    }
    fake_unlock();
    return error;
}
