#include "sounds.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"

#define RATE_HZ 16000.0
#define TURN 6.283185307179586

// Two-pole resonator.
struct resonator {
    double y1;
    double y2;
};

static double resonate(struct resonator *r, double x, double frequency_hz, double radius) {
    double y = x + 2.0 * radius * cos(TURN * frequency_hz / RATE_HZ) * r->y1
        - radius * radius * r->y2;
    r->y2 = r->y1;
    r->y1 = y;
    return y;
}

void signal_speech(int16_t *pcm, size_t n_samples) {
    struct resonator first = {0}, second = {0};
    double phase = 0;
    uint32_t seed = 1;
    for (size_t i = 0; i < n_samples; i++) {
        double t = (double)i / RATE_HZ;
        double syllable = sin(TURN * 1.7 * t);
        double loudness = syllable > 0 ? syllable : 0;
        phase += (120.0 + 25.0 * sin(TURN * 0.9 * t)) / RATE_HZ;
        double pulse = 0;
        if (phase >= 1.0) {
            phase -= 1.0;
            pulse = 2600.0;
        }
        seed = seed * 1664525u + 1013904223u;
        double noise = ((double)(seed >> 16) - 32768.0) / 32768.0;
        double x = loudness * (pulse + 15.0 * noise) + (syllable < -0.6 ? 60.0 * noise : 0);
        double y = resonate(&first, x, 550.0 + 150.0 * sin(TURN * 1.1 * t), 0.97)
            + resonate(&second, x, 1600.0 + 400.0 * sin(TURN * 0.7 * t), 0.96);
        pcm[i] = (int16_t)lrint(fmax(-20000.0, fmin(20000.0, y)));
    }
}

void signal_vowel(int16_t *pcm, size_t n_samples) {
    for (size_t i = 0; i < n_samples; i++) {
        double y = 0;
        for (int k = 1; k < 12; k++) {
            y += sin(TURN * 125.0 * k * (double)i / RATE_HZ + k * k) / k;
        }
        pcm[i] = (int16_t)lrint(3000.0 * y);
    }
}

void signal_tone(int16_t *pcm, size_t n_samples, unsigned frequency_hz) {
    for (size_t i = 0; i < n_samples; i++) {
        pcm[i] = (int16_t)lrint(8000.0 * sin(TURN * frequency_hz * (double)i / RATE_HZ));
    }
}

#define FILE_SAMPLES (60u * 16000u)
#define GAP_SAMPLES 4800u
#define LONGER_GAP_SAMPLES 32000u

static void read_speech(int16_t pcm[FILE_SAMPLES]) {
    const char *path = getenv("RECORDED_SPEECH");
    CHECK(path != NULL);
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    CHECK_EQ(fread(pcm, sizeof(pcm[0]), FILE_SAMPLES, file), FILE_SAMPLES);
    CHECK_EQ(fclose(file), 0);
}

// In the file the gaps are of 0.3 s.
const int16_t *signal_recorded(void) {
    static int16_t file[FILE_SAMPLES];
    static int16_t longer[RECORDED_SAMPLES];
    static size_t n_samples;
    if (n_samples > 0) {
        return longer;
    }
    read_speech(file);
    size_t n_silent = 0;
    for (size_t i = 0; i < FILE_SAMPLES && n_samples < RECORDED_SAMPLES; i++) {
        longer[n_samples++] = file[i];
        n_silent = file[i] == 0 ? n_silent + 1 : 0;
        if (n_silent == GAP_SAMPLES - 100) {
            n_samples += LONGER_GAP_SAMPLES - GAP_SAMPLES; // is silence already
        }
    }
    CHECK(n_samples >= RECORDED_SAMPLES);
    return longer;
}

bool signal_recorded_is_spoken(size_t frame) {
    return signal_rms(signal_recorded() + frame * 320u, 320u) > 32768.0 * pow(10.0, -42.0 / 20.0);
}

// Of -1 to 1, from a sum of uniform ones: close to a Gaussian one of variance 1/12.
static double random_sample(uint32_t *seed) {
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        sum += (double)random_next(seed) / 4294967296.0 - 0.5;
    }
    return sum / 2;
}

