// Written for ESP-IDF v5.2 to v5.4, whose Programming Guide, "Inter-IC Sound (I2S)", is the source
// of what is said here about the driver.
//
// How a board is wired (board.toml: [audio] and the pins) decides at compile time:
//   full duplex on one port   microphone and amplifier share both clock pins: same slots for both
//   full duplex on two ports  clock pins of their own; on a chip with one port its two halves
//   half duplex               they share a pin that means something else to each: one at a time
//
// Two slots a frame everywhere: the guide's tables for ESP32 put the samples of 16-bit mono into
// another order, while two slots are left, right on every chip. PDM has no such trouble.

#include "io_esp32_i2s.h"

#include <errno.h>

#include "driver/i2s_std.h"
#include "esp_attr.h"
#include "esp_err.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "board_facts.h"
#include "io_esp32_slots.h"

#if HANDSET_AUDIO_MICROPHONE_PDM
#include "driver/i2s_pdm.h"
#endif

#if HANDSET_AUDIO_MICROPHONE_I2S + HANDSET_AUDIO_MICROPHONE_PDM \
    + HANDSET_AUDIO_MICROPHONE_ES7210 != 1
#error "board.toml, [audio]: microphone must be \"i2s\", \"pdm\" or \"es7210\""
#endif

#if HANDSET_AUDIO_MICROPHONE_PDM || HANDSET_AUDIO_HALF_DUPLEX
#define SHARED_CLOCKS 0
#else
#define SHARED_CLOCKS (HANDSET_PIN_MIC_BCLK == HANDSET_PIN_AMP_BCLK)
#if SHARED_CLOCKS != (HANDSET_PIN_MIC_WS == HANDSET_PIN_AMP_WS)
#error "board.toml: microphone and amplifier share both clock pins (bclk, ws) or none"
#endif
#endif

// An INMP441 wants slots of 32 bits; an amplifier takes 16 too, unless it has the same clocks.
#if SHARED_CLOCKS
typedef int32_t amplifier_slot;
#define AMPLIFIER_SLOT_WIDTH I2S_DATA_BIT_WIDTH_32BIT
#define put_slots voice_slots_put_32
#else
typedef int16_t amplifier_slot;
#define AMPLIFIER_SLOT_WIDTH I2S_DATA_BIT_WIDTH_16BIT
#define put_slots voice_slots_put_16
#endif

// PDM is a talent of port 0. MCLK is better off without another channel on its port.
#define MICROPHONE_PORT I2S_NUM_0
#define AMPLIFIER_PORT (I2S_NUM_AUTO - 1)

#if HANDSET_AUDIO_MICROPHONE_ES7210
#define MASTER_CLOCK HANDSET_PIN_MIC_MCLK
#else
#define MASTER_CLOCK I2S_GPIO_UNUSED
#endif
#if HANDSET_AUDIO_MICROPHONE_SLOT_RIGHT
#define MICROPHONE_SIDE 1u
#else
#define MICROPHONE_SIDE 0u
#endif

// What is played in answer to a frame starts three frames after it did. Two of them are the time
// the task has for its work before a frame is lost: the driver queues one buffer less than it has.
#define DMA_FRAMES 3u
// A frame comes every 20 ms. If none has come in two, the clock stands still.
#define WAIT_FRAMES 2u
#define WAIT_MS (WAIT_FRAMES * VOICE_FRAME_US / 1000u)
// Slots are converted in portions, to spare the stack.
#define PORTION 80u
_Static_assert(VOICE_FRAME_SAMPLES % PORTION == 0, "portions make a frame");

static const char TAG[] = "voice";

struct channel {
    const char *part;
    i2s_chan_handle_t handle; // NULL when there is none
    bool running;
    bool failing;        // and has been reported
    uint32_t overflowed; // frames lost because the task was late; written by the interrupt only
    uint32_t missed;     // frames that the task had to do without; written by the task only
};

static struct channel microphone;
static struct channel amplifier;

// --- failures -----------------------------------------------------------------------------------

