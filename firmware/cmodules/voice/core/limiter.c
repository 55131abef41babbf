#include "limiter.h"

#define BLOCK_SAMPLES 32 // 2 ms
#define N_BLOCKS ((int)VOICE_FRAME_SAMPLES / BLOCK_SAMPLES)

// Each block brings the gain this part of the way to where it is wanted: 2 ms * 2^6 = 128 ms.
#define APPROACH_SHIFT 6

// More bits for the gain on its way from sample to sample.
#define RAMP_SHIFT 8

#define GAIN_SHIFT 15

void voice_limiter_init(struct voice_limiter *limiter, int32_t gain) {
    limiter->gain = gain;
}

static int32_t min(int32_t a, int32_t b) {
    return a < b ? a : b;
}

static int32_t magnitude(int32_t sample) {
    return sample < 0 ? -sample : sample;
}

static int32_t peak_of(const int16_t *pcm) {
    int32_t least = 0, most = 0;
    for (const int16_t *end = pcm + BLOCK_SAMPLES; pcm < end; pcm++) {
        if (*pcm > most) {
            most = *pcm;
        } else if (*pcm < least) {
            least = *pcm;
        }
    }
    return most > -least ? most : -least;
}

// The largest gain that keeps this peak below the ceiling. Products of sample and gain then have
// 30 bits, however large the gain.
static int32_t gain_for(int32_t peak, int32_t ceiling) {
    return peak == 0 ? INT32_MAX : (ceiling << GAIN_SHIFT) / peak;
}

static int32_t approach(int32_t gain, int32_t wanted) {
    int32_t rest = wanted - gain;
    // Rounded away from zero: arrives.
    return gain + (rest > 0 ? (rest + (1 << APPROACH_SHIFT) - 1) >> APPROACH_SHIFT
        : rest >> APPROACH_SHIFT);
}

// The first sample has the gain `from`, the one after the last would have `to`.
static void ramp(int16_t *pcm, int n_samples, int32_t from, int32_t to) {
    int32_t gain = from * (1 << RAMP_SHIFT);
    int32_t step = n_samples == 0 ? 0 : (to - from) * (1 << RAMP_SHIFT) / n_samples;
    for (const int16_t *end = pcm + n_samples; pcm < end; pcm++) {
        *pcm = (int16_t)((*pcm * (gain >> RAMP_SHIFT) + (1 << (GAIN_SHIFT - 1))) >> GAIN_SHIFT);
        gain += step;
    }
}

// How many samples at the block's start may keep a gain that is too large for its peak.
static int samples_before(const int16_t *pcm, int32_t too_loud) {
    int n_samples = 0;
    while (n_samples < BLOCK_SAMPLES && magnitude(pcm[n_samples]) <= too_loud) {
        n_samples++;
    }
    return n_samples;
}

void voice_limiter_tick(struct voice_limiter *limiter, int16_t pcm[VOICE_FRAME_SAMPLES],
    int32_t wanted, int32_t ceiling) {
    int32_t most[N_BLOCKS + 1]; // gain that each block can bear
    int32_t loudest = 0;
    for (int b = 0; b < N_BLOCKS; b++) {
        int32_t peak = peak_of(pcm + b * BLOCK_SAMPLES);
        loudest = peak > loudest ? peak : loudest;
        most[b] = gain_for(peak, ceiling);
    }
    most[N_BLOCKS] = INT32_MAX; // not known yet
    int32_t gain = limiter->gain;
    if (gain == VOICE_GAIN_ONE && wanted == VOICE_GAIN_ONE && loudest <= ceiling) {
        return;
    }
    // Only at the frame's start can a peak come unforeseen: as much time as there is before it.
    int n_done = 0;
    if (gain > most[0]) {
        n_done = samples_before(pcm, gain_for(gain, ceiling));
        ramp(pcm, n_done, gain, most[0]);
        gain = most[0];
    }
    for (int b = 0; b < N_BLOCKS; b++) {
        int32_t next = min(approach(gain, wanted), min(most[b], most[b + 1]));
        ramp(pcm + b * BLOCK_SAMPLES + n_done, BLOCK_SAMPLES - n_done, gain, next);
        gain = next;
        n_done = 0;
    }
    limiter->gain = gain;
}
