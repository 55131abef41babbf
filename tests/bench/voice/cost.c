// What the voice core takes of a processor: instructions of each frame, stack, memory.
//
// Reads the file `job` of the folder it runs in: struct job, then the microphone's samples. Prints
// lines, the first word saying what kind:
//   library <codec> <samples>                           a frame of the library alone, 0: unknown
//   mode <codec> <bit rate>                             every mode of the codec table
//   count <what> <frames> <instructions> <most in one>  0 instructions where nobody counts
//   bytes <what> <bytes>
// One source for every machine. On RISC-V it counts by itself; on x86-64 valgrind does, by the
// names of the functions that are called counted_*.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/engine.h"
#include "library.h"
#include "rough_air.h"

enum work {
    WORK_LIST,    // the modes
    WORK_TABLE,   // encode and decode, through the codec table
    WORK_LIBRARY, // encode and decode, by the library's own entry points
    WORK_LOOP,    // whole engines: one talks, one hears it, one hears it over rough air
    WORK_KNOWN,   // a loop of so many instructions as bitrate_bps says: the counter's own test
};

struct job {
    uint32_t work;
    uint32_t bitrate_bps;
    int32_t complexity; // of the Opus library
    uint32_t secure;    // 1: with SRTP
    char codec[16];
};

#if defined(__riscv)
#define PAINT 0x5ac35ac3u
#define PAINT_BYTES (96u * 1024u)
// Next to the painter's own frame, which must not paint itself. No codec is content with so little.
#define PAINT_GAP_BYTES 1024u
#endif
#define NOT_INLINE __attribute__((noinline, noclone))

static struct job job;
static uint64_t clock_us;

static uint64_t now_us(void) {
    return clock_us;
}

_Noreturn static void fail(const char *what) {
    printf("error %s\n", what);
    exit(1);
}

// --- counting -----------------------------------------------------------------------------------

struct count {
    uint32_t n_frames;
    uint32_t most;
    uint64_t total;
};

// Retired so far, modulo 2^32. Zero where valgrind counts.
static inline uint32_t instructions(void) {
    #if defined(__riscv)
    uint32_t count;
    __asm__ volatile ("csrr %0, minstret" : "=r" (count));
    return count;
    #else
    return 0;
    #endif
}

static void add(struct count *count, uint32_t n_instructions) {
    count->n_frames++;
    count->total += n_instructions;
    if (n_instructions > count->most) {
        count->most = n_instructions;
    }
}

static void print_count(const char *what, const struct count *count) {
    printf("count %s %lu %llu %lu\n", what, (unsigned long)count->n_frames,
        (unsigned long long)count->total, (unsigned long)count->most);
}

static void print_bytes(const char *what, size_t n_bytes) {
    printf("bytes %s %lu\n", what, (unsigned long)n_bytes);
}

// --- codec alone --------------------------------------------------------------------------------

static uint8_t codec_memory[VOICE_CODEC_MEMORY_BYTES] VOICE_ALIGNED;
// A frame of sound on both sides. Not on the stack, which is measured.
static int16_t mic[VOICE_FRAME_SAMPLES];
static int16_t speaker[VOICE_FRAME_SAMPLES];
static uint8_t payload[VOICE_PAYLOAD_MAX_BYTES];

static NOT_INLINE int counted_encode(const struct voice_codec *codec, void *encoder) {
    return codec->encode(encoder, mic, payload, sizeof(payload));
}

static NOT_INLINE bool counted_decode(const struct voice_codec *codec, void *decoder,
    size_t n_payload) {
    return codec->decode(decoder, payload, n_payload, speaker);
}

static void run_codec(int input, const struct voice_codec *codec, unsigned frame_samples) {
    struct voice_encoder_options options = {.bitrate_bps = job.bitrate_bps};
    size_t n_encoder = (codec->encoder_bytes() + VOICE_CODEC_ALIGN - 1u) & ~(VOICE_CODEC_ALIGN - 1u);
    void *encoder = codec_memory;
    void *decoder = codec_memory + n_encoder;
    struct count encode = {0}, decode = {0};
    if (n_encoder + codec->decoder_bytes() > sizeof(codec_memory)
        || !codec->encoder_init(encoder, &options) || !codec->decoder_init(decoder)) {
        fail("the codec does not start");
    }
    while (read(input, mic, frame_samples * sizeof(mic[0])) > 0) {
        uint32_t start = instructions();
        int n_payload = counted_encode(codec, encoder);
        add(&encode, instructions() - start);
        if (n_payload <= 0) {
            fail("nothing encoded");
        }
        start = instructions();
        bool ok = counted_decode(codec, decoder, (size_t)n_payload);
        add(&decode, instructions() - start);
        if (!ok) {
            fail("nothing decoded");
        }
    }
    print_count("encode", &encode);
    print_count("decode", &decode);
    print_bytes("encoder", codec->encoder_bytes());
    print_bytes("decoder", codec->decoder_bytes());
}

