#include "timescale.h"

#include <string.h>

// The search is made at a quarter of the rate, then refined around what it found.
#define COARSE 4u
#define COARSE_WINDOW (2u * VOICE_TIMESCALE_HALF / COARSE)
#define COARSE_LAG_MIN (VOICE_TIMESCALE_LAG_MIN / COARSE)
#define COARSE_LAG_MAX (VOICE_TIMESCALE_LAG_MAX / COARSE)
#define FINE_STEP 2u
// Of two lags that are nearly as good the longer one: fewer seams. (0.94 of the score)
#define LONGER_NUM 15u
#define LONGER_DEN 16u
#define BLEND_MAX 160u
// Silence: 24 dB below what was loud of late, or next to nothing.
#define SILENCE_SHIFT 4u
#define SILENCE_PEAK 48u
#define LEVEL_SHIFT 7u

void voice_timescale_init(struct voice_timescale *timescale) {
    memset(timescale, 0, sizeof(*timescale));
}

static int16_t *waiting(struct voice_timescale *timescale) {
    return timescale->samples + VOICE_TIMESCALE_HISTORY;
}

static unsigned magnitude(int16_t sample) {
    return (unsigned)(sample < 0 ? -(int)sample : sample);
}

static unsigned peak_of(const int16_t *samples, unsigned n_samples, unsigned step) {
    unsigned peak = 0;
    for (unsigned i = 0; i < n_samples; i += step) {
        unsigned now = magnitude(samples[i]);
        peak = now > peak ? now : peak;
    }
    return peak;
}

int16_t *voice_timescale_room(struct voice_timescale *timescale) {
    return waiting(timescale) + timescale->n_waiting;
}

void voice_timescale_append(struct voice_timescale *timescale) {
    unsigned peak = peak_of(voice_timescale_room(timescale), VOICE_FRAME_SAMPLES, COARSE);
    unsigned faded = timescale->level - (timescale->level >> LEVEL_SHIFT);
    timescale->level = (uint16_t)(peak > faded ? peak : faded);
    timescale->n_waiting = (uint16_t)(timescale->n_waiting + VOICE_FRAME_SAMPLES);
}

void voice_timescale_play(struct voice_timescale *timescale, int16_t pcm[VOICE_FRAME_SAMPLES]) {
    unsigned n_waiting = timescale->n_waiting;
    if (n_waiting < VOICE_FRAME_SAMPLES) {
        memset(waiting(timescale) + n_waiting, 0,
            (VOICE_FRAME_SAMPLES - n_waiting) * sizeof(pcm[0]));
        n_waiting = VOICE_FRAME_SAMPLES;
    }
    memcpy(pcm, waiting(timescale), VOICE_FRAME_SAMPLES * sizeof(pcm[0]));
    timescale->n_waiting = (uint16_t)(n_waiting - VOICE_FRAME_SAMPLES);
    // A history is a frame: what is played becomes it, and the rest moves up behind.
    memcpy(timescale->samples, pcm, VOICE_FRAME_SAMPLES * sizeof(pcm[0]));
    memcpy(waiting(timescale), waiting(timescale) + VOICE_FRAME_SAMPLES,
        timescale->n_waiting * sizeof(pcm[0]));
}

// --- likeness ---------------------------------------------------------------------------------

// How alike two stretches of sound are: their product, and the energy of the second. Scaled so
// that the square of the one times the other fits into 64 bits.
struct match {
    uint32_t product; // 0 where they oppose each other
    uint32_t energy;
};

#define SAMPLE_BITS 11u // magnitude of samples when they are multiplied
#define MATCH_SHIFT 13u // 160 * 2^22 becomes less than 2^17

static struct match match_of(int32_t product, uint32_t energy) {
    return (struct match) {
        .product = product <= 0 ? 0 : (uint32_t)product >> MATCH_SHIFT,
        .energy = (energy >> MATCH_SHIFT) + 1u,
    };
}