static const struct {
    esp_err_t error;
    int number;
    const char *advice;
} failures[] = {
    {ESP_ERR_NO_MEM, ENOMEM, "not enough internal RAM: open voice earlier, or use less heap"},
    {ESP_ERR_NOT_FOUND, EBUSY, "its I2S port is taken: deinit() machine.I2S first"},
    {ESP_ERR_INVALID_ARG, EINVAL, "check its pins and [audio] in board.toml"},
    {ESP_ERR_TIMEOUT, EIO, "no clock: another driver may have taken its pins"},
};

// Says what failed, to what, and what to do about it. Returns the errno value, 0 for ESP_OK.
static int report(const struct channel *channel, const char *step, esp_err_t error) {
    int number = EIO;
    const char *advice = "the driver is in no state for it: reset the board";
    if (error == ESP_OK) {
        return 0;
    }
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        if (failures[i].error == error) {
            number = failures[i].number;
            advice = failures[i].advice;
        }
    }
    ESP_LOGE(TAG, "%s: %s failed (%s): %s", channel->part, step, esp_err_to_name(error), advice);
    return number;
}

// Whether a frame came or went through the channel that paces the loop. If not, that is said once,
// and the time passes and counts as lost (by itself where the channel goes on running).
static bool judge(struct channel *channel, const char *step, esp_err_t error) {
    bool failing = error != ESP_OK;
    if (failing && !channel->failing) {
        report(channel, step, error);
    }
    if (failing && error != ESP_ERR_TIMEOUT) {
        vTaskDelay(pdMS_TO_TICKS(WAIT_MS));
    }
    if (failing && (error == ESP_ERR_TIMEOUT || !channel->running)) {
        channel->missed += WAIT_FRAMES;
    }
    channel->failing = failing;
    return !failing;
}

// --- microphone and amplifier -------------------------------------------------------------------

static i2s_std_config_t std_config(i2s_data_bit_width_t width, const i2s_std_gpio_config_t *pins) {
    return (i2s_std_config_t){
        .clk_cfg = I2S_STD_CLK_DEFAULT_CONFIG(VOICE_SAMPLE_RATE_HZ),
        .slot_cfg = I2S_STD_PHILIPS_SLOT_DEFAULT_CONFIG(width, I2S_SLOT_MODE_STEREO),
        .gpio_cfg = *pins,
    };
}

#if HANDSET_AUDIO_MICROPHONE_PDM

static const i2s_pdm_rx_gpio_config_t microphone_pins = {
    .clk = HANDSET_PIN_MIC_CLK,
    .din = HANDSET_PIN_MIC_DIN,
};

static esp_err_t microphone_init(void) {
    i2s_pdm_rx_config_t config = {
        .clk_cfg = I2S_PDM_RX_CLK_DEFAULT_CONFIG(VOICE_SAMPLE_RATE_HZ),
        .slot_cfg = I2S_PDM_RX_SLOT_DEFAULT_CONFIG(I2S_DATA_BIT_WIDTH_16BIT, I2S_SLOT_MODE_MONO),
        .gpio_cfg = microphone_pins,
    };
    config.slot_cfg.slot_mask = MICROPHONE_SIDE ? I2S_PDM_SLOT_RIGHT : I2S_PDM_SLOT_LEFT;
    return i2s_channel_init_pdm_rx_mode(microphone.handle, &config);
}

static esp_err_t microphone_route(void) {
    return i2s_channel_reconfig_pdm_rx_gpio(microphone.handle, &microphone_pins);
}

// The port's filter makes 16-bit samples of the bits.
static esp_err_t microphone_read(int16_t mic[VOICE_FRAME_SAMPLES]) {
    return i2s_channel_read(microphone.handle, mic, VOICE_FRAME_SAMPLES * sizeof(mic[0]), NULL,
        WAIT_MS);
}

#else

static const i2s_std_gpio_config_t microphone_pins = {
    .mclk = MASTER_CLOCK,
    .bclk = HANDSET_PIN_MIC_BCLK,
    .ws = HANDSET_PIN_MIC_WS,
    .dout = SHARED_CLOCKS ? HANDSET_PIN_AMP_DOUT : I2S_GPIO_UNUSED,
    .din = HANDSET_PIN_MIC_DIN,
};

