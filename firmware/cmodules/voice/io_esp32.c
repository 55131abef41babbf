// Audio device of the ESP32 boards: a FreeRTOS task between microphone and loudspeaker.
//
//   microphone --DMA--> capture --> engine --> play --DMA--> loudspeaker      every 20 ms
//
// The microphone's clock paces the loop (on a half-duplex board whichever part has its turn: the
// microphone while talking). Both clocks are divided from the same one, so neither runs away.
//
// Where the task runs: MicroPython's task sits on core 1 where there are two (MP_TASK_COREID in
// ports/esp32/mphalport.h), the Wi-Fi driver on core 0 (CONFIG_ESP_WIFI_TASK_PINNED_TO_CORE_0, the
// default). A codec takes about half a core: beside Python it would halve its speed; Wi-Fi at 50
// packets a second takes little, and comes first whenever it wants, since the task's priority is
// just below that of lwIP: the audio has two frames of slack, radio and timers have none. On chips
// with one core the order is the same, with Python, whose priority is 1, last.

#include "io.h"

#include <errno.h>
#include <string.h>

#include "esp_log.h"
#include "esp_system.h"
#include "esp_task.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "board_facts.h"
#include "io_esp32_i2s.h"

#define DEVICE "i2s"
#define TASK_CORE 0
#define TASK_PRIORITY (ESP_TASK_TCPIP_PRIO - 1)
// The task looks up at least every frame, or every second one when the clock stands still.
#define STOP_DEADLINE_MS 500u
// Looking through the unused part of the stack costs microseconds: once in so many frames.
#define STACK_LOOK_FRAMES 10u

static const char TAG[] = "voice";

static struct {
    bool open;
    struct voice_engine *engine;
    TaskHandle_t task;
    bool stop;               // atomic
    uint32_t frames_skipped; // of those the device lost
} io;

uint64_t voice_io_now_us(void) {
    return (uint64_t)esp_timer_get_time();
}

// --- task ---------------------------------------------------------------------------------------

static void run_frame(void) {
    int16_t mic[VOICE_FRAME_SAMPLES];
    int16_t speaker[VOICE_FRAME_SAMPLES];
    if (HANDSET_AUDIO_HALF_DUPLEX) {
        voice_engine_audio_follow(io.engine);
        if (!voice_i2s_turn(io.engine->send.talking)) {
            return;
        }
    }
    const bool listening = HANDSET_AUDIO_HALF_DUPLEX && !io.engine->send.talking;
    if (listening || voice_i2s_capture(mic)) {
        voice_engine_audio_tick(io.engine, listening ? NULL : mic, speaker);
        if (!voice_i2s_play(speaker) && HANDSET_AUDIO_HALF_DUPLEX) {
            io.frames_skipped++; // the tick was one of the lost frames
        }
    }
}

// Frames that passed without the task: time goes on for the engine as well.
static void account_for_lost_frames(void) {
    struct voice_i2s_lost lost = voice_i2s_lost();
    uint32_t passed = lost.microphone + (HANDSET_AUDIO_HALF_DUPLEX ? lost.speaker : 0u);
    for (; (int32_t)(passed - io.frames_skipped) > 0; io.frames_skipped++) {
        voice_engine_audio_skip(io.engine);
    }
    voice_engine_audio_set_stat(io.engine, VOICE_STAT_io_overruns, lost.microphone);
    voice_engine_audio_set_stat(io.engine, VOICE_STAT_io_underruns, lost.speaker);
}

// ESP-IDF counts stacks in bytes.
static void stack_look(void) {
    voice_engine_audio_set_stat(io.engine, VOICE_STAT_stack_high_water_bytes,
        (uint32_t)HANDSET_VOICE_STACK_BYTES - (uint32_t)uxTaskGetStackHighWaterMark(NULL));
}

static bool stopped(void) {
    return __atomic_load_n(&io.stop, __ATOMIC_ACQUIRE);
}

// Ends in suspension: whoever deletes it then has its stack back at once, without the idle task.
static void audio_task(void *unused) {
    (void)unused;
    for (uint32_t frame = 0; !stopped(); frame++) {
        run_frame();
        account_for_lost_frames();
        if (frame % STACK_LOOK_FRAMES == 0) {
            stack_look();
        }
    }
    for (;;) {
        vTaskSuspend(NULL);
    }
}

static int task_start(void) {
    BaseType_t created = xTaskCreatePinnedToCore(audio_task, "voice", HANDSET_VOICE_STACK_BYTES,
        NULL, TASK_PRIORITY, &io.task, TASK_CORE);
    if (created != pdPASS) {
        ESP_LOGE(TAG, "no %u bytes of internal RAM in one piece for the audio task's stack: "
            "open voice earlier, or use less heap", (unsigned)HANDSET_VOICE_STACK_BYTES);
        return ENOMEM;
    }
    return 0;
}

// A task that does not end is a fault, and going on without it would let it write into the next
// engine: the board starts anew and says why.
static void task_stop(void) {
    __atomic_store_n(&io.stop, true, __ATOMIC_RELEASE);
    int64_t deadline_us = esp_timer_get_time() + STOP_DEADLINE_MS * 1000;
    while (eTaskGetState(io.task) != eSuspended) {
        if (esp_timer_get_time() > deadline_us) {
            esp_system_abort("voice: the audio task did not stop in time");
        }
        vTaskDelay(1);
    }
    vTaskDelete(io.task);
}

// --- interface ----------------------------------------------------------------------------------

int voice_io_open(struct voice_engine *engine, const char *device, bool paced) {
    static bool shutdown_handler_set;
    if (io.open) {
        return EBUSY;
    }
    if (strcmp(device, DEVICE) != 0) {
        ESP_LOGE(TAG, "no audio device '%s': this board has '" DEVICE "'", device);
        return ENODEV;
    }
    if (!paced) {
        ESP_LOGE(TAG, "this board's audio runs by its own clock: paced=False is for simulators");
        return EOPNOTSUPP;
    }
    int error = voice_i2s_open();
    if (error != 0) {
        return error;
    }
    io.engine = engine;
    io.frames_skipped = 0;
    __atomic_store_n(&io.stop, false, __ATOMIC_RELEASE);
    error = task_start();
    if (error != 0) {
        voice_i2s_close();
        return error;
    }
    io.open = true;
    if (!shutdown_handler_set) {
        // Before esp_restart(). Deep sleep has no such hook that may wait: close() comes first.
        shutdown_handler_set = esp_register_shutdown_handler(voice_io_close) == ESP_OK;
    }
    return 0;
}

bool voice_io_is_open(void) {
    return io.open;
}

bool voice_io_is_paced(void) {
    return io.open;
}

// Never called: the device is always paced.
void voice_io_step(uint32_t n_frames) {
    (void)n_frames;
}

void voice_io_close(void) {
    if (!io.open) {
        return;
    }
    task_stop();
    voice_i2s_close();
    io.open = false;
}
