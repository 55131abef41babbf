#include "vad.h"

#define WINDOW_FRAMES 25u
#define HANG_FRAMES 10u

// Assumed at the start, and the least that is believed: nothing below is of use to a listener.
#define NOISE_START_MB (-6000)
#define NOISE_LEAST_MB (-7000)

// Above the quietest frame; the mean of steady noise is 50 to 100 mB above it.
#define SPEECH_MB 450
#define STRONG_MB 1000

// Slope against signal, sum of squares: 4 sin^2(pi f / 16 kHz) of a sine. Wind lies below 250 Hz,
// hiss above 3 kHz; white noise has +300.
#define WIND_MB (-2100)
#define HISS_MB 100

static void start_noise(struct voice_noise *noise) {
    for (unsigned i = 0; i < VOICE_VAD_WINDOWS; i++) {
        noise->quietest_mb[i] = NOISE_START_MB;
    }
    noise->now_mb = 0;
}

void voice_vad_init(struct voice_vad *vad) {
    *vad = (struct voice_vad){.noise_mb = NOISE_START_MB};
    start_noise(&vad->noise);
    start_noise(&vad->slope_noise);
}

// The quietest of all windows, this frame included.
static int32_t follow_noise(struct voice_noise *noise, int32_t level_mb) {
    if (level_mb < noise->now_mb) {
        noise->now_mb = (int16_t)level_mb;
    }
    int32_t quietest_mb = noise->now_mb;
    for (unsigned i = 0; i < VOICE_VAD_WINDOWS; i++) {
        if (noise->quietest_mb[i] < quietest_mb) {
            quietest_mb = noise->quietest_mb[i];
        }
    }
    return quietest_mb > NOISE_LEAST_MB ? quietest_mb : NOISE_LEAST_MB;
}

static void end_window(struct voice_noise *noise, unsigned window) {
    noise->quietest_mb[window] = noise->now_mb;
    noise->now_mb = 0;
}

static void count_window(struct voice_vad *vad) {
    vad->n_frames++;
    if (vad->n_frames == WINDOW_FRAMES) {
        end_window(&vad->noise, vad->window);
        end_window(&vad->slope_noise, vad->window);
        vad->window = (uint8_t)((vad->window + 1u) % VOICE_VAD_WINDOWS);
        vad->n_frames = 0;
    }
}

struct squares {
    uint32_t signal; // mean
    uint32_t slope;  // mean; a quarter of it, to have no more bits
};

static struct squares measure(struct voice_vad *vad, const int16_t pcm[VOICE_FRAME_SAMPLES]) {
    uint64_t signal = 0, slope = 0;
    int32_t last = vad->last;
    for (unsigned i = 0; i < VOICE_FRAME_SAMPLES; i++) {
        int32_t sample = pcm[i];
        int32_t step = sample - last;
        signal += (uint32_t)(sample * sample);
        slope += (uint32_t)step * (uint32_t)step; // 65535 squared has 32 bits
        last = sample;
    }
    vad->last = (int16_t)last;
    return (struct squares){
        .signal = (uint32_t)(signal >> 6) / (VOICE_FRAME_SAMPLES >> 6),
        .slope = (uint32_t)(slope >> 8) / (VOICE_FRAME_SAMPLES >> 6),
    };
}

void voice_vad_tick(struct voice_vad *vad, const int16_t pcm[VOICE_FRAME_SAMPLES]) {
    struct squares squares = measure(vad, pcm);
    int32_t level_mb = voice_level_mb(squares.signal);
    int32_t slope_mb = voice_level_mb(squares.slope);
    int32_t noise_mb = follow_noise(&vad->noise, level_mb);
    int32_t slope_noise_mb = follow_noise(&vad->slope_noise, slope_mb);
    count_window(vad);
    int32_t shape_mb = slope_mb + 602 - level_mb;
    bool stands_out = level_mb > noise_mb + SPEECH_MB || slope_mb > slope_noise_mb + SPEECH_MB;
    vad->strong = level_mb > noise_mb + STRONG_MB && shape_mb > WIND_MB && shape_mb < HISS_MB;
    if (stands_out) {
        vad->hang_frames = HANG_FRAMES;
    } else if (vad->hang_frames > 0) {
        vad->hang_frames--;
    }
    vad->speech = vad->hang_frames > 0;
    vad->mean_square = squares.signal;
    vad->noise_mb = (int16_t)noise_mb;
}
