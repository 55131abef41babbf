// Audio device of the simulator: an "acoustics tape", a memory-mapped file in which the bench
// writes what the microphone is going to hear and reads what the loudspeaker played.
//
//   bytes 0..4095  header, little-endian: 0 "HSTAPE1\0", 8 u32 rate_hz, 12 u32 capacity (samples
//                  a track, power of two), 16 i64 t0_ns (CLOCK_MONOTONIC instant of sample 0),
//                  24 u64 device_index (next sample the device captures), 32 u32 device_alive
//   then           int16 microphone[capacity], int16 loudspeaker[capacity]
//
// Sample i lives at i modulo capacity. The frame [p, p+320) is due when its last sample has been
// heard; what is played in answer lands at [p+960, p+1280), three DMA buffers later.

#define _GNU_SOURCE

#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HANDSET_DMA_FRAMES 3u
#define SPEAKER_DELAY_SAMPLES (HANDSET_DMA_FRAMES * VOICE_FRAME_SAMPLES)

#define TAPE_HEADER_BYTES 4096u
#define TAPE_MAGIC "HSTAPE1"
#define TAPE_CAPACITY_MIN 8192u
#define TAPE_CAPACITY_MAX (1u << 26)

#define NS_PER_SECOND 1000000000
#define NS_PER_FRAME ((int64_t)VOICE_FRAME_US * 1000)
// A thread that wakes later than this gives frames up instead of catching up.
#define LATE_MAX_NS (2 * NS_PER_FRAME)

#define STACK_PAINT 0xa5u
#define STACK_GUARD_BYTES 65536u
// Looking through the paint of the whole stack costs microseconds: once in so many frames.
#define STACK_LOOK_FRAMES 10u

struct tape_header {
    char magic[8];
    uint32_t rate_hz;
    uint32_t capacity;
    int64_t t0_ns;
    uint64_t device_index;
    uint32_t device_alive;
};

struct tape {
    struct tape_header *header;
    int16_t *mic;
    int16_t *speaker;
    uint32_t mask; // capacity - 1
    int64_t t0_ns;
    size_t n_bytes;
};

static struct {
    bool open;
    bool paced;
    struct voice_engine *engine;
    struct tape tape;
    uint64_t position; // first sample of the frame to run next
    pthread_t thread;
    bool stop; // atomic
    pthread_mutex_t lock;
    pthread_cond_t work_there; // frames_to_run or stop changed
    pthread_cond_t work_done;
    uint32_t frames_to_run; // under the lock
    uint8_t *stack_mapping;
    uint8_t *stack_bottom; // lowest usable address
    uint8_t *stack_top;    // where the thread began
} io = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .work_there = PTHREAD_COND_INITIALIZER,
    .work_done = PTHREAD_COND_INITIALIZER,
};

// --- clock ------------------------------------------------------------------------------------

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

uint64_t voice_io_now_us(void) {
    return (uint64_t)now_ns() / 1000u;
}

static void sleep_until(int64_t instant_ns) {
    struct timespec at = {.tv_sec = instant_ns / NS_PER_SECOND,
                          .tv_nsec = instant_ns % NS_PER_SECOND};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {
    }
}

// --- tape -------------------------------------------------------------------------------------

static int tape_check(const struct tape_header *header, size_t n_bytes) {
    uint32_t capacity = header->capacity;
    bool ok = memcmp(header->magic, TAPE_MAGIC, sizeof(TAPE_MAGIC)) == 0
        && header->rate_hz == VOICE_SAMPLE_RATE_HZ && capacity >= TAPE_CAPACITY_MIN
        && capacity <= TAPE_CAPACITY_MAX && (capacity & (capacity - 1u)) == 0
        && n_bytes >= TAPE_HEADER_BYTES + 2u * sizeof(int16_t) * (size_t)capacity;
    return ok ? 0 : EINVAL;
}

static int tape_map(struct tape *tape, int fd) {
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return errno;
    }
    if (status.st_size < (off_t)TAPE_HEADER_BYTES) {
        return EINVAL;
    }
    tape->n_bytes = (size_t)status.st_size;
    void *memory = mmap(NULL, tape->n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        return errno;
    }
    tape->header = memory;
    int error = tape_check(tape->header, tape->n_bytes);
    if (error != 0) {
        munmap(memory, tape->n_bytes);
        return error;
    }
    tape->mask = tape->header->capacity - 1u;
    tape->t0_ns = tape->header->t0_ns;
    tape->mic = (int16_t *)(void *)((uint8_t *)memory + TAPE_HEADER_BYTES);
    tape->speaker = tape->mic + tape->header->capacity;
    return 0;
}

static int tape_open(struct tape *tape, const char *path) {
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    int error = tape_map(tape, fd);
    close(fd);
    return error;
}

