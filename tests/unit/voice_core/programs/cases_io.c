// The simulator's audio device on a tape, under a test clock: sleeping moves the clock, and a
// test can make the thread wake late.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "io.h"
#include "sounds.h"

#define FRAME VOICE_FRAME_SAMPLES
#define FRAME_NS 20000000
#define CAPACITY 65536u
#define TAPE_BYTES (4096u + 4u * CAPACITY)

int __real_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *until,
    struct timespec *rest);

// The clock runs on its own only as far as `limit_ns`: there the thread waits for the test.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int64_t clock_ns, limit_ns, oversleep_ns;
static bool waiting;

static void set_time(struct timespec *time, int64_t ns) {
    time->tv_sec = ns / 1000000000;
    time->tv_nsec = ns % 1000000000;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *time) {
    (void)clock;
    pthread_mutex_lock(&lock);
    set_time(time, clock_ns);
    pthread_mutex_unlock(&lock);
    return 0;
}

int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *until,
    struct timespec *rest) {
    (void)rest;
    CHECK_EQ(clock, CLOCK_MONOTONIC);
    CHECK_EQ(flags, TIMER_ABSTIME);
    int64_t until_ns = (int64_t)until->tv_sec * 1000000000 + until->tv_nsec;
    pthread_mutex_lock(&lock);
    while (until_ns > limit_ns) {
        waiting = true;
        pthread_cond_broadcast(&changed);
        pthread_cond_wait(&changed, &lock);
    }
    waiting = false;
    clock_ns = until_ns + oversleep_ns;
    oversleep_ns = 0;
    pthread_mutex_unlock(&lock);
    return 0;
}

// Lets the device run until it wants to sleep beyond this instant.
static void run_until(int64_t instant_ns) {
    pthread_mutex_lock(&lock);
    limit_ns = instant_ns;
    waiting = false;
    pthread_cond_broadcast(&changed);
    while (!waiting) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
}

static void wake_late_by(int64_t ns) {
    pthread_mutex_lock(&lock);
    oversleep_ns = ns;
    pthread_mutex_unlock(&lock);
}

static struct voice_engine engine;
static char path[] = "/tmp/voice_tape_XXXXXX";
static uint8_t *tape;
static int16_t *mic, *speaker;

static void tape_new(int64_t t0_ns, uint64_t device_index) {
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK_EQ(ftruncate(fd, TAPE_BYTES), 0);
    tape = mmap(NULL, TAPE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(tape != MAP_FAILED);
    close(fd);
    const uint32_t rate_hz = 16000, capacity = CAPACITY;
    memcpy(tape, "HSTAPE1", 8);
    memcpy(tape + 8, &rate_hz, 4);
    memcpy(tape + 12, &capacity, 4);
    memcpy(tape + 16, &t0_ns, 8);
    memcpy(tape + 24, &device_index, 8);
    mic = (int16_t *)(void *)(tape + 4096);
    speaker = mic + CAPACITY;
    memset(mic, 0x11, 4u * CAPACITY); // left over from earlier
    voice_engine_init(&engine, voice_io_now_us);
}

static void tape_delete(void) {
    unlink(path);
}

static uint64_t device_index(void) {
    return __atomic_load_n((uint64_t *)(void *)(tape + 24), __ATOMIC_ACQUIRE);
}

static uint32_t device_alive(void) {
    return __atomic_load_n((uint32_t *)(void *)(tape + 32), __ATOMIC_ACQUIRE);
}

static void configure_and_talk(void) {
    struct voice_config config = {.codec = voice_codec_find("amrwb"), .options.bitrate_bps = 12650,
                                  .payload_type = 96, .ssrc = 1};
    CHECK_EQ(voice_engine_configure(&engine, &config), VOICE_OK);
    CHECK_EQ(voice_engine_talk(&engine, VOICE_TALK_ON), VOICE_OK);
}

static bool all_zero(const int16_t *track, uint64_t from, uint64_t to) {
    for (uint64_t i = from; i < to; i++) {
        if (track[i % CAPACITY] != 0) {
            return false;
        }
    }
    return true;
}

CASE(io_refuses_what_is_no_tape) {
    CHECK_EQ(voice_io_open(&engine, "/nonexistent/tape", false), ENOENT);
    tape_new(0, 0);
    const struct {
        size_t at;
        uint8_t value;
    } damages[] = {{0, 'X'}, {8, 1}, {12, 1}, {14, 0x80}, {15, 1}};
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        uint8_t before = tape[damages[i].at];
        tape[damages[i].at] = damages[i].value;
        CHECK_EQ(voice_io_open(&engine, path, false), EINVAL);
        tape[damages[i].at] = before;
    }
    CHECK_EQ(truncate(path, 4096 + 4 * CAPACITY - 1), 0);
    CHECK_EQ(voice_io_open(&engine, path, false), EINVAL);
    CHECK_EQ(truncate(path, 100), 0);
    CHECK_EQ(voice_io_open(&engine, path, false), EINVAL);
    CHECK(!voice_io_is_open());
    voice_io_close();
    tape_delete();
}

