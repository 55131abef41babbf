// Time, the one task, the log and the end of the system.
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "esp_log.h"
#include "esp_timer.h"
#include "fake_idf.h"
#include "freertos/task.h"

#define TICK_US (1000000 / configTICK_RATE_HZ)

struct fake_idf fake;

struct tskTaskControlBlock {
    pthread_t thread;
    TaskFunction_t code;
    void *parameters;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static __thread bool is_task;

static struct {
    int64_t now_us;
    TaskHandle_t task;
    bool waits;     // for a channel or for wake_us
    bool suspended; // for good
    bool deleted;
    i2s_chan_handle_t channel;
    int64_t wake_us;
    shutdown_handler_t shutdown;
} os;

void fake_lock(void) {
    pthread_mutex_lock(&lock);
}

void fake_unlock(void) {
    pthread_mutex_unlock(&lock);
}

void fake_misuse(const char *what) {
    printf("misuse: %s\n", what);
    fake.misuses++;
}

bool fake_fails(void) {
    return ++fake.calls == fake.fail_at;
}

// --- time ---------------------------------------------------------------------------------------

void fake_wait(i2s_chan_handle_t channel, int64_t us) {
    if (us == 0) {
        return;
    }
    if (!is_task) {
        fake_misuse("MicroPython's task waits for audio");
        return;
    }
    os.channel = channel;
    os.wake_us = os.now_us + us;
    os.waits = true;
    pthread_cond_broadcast(&changed);
    while (os.waits) {
        pthread_cond_wait(&changed, &lock);
    }
}

bool fake_waits_for(i2s_chan_handle_t channel) {
    return os.task != NULL && os.waits && os.channel == channel;
}

static void settle(void) {
    while (!fake.loose && os.task != NULL && !os.waits && !os.suspended) {
        pthread_cond_wait(&changed, &lock);
    }
}

static void wake_task(void) {
    if (os.task != NULL && os.waits
        && (os.now_us >= os.wake_us || (os.channel != NULL && fake_channel_ready(os.channel)))) {
        os.waits = false;
        pthread_cond_broadcast(&changed);
        settle();
    }
}

void fake_run_us(int64_t us) {
    fake_lock();
    settle();
    for (int64_t end_us = os.now_us + us;;) {
        int64_t next_us = fake_dma_next_us();
        if (os.task != NULL && os.waits && os.wake_us < next_us) {
            next_us = os.wake_us;
        }
        if (next_us > end_us) {
            os.now_us = end_us;
            break;
        }
        os.now_us = next_us;
        fake_dma_run(os.now_us);
        wake_task();
    }
    fake_unlock();
}

int64_t fake_now_us(void) {
    fake_lock();
    int64_t now_us = os.now_us;
    fake_unlock();
    return now_us;
}

int64_t esp_timer_get_time(void) {
    return fake_now_us();
}

void fake_work_us(int64_t us) {
    fake_lock();
    fake_wait(NULL, us);
    fake_unlock();
}

// --- task ---------------------------------------------------------------------------------------

static void *run_task(void *task_in) {
    TaskHandle_t task = task_in;
    is_task = true;
    task->code(task->parameters);
    fake_misuse("the task returned");
    return NULL;
}

BaseType_t xTaskCreatePinnedToCore(TaskFunction_t code, const char *const name,
    const uint32_t stack_bytes, void *const parameters, UBaseType_t priority,
    TaskHandle_t *const created, const BaseType_t core) {
    (void)name;
    fake_lock();
    bool fails = fake_fails();
    if (!fails) {
        if (os.task != NULL) {
            fake_misuse("a second task");
        }
        TaskHandle_t task = calloc(1, sizeof(*task));
        task->code = code;
        task->parameters = parameters;
        os.task = *created = task;
        os.waits = os.suspended = os.deleted = false;
        fake.n_tasks++;
        fake.task_stack_bytes = stack_bytes;
        fake.task_priority = priority;
        fake.task_core = core;
        fails = pthread_create(&task->thread, NULL, run_task, task) != 0;
    }
    fake_unlock();
    return fails ? pdFAIL : pdPASS;
}

void vTaskSuspend(TaskHandle_t task) {
    fake_lock();
    if (task != NULL || !is_task) {
        fake_misuse("suspends another task");
    }
    os.suspended = true;
    pthread_cond_broadcast(&changed);
    while (!os.deleted) {
        pthread_cond_wait(&changed, &lock);
    }
    fake_unlock();
    pthread_exit(NULL);
}

void vTaskDelete(TaskHandle_t task) {
    fake_lock();
    if (task == NULL || task != os.task || !os.suspended) {
        fake_misuse("deletes a task that is not suspended");
        fake_unlock();
        return;
    }
    os.deleted = true;
    pthread_cond_broadcast(&changed);
    fake_unlock();
    pthread_join(task->thread, NULL);
    fake_lock();
    free(task);
    os.task = NULL;
    fake.n_tasks--;
    fake_unlock();
}

eTaskState eTaskGetState(TaskHandle_t task) {
    fake_lock();
    if (task != os.task) {
        fake_misuse("asks for a task that is not there");
    }
    settle();
    eTaskState state = os.suspended ? eSuspended : os.waits ? eBlocked : eRunning;
    fake_unlock();
    return state;
}

void vTaskDelay(const TickType_t ticks) {
    if (is_task) {
        fake_work_us((int64_t)ticks * TICK_US);
    } else {
        if (fake.loose) {
            usleep(TICK_US); // gives the task a chance
        }
        fake_run_us((int64_t)ticks * TICK_US);
    }
}

UBaseType_t uxTaskGetStackHighWaterMark(TaskHandle_t task) {
    if (task != NULL || !is_task) {
        fake_misuse("asks for the stack of another task");
    }
    return fake.stack_free_bytes;
}

// --- log and system -----------------------------------------------------------------------------

void esp_log_write(esp_log_level_t level, const char *tag, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fake_lock();
    vsnprintf(fake.last_error, sizeof(fake.last_error), format, args);
    fake.n_errors += level == ESP_LOG_ERROR;
    printf("%s: %s\n", tag, fake.last_error);
    fake_unlock();
    va_end(args);
}

const char *esp_err_to_name(esp_err_t code) {
    return code == ESP_ERR_NO_MEM ? "ESP_ERR_NO_MEM"
        : code == ESP_ERR_TIMEOUT ? "ESP_ERR_TIMEOUT"
                                  : "another ESP_ERR";
}

esp_err_t esp_register_shutdown_handler(shutdown_handler_t handler) {
    if (os.shutdown != NULL) {
        fake_misuse("registers a second shutdown handler");
    }
    os.shutdown = handler;
    return ESP_OK;
}

void fake_shutdown(void) {
    if (os.shutdown != NULL) {
        os.shutdown();
    }
}

void esp_system_abort(const char *details) {
    printf("abort: %s\n", details);
    _exit(70);
}