// Samples from `index` on that lie in one piece, at most n.
static size_t run_length(const struct tape *tape, uint64_t index, size_t n) {
    size_t to_end = (size_t)tape->mask + 1u - (size_t)(index & tape->mask);
    return n < to_end ? n : to_end;
}

static void tape_read(const struct tape *tape, uint64_t index, int16_t *pcm, size_t n) {
    size_t first = run_length(tape, index, n);
    memcpy(pcm, tape->mic + (index & tape->mask), first * sizeof(int16_t));
    memcpy(pcm + first, tape->mic, (n - first) * sizeof(int16_t));
}

static void tape_write(const struct tape *tape, uint64_t index, const int16_t *pcm, size_t n) {
    size_t first = run_length(tape, index, n);
    memcpy(tape->speaker + (index & tape->mask), pcm, first * sizeof(int16_t));
    memcpy(tape->speaker, pcm + first, (n - first) * sizeof(int16_t));
}

static void track_clear(const struct tape *tape, int16_t *track, uint64_t index, size_t n) {
    size_t first = run_length(tape, index, n);
    memset(track + (index & tape->mask), 0, first * sizeof(int16_t));
    memset(track, 0, (n - first) * sizeof(int16_t));
}

// While no device ran, the room was silent and nothing was heard: [from, to) as if it had been so.
static void tape_pass_over(const struct tape *tape, uint64_t from, uint64_t to) {
    size_t capacity = (size_t)tape->mask + 1u;
    if (to - from > capacity / 2u) {
        from = to - capacity / 2u;
    }
    track_clear(tape, tape->mic, from, (size_t)(to - from));
    track_clear(tape, tape->speaker, from + SPEAKER_DELAY_SAMPLES, (size_t)(to - from));
}

// --- frames -----------------------------------------------------------------------------------

static int64_t due_ns(uint64_t position) {
    uint64_t frames = (position + VOICE_FRAME_SAMPLES) / VOICE_FRAME_SAMPLES;
    return io.tape.t0_ns + (int64_t)frames * NS_PER_FRAME;
}

static void advance(void) {
    io.position += VOICE_FRAME_SAMPLES;
    __atomic_add_fetch(&io.tape.header->device_alive, 1u, __ATOMIC_RELAXED);
    __atomic_store_n(&io.tape.header->device_index, io.position, __ATOMIC_RELEASE);
}

static void run_frame(void) {
    int16_t mic[VOICE_FRAME_SAMPLES];
    int16_t speaker[VOICE_FRAME_SAMPLES];
    tape_read(&io.tape, io.position, mic, VOICE_FRAME_SAMPLES);
    track_clear(&io.tape, io.tape.mic, io.position, VOICE_FRAME_SAMPLES);
    voice_engine_audio_tick(io.engine, mic, speaker);
    tape_write(&io.tape, io.position + SPEAKER_DELAY_SAMPLES, speaker, VOICE_FRAME_SAMPLES);
    advance();
}

static void skip_frame(void) {
    track_clear(&io.tape, io.tape.mic, io.position, VOICE_FRAME_SAMPLES);
    track_clear(&io.tape, io.tape.speaker, io.position + SPEAKER_DELAY_SAMPLES,
        VOICE_FRAME_SAMPLES);
    voice_engine_audio_skip(io.engine);
    advance();
}

// --- stack ------------------------------------------------------------------------------------

// A stack of its own with a guard page range below, painted so that its use can be seen.
static int stack_make(void) {
    size_t n_bytes = VOICE_AUDIO_STACK_BYTES + STACK_GUARD_BYTES;
    void *memory = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return errno;
    }
    if (mprotect(memory, STACK_GUARD_BYTES, PROT_NONE) != 0) {
        int error = errno;
        munmap(memory, n_bytes);
        return error;
    }
    io.stack_mapping = memory;
    io.stack_bottom = io.stack_mapping + STACK_GUARD_BYTES;
    memset(io.stack_bottom, STACK_PAINT, VOICE_AUDIO_STACK_BYTES);
    return 0;
}

static void stack_free(void) {
    munmap(io.stack_mapping, VOICE_AUDIO_STACK_BYTES + STACK_GUARD_BYTES);
    io.stack_mapping = NULL;
}

// Runs on the audio thread: nothing else writes where it looks.
static void stack_look(void) {
    const volatile uint8_t *lowest = io.stack_bottom;
    while (lowest < io.stack_top && *lowest == STACK_PAINT) {
        lowest++;
    }
    voice_engine_audio_set_stat(io.engine, VOICE_STAT_stack_high_water_bytes,
        (uint32_t)(io.stack_top - lowest));
}

// --- thread -----------------------------------------------------------------------------------

static bool stopped(void) {
    return __atomic_load_n(&io.stop, __ATOMIC_ACQUIRE);
}

