// Runs the parts of the voice loop that are not codecs over recorded speech, one by one, and counts
// what each takes of the machine.
//
// Reads the file `script` (16-bit samples), writes the sound of it all to `answer`, which must be the
// same bytes on every machine, and struct figures to `figures`; block_costs.py is the other side.
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/send.h"
#include "core/speaker.h"

// Instructions for a frame; totals of a minute stay below 2^32.
struct cost {
    uint32_t total;
    uint32_t max;
};

struct figures {
    uint32_t n_frames;
    struct cost highpass;
    struct cost vad;
    struct cost agc;           // lifts a whisper, limiter and all
    struct cost speaker;       // as it comes
    struct cost speaker_loud;  // 9 dB more, so that the limiter works
    struct cost speaker_tones; // and one tone after the other
    struct cost send;          // microphone to ring, without encoding
};

static struct figures figures;
static struct voice_highpass highpass;
static struct voice_vad vad;
static struct voice_agc agc;
static struct voice_speaker plain, loud, sounding;
static struct voice_ring ring;
static struct voice_stats stats;
static struct voice_send sender;
static int16_t mic[VOICE_FRAME_SAMPLES];
static int16_t pcm[VOICE_FRAME_SAMPLES];

// --- a codec that costs nothing ---------------------------------------------------------------

static bool init_encoder(void *encoder, const struct voice_encoder_options *options) {
    (void)encoder;
    return options->bitrate_bps > 0;
}

static int encode(void *encoder, const int16_t *samples, uint8_t *payload, size_t capacity) {
    (void)encoder;
    (void)capacity;
    payload[0] = (uint8_t)samples[0];
    return 34;
}

static enum voice_payload_kind payload_kind(const uint8_t *payload, size_t n_bytes) {
    (void)payload;
    (void)n_bytes;
    return VOICE_PAYLOAD_SPEECH;
}

static const struct voice_codec stub = {
    .name = "stub", .timestamp_step = 320, .encoder_init = init_encoder, .encode = encode,
    .payload_kind = payload_kind,
};

// --- counting ---------------------------------------------------------------------------------

// Retired so far, modulo 2^32. Zero where nobody counts.
static uint32_t instructions(void) {
    #if defined(__riscv)
    uint32_t count;
    __asm__ volatile ("csrr %0, minstret" : "=r" (count));
    return count;
    #else
    return 0;
    #endif
}

#define MEASURE(which, what) \
    do { \
        uint32_t start = instructions(); \
        what; \
        uint32_t n = instructions() - start; \
        figures.which.total += n; \
        figures.which.max = n > figures.which.max ? n : figures.which.max; \
    } while (0)

static uint64_t now_us(void) {
    return 0;
}

static void start(void) {
    const struct voice_config config = {.codec = &stub, .options.bitrate_bps = 1, .agc = true,
                                        .payload_type = 96, .ssrc = 1};
    voice_highpass_init(&highpass);
    voice_vad_init(&vad);
    voice_agc_init(&agc);
    voice_speaker_init(&plain);
    voice_speaker_init(&loud);
    voice_speaker_init(&sounding);
    voice_speaker_set_volume(&loud, 9);
    voice_speaker_set_volume(&sounding, 9);
    voice_ring_init(&ring);
    voice_send_init(&sender, &ring, &stats, now_us);
    voice_send_configure(&sender, &config, NULL);
    voice_send_start(&sender);
    voice_send_release(&sender);
}

static bool put(int answer) {
    return write(answer, pcm, sizeof(pcm)) == (ssize_t)sizeof(pcm);
}

static bool frame(int answer) {
    // Whispered for six seconds, then six seconds as it is.
    for (unsigned i = 0; i < VOICE_FRAME_SAMPLES && figures.n_frames % 600 < 300; i++) {
        mic[i] = (int16_t)(mic[i] / 8);
    }
    figures.n_frames++;
    MEASURE(send, voice_send_tick(&sender, mic));
    const struct voice_packet *packet = voice_ring_consume(&ring);
    if (packet != NULL) {
        voice_ring_release(&ring);
    }
    MEASURE(highpass, voice_highpass_tick(&highpass, mic, pcm));
    MEASURE(vad, voice_vad_tick(&vad, pcm));
    MEASURE(agc, voice_agc_tick(&agc, &vad, pcm));
    if (!put(answer)) {
        return false;
    }
    MEASURE(speaker, voice_speaker_tick(&plain, pcm));
    MEASURE(speaker_loud, voice_speaker_tick(&loud, pcm));
    if (!put(answer)) {
        return false;
    }
    if (!voice_tone_sounds(&sounding.tone)) {
        unsigned kind = 1u + figures.n_frames % (VOICE_TONE_KINDS - 1u);
        voice_speaker_start_tone(&sounding, (enum voice_tone_kind)kind);
    }
    MEASURE(speaker_tones, voice_speaker_tick(&sounding, pcm));
    return put(answer);
}

// Ends with 0, or says in which stage it failed.
int main(void) {
    int script = open("script", O_RDONLY);
    int answer = open("answer", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    int measured = open("figures", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (script < 0 || answer < 0 || measured < 0) {
        return 1;
    }
    start();
    while (read(script, mic, sizeof(mic)) == (ssize_t)sizeof(mic)) {
        if (!frame(answer)) {
            return 2;
        }
    }
    bool ok = write(measured, &figures, sizeof(figures)) == (ssize_t)sizeof(figures);
    return ok && close(answer) == 0 ? 0 : 3;
}
