// Audio device of the bare-metal machine: the bench's acoustics tape (see io_sim.c for its layout) in
// memory that both share, run by the timer interrupt on a stack of its own.
//
// The device's name is the instant of the tape's sample 0 in microseconds of the machine's clock.

#include "io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"

#define HANDSET_DMA_FRAMES 3u
#define SPEAKER_DELAY_SAMPLES (HANDSET_DMA_FRAMES * VOICE_FRAME_SAMPLES)

#define TAPE_HEADER_BYTES 4096u
#define TAPE_MAGIC "HSTAPE1"
#define TAPE_CAPACITY_MIN 8192u

// An interrupt that comes later than this gives frames up instead of catching up.
#define LATE_MAX_US (2 * (int64_t)VOICE_FRAME_US)

#define STACK_PAINT 0xa5u
#define STACK_LOOK_FRAMES 10u

struct tape_header {
    char magic[8];
    uint32_t rate_hz;
    uint32_t capacity;
    int64_t t0_ns;
    uint64_t device_index;
    uint32_t device_alive;
};

// The voice stack, which is also the interrupts' (ports/qemu/start.S).
extern uint8_t _voice_stack_bottom, _voice_stack_top;

static struct {
    bool open;
    struct voice_engine *engine;
    volatile struct tape_header *header;
    int16_t *mic;
    int16_t *speaker;
    uint32_t mask; // capacity - 1
    uint64_t position; // first sample of the frame to run next
    int64_t t0_us;     // instant of sample 0 on the machine's clock; before power-on, hence signed
    uint32_t frames_to_look;
} io;

uint64_t voice_io_now_us(void) {
    return machine_time_us();
}

// --- tape ---------------------------------------------------------------------------------------

static int tape_open(void) {
    size_t n_bytes;
    void *memory = shared_memory(&n_bytes);
    if (memory == NULL) {
        return ENODEV;
    }
    io.header = memory;
    uint32_t capacity = io.header->capacity;
    if (memcmp(memory, TAPE_MAGIC, sizeof(TAPE_MAGIC)) != 0 || io.header->rate_hz != VOICE_SAMPLE_RATE_HZ
        || capacity < TAPE_CAPACITY_MIN || (capacity & (capacity - 1u)) != 0
        || capacity > (n_bytes - TAPE_HEADER_BYTES) / (2u * sizeof(int16_t))) {
        return EINVAL;
    }
    io.mask = capacity - 1u;
    io.mic = (int16_t *)(void *)((uint8_t *)memory + TAPE_HEADER_BYTES);
    io.speaker = io.mic + capacity;
    return 0;
}

// Samples from `index` on that lie in one piece, at most n.
static size_t run_length(uint64_t index, size_t n) {
    size_t to_end = (size_t)io.mask + 1u - (size_t)(index & io.mask);
    return n < to_end ? n : to_end;
}

static void track_read(const int16_t *track, uint64_t index, int16_t *pcm, size_t n) {
    size_t first = run_length(index, n);
    memcpy(pcm, track + (index & io.mask), first * sizeof(int16_t));
    memcpy(pcm + first, track, (n - first) * sizeof(int16_t));
}

static void track_write(int16_t *track, uint64_t index, const int16_t *pcm, size_t n) {
    size_t first = run_length(index, n);
    memcpy(track + (index & io.mask), pcm, first * sizeof(int16_t));
    memcpy(track, pcm + first, (n - first) * sizeof(int16_t));
}

static void track_clear(int16_t *track, uint64_t index, size_t n) {
    size_t first = run_length(index, n);
    memset(track + (index & io.mask), 0, first * sizeof(int16_t));
    memset(track, 0, (n - first) * sizeof(int16_t));
}

// --- frames -------------------------------------------------------------------------------------

static int64_t due_us(uint64_t position) {
    return io.t0_us + (int64_t)((position / VOICE_FRAME_SAMPLES + 1u) * VOICE_FRAME_US);
}

static void advance(void) {
    io.position += VOICE_FRAME_SAMPLES;
    io.header->device_alive++;
    fence(); // the frame is on the tape before the bench is told so
    io.header->device_index = io.position;
}

