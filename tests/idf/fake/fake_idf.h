// A chip on the PC: the functions declared in ../include that io_esp32 calls, with DMA, one task
// and a clock of its own that only the test moves. Time stands still while the task works, unless
// it says otherwise (fake_work_us); the task gets along as far as it can before time goes on.
// Unless `loose` is set: then nobody waits for the task, and the two sides run at the same time.
//
// What a caller must not do (a call in the wrong state, a clock pin that leads elsewhere, a task
// that is deleted while it runs) is printed and counted as misuse.
#ifndef FAKE_IDF_H
#define FAKE_IDF_H

#include <stdbool.h>
#include <stdint.h>

#include "driver/i2s_common.h"
#include "freertos/FreeRTOS.h"

#define FAKE_FRAMES_MAX 512u
#define FAKE_FRAME_SAMPLES 320u

struct fake_played {
    int64_t start_us;
    int16_t samples[FAKE_FRAME_SAMPLES];
};

struct fake_idf {
    // What there is now.
    unsigned n_channels;
    unsigned n_tasks;
    // What has been said and done.
    unsigned n_errors;
    char last_error[256];
    unsigned misuses;
    unsigned calls;
    struct fake_played played[FAKE_FRAMES_MAX];
    unsigned n_played;
    // The audio task as it was created.
    uint32_t task_stack_bytes;
    UBaseType_t task_priority;
    BaseType_t task_core;
    // What the test sets.
    unsigned fail_at; // the n-th call that can fail does; 0: none
    bool loose;
    bool clocks_stand_still;
    esp_err_t read_error; // of every read, at once
    unsigned stack_free_bytes;
};

extern struct fake_idf fake;

// Provided by the test: what the microphone hears, by samples since the chip started.
int16_t fake_world(int64_t sample);

// Time passes, and what it brings.
void fake_run_us(int64_t us);
int64_t fake_now_us(void);
// Called by the task: its work takes this long.
void fake_work_us(int64_t us);
// esp_restart(), as far as the handlers.
void fake_shutdown(void);

// --- between the two halves of the fake ---------------------------------------------------------

void fake_lock(void);
void fake_unlock(void);
void fake_misuse(const char *what);
bool fake_fails(void);
// Under the lock. Only the task may wait: until the channel has a buffer for it (NULL: just time),
// or the time is over.
void fake_wait(i2s_chan_handle_t channel, int64_t us);
bool fake_waits_for(i2s_chan_handle_t channel);
bool fake_channel_ready(i2s_chan_handle_t channel);
// The earliest end of a buffer, and the end of all buffers that are due.
int64_t fake_dma_next_us(void);
void fake_dma_run(int64_t now_us);

#endif
