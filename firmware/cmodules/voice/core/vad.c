#include "vad.h"

#define WINDOW_FRAMES 24u
// Between two syllables there is something quieter; steady noise that has just begun lasts longer.
#define SYLLABLE_FRAMES 12u
#define HANG_FRAMES 10u

// Assumed at the start, and the least that is believed: nothing below is of use to a listener.
#define NOISE_START_MB (-6000)
#define NOISE_LEAST_MB (-7400)

// Above the quietest frame. Rumble varies more from frame to frame than hiss.
#define BAND_MB 600
#define SLOPE_MB 450
#define STRONG_MB 1000

// Slope against signal, sum of squares: 4 sin^2(pi f / 16 kHz) of a sine. Wind lies below 320 Hz,
// hiss above 3 kHz; white noise has +300, nearly all speech more than -2000.
#define WIND_MB (-1800)
#define HISS_MB 100
#define QUARTER_MB 602

static void start_noise(struct voice_noise *noise) {
    for (unsigned i = 0; i < VOICE_VAD_WINDOWS; i++) {
        noise->quietest_mb[i] = NOISE_START_MB;
    }
    noise->now_mb = 0;
}

void voice_vad_init(struct voice_vad *vad) {
    *vad = (struct voice_vad){.noise_mb = NOISE_START_MB};
    start_noise(&vad->band_noise);
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

// The quietest of the last 12 to 24 frames.
static int32_t follow_dips(struct voice_vad *vad, int32_t level_mb) {
    if (level_mb < vad->dip_mb) {
        vad->dip_mb = (int16_t)level_mb;
    }
    return vad->dip_mb < vad->last_dip_mb ? vad->dip_mb : vad->last_dip_mb;
}

static void count_window(struct voice_vad *vad) {
    vad->n_frames++;
    if (vad->n_frames % SYLLABLE_FRAMES == 0) {
        vad->last_dip_mb = vad->dip_mb;
        vad->dip_mb = 0;
    }
    if (vad->n_frames == WINDOW_FRAMES) {
        end_window(&vad->band_noise, vad->window);
        end_window(&vad->slope_noise, vad->window);
        vad->window = (uint8_t)((vad->window + 1u) % VOICE_VAD_WINDOWS);
        vad->n_frames = 0;
    }
}

// Means of squares.
struct squares {
    uint32_t signal;
    uint32_t band;
    uint32_t slope; // a quarter of it, to have no more bits
};

// Passes 340 to 1770 Hz: a low-pass of first order, from which a lower one is taken away.
static inline int32_t pass_band(int32_t sample, int32_t *low, int32_t *lower_scaled) {
    *low += (sample - *low) >> 1;
    int32_t band = *low - (*lower_scaled >> 3);
    *lower_scaled += band;
    return band;
}

static inline uint32_t square(int32_t value) {
    return (uint32_t)value * (uint32_t)value;
}

// A hundred and sixtieth of it, and half as much `halvings` times. Stays within 32 bits on the way.
static uint32_t mean_of(uint64_t sum, unsigned halvings) {
    return (uint32_t)(sum >> (6u + halvings)) / 5u * 2u;
}

// The band needs every sample, the other two are content with half of them.
static struct squares measure(struct voice_vad *vad, const int16_t pcm[VOICE_FRAME_SAMPLES]) {
    uint64_t signal = 0, band = 0, slope = 0;
    int32_t low = vad->low, lower_scaled = vad->lower_scaled;
    for (unsigned i = 0; i < VOICE_FRAME_SAMPLES; i += 2) {
        int32_t first = pcm[i], second = pcm[i + 1];
        band += square(pass_band(first, &low, &lower_scaled));
        band += square(pass_band(second, &low, &lower_scaled));
        signal += square(first);
        slope += square(second - first);
    }
    vad->low = low;
    vad->lower_scaled = lower_scaled;
    return (struct squares){
        .signal = mean_of(signal, 0),
        .band = mean_of(band, 1),
        .slope = mean_of(slope, 2),
    };
}

void voice_vad_tick(struct voice_vad *vad, const int16_t pcm[VOICE_FRAME_SAMPLES]) {
    struct squares squares = measure(vad, pcm);
    int32_t band_mb = voice_level_mb(squares.band);
    int32_t slope_mb = voice_level_mb(squares.slope);
    int32_t above_band_mb = band_mb - follow_noise(&vad->band_noise, band_mb);
    int32_t above_slope_mb = slope_mb - follow_noise(&vad->slope_noise, slope_mb);
    int32_t above_dip_mb = band_mb - follow_dips(vad, band_mb);
    count_window(vad);
    int32_t shape_mb = slope_mb + QUARTER_MB - voice_level_mb(squares.signal);
    bool stands_out = above_band_mb > BAND_MB || above_slope_mb > SLOPE_MB;
    vad->strong = above_band_mb > STRONG_MB && above_dip_mb > STRONG_MB && shape_mb > WIND_MB
        && shape_mb < HISS_MB;
    if (stands_out) {
        vad->hang_frames = HANG_FRAMES;
    } else if (vad->hang_frames > 0) {
        vad->hang_frames--;
    }
    vad->speech = vad->hang_frames > 0;
    vad->mean_square = squares.signal;
    vad->noise_mb = (int16_t)(band_mb - above_band_mb);
}