static void run_frame(void) {
    // Not on the stack, which is the chip's budget for the codecs: there DMA buffers would hold them.
    static int16_t mic[VOICE_FRAME_SAMPLES] SYSTEM_RAM;
    static int16_t speaker[VOICE_FRAME_SAMPLES] SYSTEM_RAM;
    track_read(io.mic, io.position, mic, VOICE_FRAME_SAMPLES);
    track_clear(io.mic, io.position, VOICE_FRAME_SAMPLES);
    voice_engine_audio_tick(io.engine, mic, speaker);
    track_write(io.speaker, io.position + SPEAKER_DELAY_SAMPLES, speaker, VOICE_FRAME_SAMPLES);
    advance();
}

static void skip_frame(void) {
    track_clear(io.mic, io.position, VOICE_FRAME_SAMPLES);
    track_clear(io.speaker, io.position + SPEAKER_DELAY_SAMPLES, VOICE_FRAME_SAMPLES);
    voice_engine_audio_skip(io.engine);
    advance();
}

static void stack_paint(void) {
    // Interrupts are off and this runs on the main stack: all of it is free.
    memset(&_voice_stack_bottom, STACK_PAINT, (size_t)(&_voice_stack_top - &_voice_stack_bottom));
}

static void stack_look(void) {
    const volatile uint8_t *lowest = &_voice_stack_bottom;
    while (lowest < &_voice_stack_top && *lowest == STACK_PAINT) {
        lowest++;
    }
    voice_engine_audio_set_stat(io.engine, VOICE_STAT_stack_high_water_bytes,
        (uint32_t)(&_voice_stack_top - lowest));
}

// --- the timer interrupt ------------------------------------------------------------------------

static void run_due_frames(void) {
    int64_t now = (int64_t)machine_time_us();
    int64_t due = due_us(io.position);
    if (now - due > LATE_MAX_US) {
        while (now - due >= (int64_t)VOICE_FRAME_US) {
            skip_frame();
            due += (int64_t)VOICE_FRAME_US;
        }
    }
    if (now >= due) {
        run_frame();
        if (--io.frames_to_look == 0) {
            stack_look();
            io.frames_to_look = STACK_LOOK_FRAMES;
        }
        machine_event(); // packets may be waiting for the application
    }
    machine_alarm((uint64_t)due_us(io.position), run_due_frames);
}

// --- interface ----------------------------------------------------------------------------------

static void tape_start(int64_t t0_us) {
    io.t0_us = t0_us;
    int64_t since_t0_us = (int64_t)machine_time_us() - t0_us;
    uint64_t frames = since_t0_us > 0 ? (uint64_t)since_t0_us / VOICE_FRAME_US : 0;
    uint64_t last = io.header->device_index;
    io.position = frames * VOICE_FRAME_SAMPLES;
    // While no device ran, the room was silent and nothing was heard.
    uint64_t silent = io.position > last ? io.position - last : 0;
    silent = silent < io.mask / 2u ? silent : io.mask / 2u;
    track_clear(io.mic, io.position - silent, (size_t)silent);
    track_clear(io.speaker, io.position - silent, (size_t)silent + SPEAKER_DELAY_SAMPLES);
    fence();
    io.header->device_index = io.position;
}

int voice_io_open(struct voice_engine *engine, const char *device, bool paced) {
    if (io.open) {
        return EBUSY;
    }
    char *end;
    errno = 0;
    int64_t t0_us = strtoll(device, &end, 10);
    if (!paced || *device == '\0' || *end != '\0' || errno != 0) {
        return EINVAL;
    }
    int error = tape_open();
    if (error != 0) {
        return error;
    }
    io.engine = engine;
    io.frames_to_look = 1;
    tape_start(t0_us);
    uint32_t before = machine_irq_save();
    stack_paint();
    io.open = true;
    machine_alarm((uint64_t)due_us(io.position), run_due_frames);
    machine_irq_restore(before);
    return 0;
}

bool voice_io_is_open(void) {
    return io.open;
}

bool voice_io_is_paced(void) {
    return io.open;
}

// Nothing here runs without the clock: voice.step() refuses before it comes to this.
void voice_io_step(uint32_t n_frames) {
    (void)n_frames;
}

void voice_io_close(void) {
    machine_alarm(0, NULL);
    io.open = false;
}