// Whether `a` correlates better than num/den of what `b` does, in squares.
static bool beats(struct match a, struct match b, uint32_t num, uint32_t den) {
    uint64_t left = (uint64_t)a.product * a.product * den;
    uint64_t right = (uint64_t)b.product * b.product * num;
    return left * b.energy >= right * a.energy && left > 0;
}

static bool is_alike(struct match match, uint32_t own_energy, unsigned likeness) {
    return (uint64_t)match.product * match.product * 1000000u
           >= (uint64_t)own_energy * match.energy * (likeness * likeness);
}

static unsigned shift_for(const int16_t *samples, unsigned n_samples) {
    unsigned peak = peak_of(samples, n_samples, 1);
    unsigned shift = 0;
    while (peak >> shift >= 1u << SAMPLE_BITS) {
        shift++;
    }
    return shift;
}

// --- the search -------------------------------------------------------------------------------

// Where to look for what resembles the next samples: after them, or before.
enum direction { LATER = 1, EARLIER = -1 };

static uint32_t squared(int16_t sample) {
    return (uint32_t)(sample * sample);
}

// All the sound a search looks at, at a quarter of its rate, scaled.
static void make_coarse(const int16_t *from, unsigned n_coarse, unsigned shift, int16_t *coarse) {
    for (unsigned i = 0; i < n_coarse; i++) {
        const int16_t *at = from + COARSE * i;
        coarse[i] = (int16_t)((at[0] + at[1] + at[2] + at[3]) >> (shift + 2u));
    }
}

// The best lag of `coarse` against itself; 0 when it resembles nothing.
static unsigned coarse_lag(const int16_t *coarse, enum direction direction, unsigned lag_max) {
    struct match best = {0, 1};
    unsigned best_lag = 0;
    uint32_t energy = 0;
    const int16_t *other = coarse + (int)direction * (int)COARSE_LAG_MIN;
    for (unsigned i = 0; i < COARSE_WINDOW; i++) {
        energy += squared(other[i]);
    }
    for (unsigned lag = COARSE_LAG_MIN;; lag++) {
        int32_t product = 0;
        for (unsigned i = 0; i < COARSE_WINDOW; i++) {
            product += coarse[i] * other[i];
        }
        struct match now = match_of(product, energy);
        if (beats(now, best, LONGER_NUM, LONGER_DEN)) {
            best = now;
            best_lag = lag;
        }
        if (lag == lag_max) {
            return best_lag;
        }
        // The window moves on by one.
        energy -= squared(direction == LATER ? other[0] : other[COARSE_WINDOW - 1u]);
        other += direction;
        energy += squared(direction == LATER ? other[COARSE_WINDOW - 1u] : other[0]);
    }
}

static struct match fine_match(const int16_t *a, const int16_t *b, unsigned shift) {
    int32_t product = 0;
    uint32_t energy = 0;
    for (unsigned i = 0; i < 2u * VOICE_TIMESCALE_HALF; i += FINE_STEP) {
        int32_t x = a[i] >> shift;
        int32_t y = b[i] >> shift;
        product += x * y;
        energy += (uint32_t)(y * y);
    }
    return match_of(product, energy);
}

// The lag at which the samples around `at` are most like themselves; 0 when not enough.
static unsigned period(const int16_t *at, enum direction direction, unsigned lag_max,
    unsigned likeness) {
    int16_t coarse[COARSE_WINDOW + COARSE_LAG_MAX];
    const int16_t *own = at - VOICE_TIMESCALE_HALF;
    unsigned n_samples = 2u * VOICE_TIMESCALE_HALF + lag_max;
    unsigned n_before = direction == LATER ? 0 : lag_max;
    unsigned shift = shift_for(own - n_before, n_samples);
    make_coarse(own - n_before, n_samples / COARSE, shift, coarse);
    unsigned middle = COARSE * coarse_lag(coarse + n_before / COARSE, direction, lag_max / COARSE);
    if (middle == 0) {
        return 0;
    }
    struct match best = {0, 1};
    unsigned best_lag = 0;
    for (unsigned lag = middle - COARSE + 1u; lag < middle + COARSE && lag <= lag_max; lag++) {
        struct match now = fine_match(own, own + (int)direction * (int)lag, shift);
        if (beats(now, best, 1, 1)) {
            best = now;
            best_lag = lag;
        }
    }
    struct match own_match = fine_match(own, own, shift);
    return is_alike(best, own_match.energy, likeness) ? best_lag : 0;
}