CASE(io_opens_once_and_closes_often) {
    tape_new(0, 0);
    for (int i = 0; i < 20; i++) {
        CHECK_EQ(voice_io_open(&engine, path, i % 2 != 0), 0);
        CHECK_EQ(voice_io_open(&engine, path, false), EBUSY);
        CHECK(voice_io_is_open());
        if (i % 2 == 0) {
            voice_io_step(1);
        } else {
            // A sleeping thread ends when its sleep does.
            pthread_mutex_lock(&lock);
            limit_ns = INT64_MAX;
            pthread_cond_broadcast(&changed);
            pthread_mutex_unlock(&lock);
        }
        voice_io_close();
        voice_io_close();
        CHECK(!voice_io_is_open());
    }
    tape_delete();
}

CASE(io_stepped_frames_land_where_they_should) {
    tape_new(0, 0);
    signal_speech(mic, 100 * FRAME);
    CHECK_EQ(voice_io_open(&engine, path, false), 0);
    CHECK(all_zero(speaker, 0, 3 * FRAME)); // nothing is queued at the start
    configure_and_talk();
    unsigned n_packets = 0;
    for (int f = 0; f < 100; f++) {
        voice_io_step(1);
        CHECK_EQ(device_index(), (uint64_t)(f + 1) * FRAME);
        CHECK_EQ(device_alive(), (uint32_t)f + 1);
        CHECK(all_zero(mic, 0, device_index())); // what was heard is gone
        const struct voice_packet *packet = voice_engine_take(&engine);
        CHECK(packet != NULL);
        CHECK(voice_engine_give(&engine, packet->bytes, packet->n_bytes)); // to itself
        voice_engine_taken(&engine);
        n_packets++;
    }
    CHECK_EQ(n_packets, 100);
    CHECK(speaker[103 * FRAME] == 0x1111); // not yet played
    int16_t said[100 * FRAME];
    signal_speech(said, 100 * FRAME);
    size_t lag = signal_best_lag(said, speaker, 100 * FRAME, 1500, 2500);
    FIGURE("tape_to_tape_delay_samples", lag);
    CHECK(signal_correlation_permille(said, speaker, 100 * FRAME, lag) > 850);
    // To itself: capture 1 frame, buffer 2, loudspeaker 3, and the codec's own delay.
    CHECK(lag >= 6 * FRAME && lag < 6 * FRAME + 160);
    uint32_t stack = voice_engine_stat(&engine, VOICE_STAT_stack_high_water_bytes);
    CHECK(stack > 4000 && stack < VOICE_AUDIO_STACK_BYTES);
    voice_io_close();
    tape_delete();
}

