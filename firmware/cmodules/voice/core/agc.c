#include "agc.h"

// Per frame of speech: up at 20 dB a second at most, down by half of what it is too much.
#define UP_MB 40
#define UP_SHIFT 4
#define DOWN_SHIFT 1

// The level of speech follows louder sounds in 80 ms, softer ones in 320 ms, so it comes to lie above
// the active level. With that it starts at the target: 10^-1.95 of full scale.
#define LOUDER_SHIFT 2
#define SOFTER_SHIFT 4
#define ABOVE_ACTIVE_MB 250
#define TARGET_MEAN_SQUARE 12047449u

void voice_agc_init(struct voice_agc *agc) {
    agc->mean_square = TARGET_MEAN_SQUARE;
    agc->gain_mb = 0;
    voice_limiter_init(&agc->limiter, VOICE_GAIN_ONE);
}

static void follow_speech(struct voice_agc *agc, uint32_t mean_square) {
    if (mean_square > agc->mean_square) {
        agc->mean_square += (mean_square - agc->mean_square) >> LOUDER_SHIFT;
    } else {
        agc->mean_square -= (agc->mean_square - mean_square) >> SOFTER_SHIFT;
    }
}

static int32_t clamp(int32_t value, int32_t least, int32_t most) {
    return value < least ? least : value > most ? most : value;
}

void voice_agc_tick(struct voice_agc *agc, const struct voice_vad *vad,
    int16_t pcm[VOICE_FRAME_SAMPLES]) {
    int32_t most_mb = clamp(VOICE_AGC_NOISE_MAX_MB - vad->noise_mb, 0, VOICE_AGC_GAIN_MAX_MB);
    if (vad->strong) {
        follow_speech(agc, vad->mean_square);
        int32_t wanted_mb = VOICE_AGC_TARGET_MB + ABOVE_ACTIVE_MB - voice_level_mb(agc->mean_square);
        int32_t rest_mb = clamp(wanted_mb, VOICE_AGC_GAIN_MIN_MB, most_mb) - agc->gain_mb;
        agc->gain_mb += rest_mb > 0 ? clamp(rest_mb >> UP_SHIFT, 1, UP_MB) : rest_mb >> DOWN_SHIFT;
    } else if (agc->gain_mb > most_mb) {
        agc->gain_mb -= clamp((agc->gain_mb - most_mb) >> UP_SHIFT, 1, UP_MB);
    }
    voice_limiter_tick(&agc->limiter, pcm, voice_gain_of_mb(agc->gain_mb), VOICE_CEILING);
}