// --- whole engines ------------------------------------------------------------------------------

// The codec as the engines get it: also says how much of a tick was spent inside it.
static const struct voice_codec *inner;
static uint32_t inside;

static int watched_encode(void *encoder, const int16_t pcm[VOICE_FRAME_SAMPLES], uint8_t *payload,
    size_t capacity_bytes) {
    uint32_t start = instructions();
    int n_payload = inner->encode(encoder, pcm, payload, capacity_bytes);
    inside += instructions() - start;
    return n_payload;
}

static bool watched_encoder_init(void *encoder, const struct voice_encoder_options *options) {
    uint32_t start = instructions();
    bool ok = inner->encoder_init(encoder, options);
    inside += instructions() - start;
    return ok;
}

static bool watched_decoder_init(void *decoder) {
    uint32_t start = instructions();
    bool ok = inner->decoder_init(decoder);
    inside += instructions() - start;
    return ok;
}

static bool watched_decode(void *decoder, const uint8_t *payload, size_t n_bytes,
    int16_t pcm[VOICE_FRAME_SAMPLES]) {
    uint32_t start = instructions();
    bool ok = inner->decode(decoder, payload, n_bytes, pcm);
    inside += instructions() - start;
    return ok;
}

static bool watched_decode_lost(void *decoder, const uint8_t *next_payload, size_t n_bytes,
    int16_t pcm[VOICE_FRAME_SAMPLES]) {
    uint32_t start = instructions();
    bool ok = inner->decode_lost(decoder, next_payload, n_bytes, pcm);
    inside += instructions() - start;
    return ok;
}

static struct voice_codec watched;

static void watch(const struct voice_codec *codec) {
    inner = codec;
    watched = *codec;
    watched.encoder_init = watched_encoder_init;
    watched.encode = watched_encode;
    watched.decoder_init = watched_decoder_init;
    watched.decode = watched_decode;
    if (codec->decode_lost != NULL) {
        watched.decode_lost = watched_decode_lost;
    }
}

static struct voice_engine talker, listener, rough_listener;
// Whole ticks, and what of them is not inside the codec.
struct loop_count {
    struct count all;
    struct count added;
};

// The group's key, the same for all three.
static bool secure(struct voice_engine *engine, uint32_t ssrc) {
    static const uint8_t key[16] = "known to nobody";
    uint8_t epoch[VOICE_SRTP_EPOCH_BYTES] = {(uint8_t)ssrc};
    struct voice_keyring keyring = {.n_keys = 1};
    return voice_group_key_init(&keyring.keys[0], 1, key, sizeof(key))
           && voice_engine_set_keys(engine, &keyring, epoch) == VOICE_OK;
}

static void start_engine(struct voice_engine *engine, uint32_t ssrc) {
    struct voice_config config = {
        .codec = &watched,
        .options.bitrate_bps = job.bitrate_bps,
        .payload_type = 96,
        .ssrc = ssrc,
    };
    voice_engine_init(engine, now_us);
    if (voice_engine_configure(engine, &config) != VOICE_OK || (job.secure && !secure(engine, ssrc))) {
        fail("the engine refuses this mode");
    }
}

static void tick(struct voice_engine *engine, struct loop_count *count) {
    inside = 0;
    uint32_t start = instructions();
    voice_engine_audio_tick(engine, mic, speaker);
    uint32_t n_instructions = instructions() - start;
    add(&count->all, n_instructions);
    add(&count->added, n_instructions - inside);
}

static void give_due(struct rough_air *air) {
    const struct voice_packet *packet;
    while ((packet = rough_air_due(air)) != NULL) {
        voice_engine_give(&rough_listener, packet->bytes, packet->n_bytes);
    }
}

static void carry(struct rough_air *air) {
    const struct voice_packet *sent;
    while ((sent = voice_engine_take(&talker)) != NULL) {
        voice_engine_give(&listener, sent->bytes, sent->n_bytes);
        rough_air_send(air, sent);
        voice_engine_taken(&talker);
    }
    give_due(air);
}