static esp_err_t microphone_init(void) {
    i2s_std_config_t config = std_config(I2S_DATA_BIT_WIDTH_32BIT, &microphone_pins);
    return i2s_channel_init_std_mode(microphone.handle, &config);
}

static esp_err_t microphone_route(void) {
    return i2s_channel_reconfig_std_gpio(microphone.handle, &microphone_pins);
}

static esp_err_t microphone_read(int16_t mic[VOICE_FRAME_SAMPLES]) {
    int32_t pairs[2u * PORTION];
    esp_err_t error = ESP_OK;
    for (size_t i = 0; i < VOICE_FRAME_SAMPLES && error == ESP_OK; i += PORTION) {
        error = i2s_channel_read(microphone.handle, pairs, sizeof(pairs), NULL, WAIT_MS);
        if (error == ESP_OK) {
            voice_slots_take(pairs, MICROPHONE_SIDE, mic + i, PORTION);
        }
    }
    return error;
}

#endif

static const i2s_std_gpio_config_t amplifier_pins = {
    .mclk = SHARED_CLOCKS ? MASTER_CLOCK : I2S_GPIO_UNUSED,
    .bclk = HANDSET_PIN_AMP_BCLK,
    .ws = HANDSET_PIN_AMP_WS,
    .dout = HANDSET_PIN_AMP_DOUT,
    .din = SHARED_CLOCKS ? HANDSET_PIN_MIC_DIN : I2S_GPIO_UNUSED,
};

static esp_err_t amplifier_init(void) {
    i2s_std_config_t config = std_config(AMPLIFIER_SLOT_WIDTH, &amplifier_pins);
    return i2s_channel_init_std_mode(amplifier.handle, &config);
}

// Its buffers may hold what it had not played when it was stopped: not to be heard now.
static esp_err_t amplifier_route(void) {
    static const amplifier_slot silence[2u * PORTION];
    esp_err_t error = i2s_channel_reconfig_std_gpio(amplifier.handle, &amplifier_pins);
    size_t loaded = sizeof(silence);
    while (error == ESP_OK && loaded == sizeof(silence)) {
        error = i2s_channel_preload_data(amplifier.handle, silence, sizeof(silence), &loaded);
    }
    return error;
}

static esp_err_t amplifier_write(const int16_t speaker[VOICE_FRAME_SAMPLES], uint32_t wait_ms) {
    amplifier_slot pairs[2u * PORTION];
    esp_err_t error = ESP_OK;
    for (size_t i = 0; i < VOICE_FRAME_SAMPLES && error == ESP_OK; i += PORTION) {
        put_slots(speaker + i, pairs, PORTION);
        error = i2s_channel_write(amplifier.handle, pairs, sizeof(pairs), NULL, wait_ms);
    }
    return error;
}

// --- channels -----------------------------------------------------------------------------------

// In an interrupt, perhaps while the flash is being written: no code from flash, and so no atomic
// addition, which on some chips is a function there.
static bool IRAM_ATTR count_overflow(i2s_chan_handle_t handle, i2s_event_data_t *event,
    void *context) {
    (void)handle;
    (void)event;
    struct channel *channel = context;
    __atomic_store_n(&channel->overflowed, channel->overflowed + 1u, __ATOMIC_RELAXED);
    return false; // no task to wake
}

static int take_ports(void) {
    i2s_chan_config_t config = I2S_CHANNEL_DEFAULT_CONFIG(MICROPHONE_PORT, I2S_ROLE_MASTER);
    config.dma_desc_num = DMA_FRAMES;
    config.dma_frame_num = VOICE_FRAME_SAMPLES;
    config.auto_clear = true; // late, an amplifier plays silence and not an old frame again
    if (SHARED_CLOCKS) {
        return report(&microphone, "i2s_new_channel",
            i2s_new_channel(&config, &amplifier.handle, &microphone.handle));
    }
    int error = report(&microphone, "i2s_new_channel",
        i2s_new_channel(&config, NULL, &microphone.handle));
    if (error == 0) {
        config.id = AMPLIFIER_PORT;
        error = report(&amplifier, "i2s_new_channel",
            i2s_new_channel(&config, &amplifier.handle, NULL));
    }
    return error;
}