static bool is_silent(const struct voice_timescale *timescale, const int16_t *samples,
    unsigned n_samples) {
    unsigned limit = timescale->level >> SILENCE_SHIFT;
    limit = limit > SILENCE_PEAK ? limit : SILENCE_PEAK;
    return peak_of(samples, n_samples, COARSE) <= limit;
}

// --- one lag less, one lag more ---------------------------------------------------------------

// From one sound over into the other; `out` may be either.
static void blend(int16_t *out, const int16_t *from, const int16_t *to, unsigned n_samples) {
    int32_t step = 32768 / (int32_t)n_samples;
    int32_t weight = step / 2;
    for (unsigned i = 0; i < n_samples; i++) {
        out[i] = (int16_t)(from[i] + (((to[i] - from[i]) * weight) >> 15));
        weight += step;
    }
}

static unsigned least(unsigned a, unsigned b) {
    return a < b ? a : b;
}

unsigned voice_timescale_compress(struct voice_timescale *timescale, unsigned lag_max,
    unsigned likeness) {
    int16_t *at = waiting(timescale);
    unsigned n_waiting = timescale->n_waiting;
    lag_max = least(lag_max, VOICE_TIMESCALE_LAG_MAX) / COARSE * COARSE;
    if (lag_max < VOICE_TIMESCALE_LAG_MIN || n_waiting < lag_max + VOICE_TIMESCALE_HALF) {
        return 0;
    }
    bool silent = is_silent(timescale, at - VOICE_TIMESCALE_HALF,
        2u * VOICE_TIMESCALE_HALF + lag_max);
    unsigned lag = silent ? lag_max : period(at, LATER, lag_max, likeness);
    if (lag == 0) {
        return 0;
    }
    unsigned n_blend = least(least(lag, BLEND_MAX), n_waiting - lag);
    blend(at + lag, at, at + lag, n_blend);
    memmove(at, at + lag, (n_waiting - lag) * sizeof(at[0]));
    timescale->n_waiting = (uint16_t)(n_waiting - lag);
    return lag;
}

unsigned voice_timescale_stretch(struct voice_timescale *timescale, unsigned lag_max,
    unsigned likeness) {
    int16_t *at = waiting(timescale);
    unsigned n_waiting = timescale->n_waiting;
    lag_max = least(lag_max, VOICE_TIMESCALE_LAG_MAX) / COARSE * COARSE;
    if (lag_max < VOICE_TIMESCALE_LAG_MIN || n_waiting < VOICE_TIMESCALE_HALF
        || n_waiting > VOICE_TIMESCALE_WAITING_MAX - lag_max) {
        return 0;
    }
    bool silent = is_silent(timescale, at - VOICE_TIMESCALE_HALF - lag_max,
        2u * VOICE_TIMESCALE_HALF + lag_max);
    unsigned lag = silent ? lag_max : period(at, EARLIER, lag_max, likeness);
    if (lag == 0) {
        return 0;
    }
    unsigned n_blend = least(least(lag, BLEND_MAX), n_waiting);
    memmove(at + lag, at, n_waiting * sizeof(at[0]));
    // What was to come goes over into what came a lag before it, which leads back to it.
    blend(at, at + lag, at - lag, n_blend);
    memcpy(at + n_blend, at + n_blend - lag, (lag - n_blend) * sizeof(at[0]));
    timescale->n_waiting = (uint16_t)(n_waiting + lag);
    return lag;
}