static void run_loop(int input, const struct voice_codec *codec) {
    static struct rough_air air;
    struct loop_count tx = {0}, rx = {0}, rough = {0};
    watch(codec);
    start_engine(&talker, 1);
    start_engine(&listener, 2);
    start_engine(&rough_listener, 3);
    voice_engine_talk(&talker, VOICE_TALK_ON);
    while (read(input, mic, sizeof(mic)) > 0) {
        tick(&talker, &tx);
        carry(&air);
        tick(&listener, &rx);
        tick(&rough_listener, &rough);
        rough_air_tick(&air);
        clock_us += VOICE_FRAME_US;
    }
    // Proof that what was counted is speech that arrives, and rough air is rough.
    if (voice_engine_stat(&talker, VOICE_STAT_tx_frames) != tx.all.n_frames
        || voice_engine_stat(&listener, VOICE_STAT_decoded) + 10u < tx.all.n_frames
        || voice_engine_stat(&rough_listener, VOICE_STAT_concealed) == 0) {
        fail("frames were lost on the way");
    }
    print_count("loop_tx", &tx.all);
    print_count("loop_added", &tx.added);
    print_count("loop_rx", &rx.all);
    print_count("loop_added_rx", &rx.added);
    print_count("rough_rx", &rough.all);
    print_bytes("engine", sizeof(talker));
}

// --- the counter itself -------------------------------------------------------------------------

// Two instructions a turn.
static NOT_INLINE void counted_known(uint32_t n_turns) {
    #if defined(__riscv)
    __asm__ volatile ("1: addi %0, %0, -1\n bnez %0, 1b" : "+r" (n_turns));
    #elif defined(__x86_64__)
    __asm__ volatile ("1: sub $1, %0\n jnz 1b" : "+r" (n_turns) : : "cc");
    #endif
}

static void run_known(void) {
    struct count known = {0};
    uint32_t start = instructions();
    counted_known(job.bitrate_bps);
    add(&known, instructions() - start);
    print_count("known", &known);
}

// --- list ---------------------------------------------------------------------------------------

// A codec that takes any bit rate is listed at multiples of this.
#define RATE_STEP_BPS 2000u
#define RATE_MAX_BPS 64000u

static void list(void) {
    for (size_t i = 0; voice_codecs[i] != NULL; i++) {
        const struct voice_codec *codec = voice_codecs[i];
        const struct library *library = library_find(codec->name);
        printf("library %s %u\n", codec->name, library == NULL ? 0u : library->frame_samples);
        for (uint32_t bps = 50; bps < RATE_MAX_BPS; bps += 50) {
            bool any_rate = codec->bitrate_ok(bps) && codec->bitrate_ok(bps + 1u);
            if (codec->bitrate_ok(bps) && (!any_rate || bps % RATE_STEP_BPS == 0)) {
                printf("mode %s %lu\n", codec->name, (unsigned long)bps);
            }
        }
    }
}

// --- a job --------------------------------------------------------------------------------------

static void run(int input) {
    const struct voice_codec *codec = voice_codec_find(job.codec);
    const struct library *library = library_find(job.codec);
    library_complexity = job.complexity;
    switch (job.work) {
        case WORK_LIST:
            list();
            return;
        case WORK_KNOWN:
            run_known();
            return;
        case WORK_LIBRARY:
            if (library == NULL) {
                fail("no such library");
            }
            run_codec(input, &library->codec, library->frame_samples);
            return;
        default:
            break;
    }
    if (codec == NULL) {
        fail("no such codec");
    }
    if (job.work == WORK_TABLE) {
        run_codec(input, codec, VOICE_FRAME_SAMPLES);
    } else {
        run_loop(input, codec);
    }
}

#if defined(__riscv)
// Paints what the stack has not reached yet, runs, and looks how much paint is left.
static void run_on_painted_stack(int input) {
    uintptr_t here = (uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)15;
    volatile uint32_t *paint = (volatile uint32_t *)(here - PAINT_BYTES);
    volatile uint32_t *end = (volatile uint32_t *)(here - PAINT_GAP_BYTES);
    for (volatile uint32_t *word = paint; word < end; word++) {
        *word = PAINT;
    }
    run(input);
    while (paint < end && *paint == PAINT) {
        paint++;
    }
    print_bytes("stack", (size_t)(here - (uintptr_t)paint));
}
#else
// Valgrind has no memory there before the stack reaches it.
static void run_on_painted_stack(int input) {
    run(input);
}
#endif

int main(void) {
    int input = open("job", O_RDONLY);
    if (input < 0 || read(input, &job, sizeof(job)) != (ssize_t)sizeof(job)) {
        fail("no job");
    }
    run_on_painted_stack(input);
    return 0;
}