static int channel_init(struct channel *channel, esp_err_t (*init)(void)) {
    static const i2s_event_callbacks_t callbacks = {
        .on_recv_q_ovf = count_overflow,
        .on_send_q_ovf = count_overflow,
    };
    int error = report(channel, "initialisation", init());
    return error != 0 ? error : report(channel, "i2s_channel_register_event_callback",
        i2s_channel_register_event_callback(channel->handle, &callbacks, channel));
}

static esp_err_t channel_start(struct channel *channel) {
    esp_err_t error = i2s_channel_enable(channel->handle);
    channel->running = error == ESP_OK;
    return error;
}

static void channel_stop(struct channel *channel) {
    if (channel->running) {
        report(channel, "i2s_channel_disable", i2s_channel_disable(channel->handle));
    }
    channel->running = false;
}

static void channel_close(struct channel *channel) {
    channel_stop(channel);
    if (channel->handle != NULL) {
        report(channel, "i2s_del_channel", i2s_del_channel(channel->handle));
    }
    channel->handle = NULL;
}

// On a half-duplex board: the shared pin to this one, and go.
static esp_err_t turn(struct channel *to) {
    channel_stop(to == &microphone ? &amplifier : &microphone);
    esp_err_t error = to == &microphone ? microphone_route() : amplifier_route();
    return error != ESP_OK ? error : channel_start(to);
}

// The amplifier first: when the first frame has been heard, it has room for the answer.
static int start(void) {
    if (HANDSET_AUDIO_HALF_DUPLEX) {
        return report(&amplifier, "start", turn(&amplifier));
    }
    int error = report(&amplifier, "i2s_channel_enable", channel_start(&amplifier));
    return error != 0 ? error : report(&microphone, "i2s_channel_enable",
        channel_start(&microphone));
}

// --- interface ----------------------------------------------------------------------------------

int voice_i2s_open(void) {
    microphone = (struct channel){.part = "microphone"};
    amplifier = (struct channel){.part = "amplifier"};
    int error = take_ports();
    // The guide's order for full duplex on one port: the second follows the clocks of the first.
    if (error == 0) {
        error = channel_init(&amplifier, amplifier_init);
    }
    if (error == 0) {
        error = channel_init(&microphone, microphone_init);
    }
    if (error == 0) {
        error = start();
    }
    if (error != 0) {
        voice_i2s_close();
    }
    return error;
}

void voice_i2s_close(void) {
    channel_close(&microphone);
    channel_close(&amplifier);
}

bool voice_i2s_turn(bool to_microphone) {
    struct channel *to = to_microphone ? &microphone : &amplifier;
    return to->running || judge(to, "its turn", turn(to));
}

bool voice_i2s_capture(int16_t mic[VOICE_FRAME_SAMPLES]) {
    return judge(&microphone, "i2s_channel_read", microphone_read(mic));
}

bool voice_i2s_play(const int16_t speaker[VOICE_FRAME_SAMPLES]) {
    if (!amplifier.running) {
        return true;
    }
    if (HANDSET_AUDIO_HALF_DUPLEX) {
        return judge(&amplifier, "i2s_channel_write", amplifier_write(speaker, WAIT_MS));
    }
    // The microphone paces. Where there is no room the task has been late and is catching up: the
    // frame is dropped, or the answer to every later one would be late as well.
    bool room = amplifier_write(speaker, 0) == ESP_OK;
    amplifier.missed += room ? 0u : 1u;
    return room;
}

static uint32_t lost(const struct channel *channel) {
    return __atomic_load_n(&channel->overflowed, __ATOMIC_RELAXED) + channel->missed;
}

struct voice_i2s_lost voice_i2s_lost(void) {
    return (struct voice_i2s_lost){.microphone = lost(&microphone), .speaker = lost(&amplifier)};
}