static int16_t rounded(double sample) {
    return (int16_t)lrint(fmax(-32768.0, fmin(32767.0, sample)));
}

void signal_white(int16_t *pcm, size_t n_samples, double rms) {
    uint32_t seed = 77;
    for (size_t i = 0; i < n_samples; i++) {
        pcm[i] = rounded(rms * sqrt(12.0) * random_sample(&seed));
    }
}

void signal_brown(int16_t *pcm, size_t n_samples, double rms) {
    uint32_t seed = 78;
    double pole = exp(-TURN * 30.0 / RATE_HZ);
    double scale = rms * sqrt(12.0) * sqrt(1.0 - pole * pole);
    double y = 0;
    for (size_t i = 0; i < n_samples; i++) {
        y = pole * y + scale * random_sample(&seed);
        pcm[i] = rounded(y);
    }
}

void signal_wind(int16_t *pcm, size_t n_samples, double rms) {
    uint32_t seed = 79;
    double pole = exp(-TURN * 100.0 / RATE_HZ);
    double scale = rms * sqrt(12.0) * pow(1.0 - pole * pole, 1.5) / sqrt(1.0 + pole * pole);
    double y = 0, z = 0;
    for (size_t i = 0; i < n_samples; i++) {
        double t = (double)i / RATE_HZ;
        double gust = 1.0 + 0.6 * sin(TURN * 0.31 * t) + 0.4 * sin(TURN * 1.3 * t + sin(TURN * 0.7 * t));
        y = pole * y + scale * random_sample(&seed);
        z = pole * z + y;
        pcm[i] = rounded(gust / 1.12 * z);
    }
}

double signal_rms(const int16_t *pcm, size_t n_samples) {
    return sqrt((double)signal_energy(pcm, n_samples) / (double)n_samples);
}

double signal_amplitude_of(const int16_t *pcm, size_t n_samples, double frequency_hz) {
    double re = 0, im = 0;
    for (size_t i = 0; i < n_samples; i++) {
        re += pcm[i] * cos(TURN * frequency_hz * (double)i / RATE_HZ);
        im += pcm[i] * sin(TURN * frequency_hz * (double)i / RATE_HZ);
    }
    return 2.0 * sqrt(re * re + im * im) / (double)n_samples;
}

int signal_correlation_permille(const int16_t *a, const int16_t *b, size_t n_samples,
    size_t lag) {
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i + lag < n_samples; i++) {
        ab += (double)a[i] * b[i + lag];
        aa += (double)a[i] * a[i];
        bb += (double)b[i + lag] * b[i + lag];
    }
    return aa > 0 && bb > 0 ? (int)(1000.0 * ab / sqrt(aa * bb)) : 0;
}

size_t signal_best_lag(const int16_t *a, const int16_t *b, size_t n_samples, size_t lag_min,
    size_t lag_max) {
    size_t best_lag = lag_min;
    int best = -1001;
    for (size_t lag = lag_min; lag <= lag_max; lag++) {
        int now = signal_correlation_permille(a, b, n_samples, lag);
        if (now > best) {
            best = now;
            best_lag = lag;
        }
    }
    return best_lag;
}

int64_t signal_energy(const int16_t *pcm, size_t n_samples) {
    int64_t energy = 0;
    for (size_t i = 0; i < n_samples; i++) {
        energy += (int64_t)pcm[i] * pcm[i];
    }
    return energy;
}

int signal_peak(const int16_t *pcm, size_t n_samples) {
    int peak = 0;
    for (size_t i = 0; i < n_samples; i++) {
        peak = abs(pcm[i]) > peak ? abs(pcm[i]) : peak;
    }
    return peak;
}

int signal_step_max(const int16_t *pcm, size_t n_samples) {
    int step = 0;
    for (size_t i = 1; i < n_samples; i++) {
        int now = abs(pcm[i] - pcm[i - 1]);
        step = now > step ? now : step;
    }
    return step;
}