CASE(io_tape_wraps) {
    tape_new(0, CAPACITY - 2 * FRAME - 100);
    CHECK_EQ(voice_io_open(&engine, path, false), 0);
    uint64_t start = device_index();
    CHECK_EQ(start % FRAME, 0);
    voice_io_step(300); // more than once around
    CHECK_EQ(device_index(), start + 300 * FRAME);
    CHECK(all_zero(speaker, 0, CAPACITY));
    CHECK(all_zero(mic, 0, CAPACITY));
    voice_io_close();
    // The next device goes on where this one stopped.
    CHECK_EQ(voice_io_open(&engine, path, false), 0);
    CHECK_EQ(device_index(), start + 300 * FRAME);
    voice_io_close();
    tape_delete();
}

// Opens at 1 s of device time and stops the clock there.
static void open_paced(uint64_t last_index) {
    tape_new(5000000000, last_index);
    clock_ns = limit_ns = 5000000000 + 1000000000 + 3000000;
    CHECK_EQ(voice_io_open(&engine, path, true), 0);
}

static void close_paced(void) {
    pthread_mutex_lock(&lock);
    limit_ns = INT64_MAX;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    voice_io_close();
    tape_delete();
}

static int64_t instant(unsigned frame) {
    return 5000000000 + (int64_t)frame * FRAME_NS;
}

CASE(io_paced_frames_run_when_due) {
    open_paced(0);
    CHECK_EQ(device_index(), 50 * FRAME);
    CHECK(all_zero(mic, 0, 50 * FRAME)); // nobody was there to hear
    CHECK(all_zero(speaker, 3 * FRAME, 53 * FRAME));
    configure_and_talk();
    run_until(instant(51) - 1);
    CHECK_EQ(device_index(), 50 * FRAME);
    for (unsigned f = 51; f < 80; f++) {
        run_until(instant(f));
        CHECK_EQ(device_index(), f * FRAME);
        CHECK(voice_engine_take(&engine) != NULL);
        voice_engine_taken(&engine);
        CHECK(voice_engine_take(&engine) == NULL);
    }
    CHECK_EQ(voice_engine_stat(&engine, VOICE_STAT_frames), 29);
    CHECK_EQ(voice_engine_stat(&engine, VOICE_STAT_io_overruns), 0);
    close_paced();
}

CASE(io_catches_up_when_a_little_late) {
    open_paced(0);
    configure_and_talk();
    run_until(instant(55));
    wake_late_by(39000000); // due at 56, wakes almost at 58
    run_until(instant(58));
    CHECK_EQ(device_index(), 58 * FRAME);
    CHECK_EQ(voice_engine_stat(&engine, VOICE_STAT_tx_frames), 8);
    CHECK_EQ(voice_engine_stat(&engine, VOICE_STAT_io_overruns), 0);
    close_paced();
}

CASE(io_gives_up_frames_when_very_late) {
    open_paced(0);
    configure_and_talk();
    run_until(instant(55));
    wake_late_by(105000000); // due at 56, wakes at 61 and a quarter
    run_until(instant(62));
    CHECK_EQ(device_index(), 62 * FRAME);
    CHECK_EQ(voice_engine_stat(&engine, VOICE_STAT_io_overruns), 5);
    CHECK_EQ(voice_engine_stat(&engine, VOICE_STAT_io_underruns), 5);
    CHECK_EQ(voice_engine_stat(&engine, VOICE_STAT_frames), 12);
    CHECK_EQ(voice_engine_stat(&engine, VOICE_STAT_tx_frames), 7);
    CHECK(all_zero(mic, 50 * FRAME, 62 * FRAME));
    CHECK(all_zero(speaker, 50 * FRAME, 65 * FRAME));
    close_paced();
}

CASE(io_waits_for_a_tape_of_the_future) {
    tape_new(5000000000, 0);
    clock_ns = limit_ns = 4000000000;
    CHECK_EQ(voice_io_open(&engine, path, true), 0);
    CHECK_EQ(device_index(), 0);
    run_until(instant(1) - 1);
    CHECK_EQ(device_index(), 0);
    run_until(instant(1));
    CHECK_EQ(device_index(), FRAME);
    close_paced();
}