static void run_by_clock(void) {
    uint32_t frames_to_look = 1;
    while (!stopped()) {
        int64_t due = due_ns(io.position);
        int64_t now = now_ns();
        if (due > now) {
            // In slices, so that closing never waits longer than a frame.
            sleep_until(due - now > NS_PER_FRAME ? now + NS_PER_FRAME : due);
            continue;
        }
        if (now - due > LATE_MAX_NS) {
            while (now - due >= NS_PER_FRAME) {
                skip_frame();
                due += NS_PER_FRAME;
            }
        }
        run_frame();
        if (--frames_to_look == 0) {
            stack_look();
            frames_to_look = STACK_LOOK_FRAMES;
        }
    }
}

static void run_by_step(void) {
    pthread_mutex_lock(&io.lock);
    while (!stopped()) {
        if (io.frames_to_run == 0) {
            pthread_cond_wait(&io.work_there, &io.lock);
            continue;
        }
        for (; io.frames_to_run > 0; io.frames_to_run--) {
            run_frame();
        }
        stack_look();
        pthread_cond_signal(&io.work_done);
    }
    pthread_mutex_unlock(&io.lock);
}

static void *audio_thread(void *unused) {
    (void)unused;
    io.stack_top = __builtin_frame_address(0);
    if (io.paced) {
        run_by_clock();
    } else {
        run_by_step();
    }
    return NULL;
}

// Signals belong to the thread that runs Python.
static int thread_start(void) {
    pthread_attr_t attributes;
    sigset_t all;
    sigset_t before;
    int error = pthread_attr_init(&attributes);
    if (error != 0) {
        return error;
    }
    error = pthread_attr_setstack(&attributes, io.stack_bottom, VOICE_AUDIO_STACK_BYTES);
    if (error == 0) {
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        error = pthread_create(&io.thread, &attributes, audio_thread, NULL);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    pthread_attr_destroy(&attributes);
    return error;
}

// --- interface --------------------------------------------------------------------------------

// The frame whose samples are being heard right now; without pacing, where the last device stopped.
static uint64_t start_position(void) {
    uint64_t last = io.tape.header->device_index;
    last -= last % VOICE_FRAME_SAMPLES;
    if (!io.paced) {
        return last;
    }
    int64_t since_t0_ns = now_ns() - io.tape.t0_ns;
    uint64_t frames = since_t0_ns > 0 ? (uint64_t)(since_t0_ns / NS_PER_FRAME) : 0;
    return frames * VOICE_FRAME_SAMPLES;
}

static void tape_start(void) {
    uint64_t last = io.tape.header->device_index;
    io.position = start_position();
    if (io.position > last) {
        tape_pass_over(&io.tape, last, io.position);
    }
    // Nothing has been queued for the loudspeaker yet.
    track_clear(&io.tape, io.tape.speaker, io.position, SPEAKER_DELAY_SAMPLES);
    __atomic_store_n(&io.tape.header->device_index, io.position, __ATOMIC_RELEASE);
}

int voice_io_open(struct voice_engine *engine, const char *device, bool paced) {
    static bool exit_handler_set;
    if (io.open) {
        return EBUSY;
    }
    int error = tape_open(&io.tape, device);
    if (error != 0) {
        return error;
    }
    error = stack_make();
    if (error == 0) {
        io.engine = engine;
        io.paced = paced;
        io.frames_to_run = 0;
        __atomic_store_n(&io.stop, false, __ATOMIC_RELEASE);
        tape_start();
        error = thread_start();
        if (error != 0) {
            stack_free();
        }
    }
    if (error != 0) {
        munmap(io.tape.header, io.tape.n_bytes);
        return error;
    }
    io.open = true;
    if (!exit_handler_set) {
        exit_handler_set = atexit(voice_io_close) == 0;
    }
    return 0;
}

bool voice_io_is_open(void) {
    return io.open;
}

bool voice_io_is_paced(void) {
    return io.open && io.paced;
}

void voice_io_step(uint32_t n_frames) {
    pthread_mutex_lock(&io.lock);
    io.frames_to_run = n_frames;
    pthread_cond_signal(&io.work_there);
    while (io.frames_to_run > 0) {
        pthread_cond_wait(&io.work_done, &io.lock);
    }
    pthread_mutex_unlock(&io.lock);
}

void voice_io_close(void) {
    if (!io.open) {
        return;
    }
    pthread_mutex_lock(&io.lock);
    __atomic_store_n(&io.stop, true, __ATOMIC_RELEASE);
    pthread_cond_signal(&io.work_there);
    pthread_mutex_unlock(&io.lock);
    pthread_join(io.thread, NULL);
    stack_free();
    munmap(io.tape.header, io.tape.n_bytes);
    io.open = false;
}
