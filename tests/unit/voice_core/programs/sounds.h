// Sounds for tests, and how to compare them.
#ifndef SOUNDS_H
#define SOUNDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Something like speech: voiced syllables with a moving pitch and two formants, hissing in
// between, pauses. Any length; sample i depends on i alone and on the samples before.
void signal_speech(int16_t *pcm, size_t n_samples);

// A steady vowel at a pitch of 125 Hz.
void signal_vowel(int16_t *pcm, size_t n_samples);

// A sine of amplitude 8000.
void signal_tone(int16_t *pcm, size_t n_samples, unsigned frequency_hz);

// Recorded French: phrases at an active level of -26 dBov, each after two seconds of digital silence.
#define RECORDED_SAMPLES (70u * 16000u)
const int16_t *signal_recorded(void);
// Whether these 20 ms of it are less than 16 dB below the active level, as in ITU-T P.56.
bool signal_recorded_is_spoken(size_t frame);

// Repeatable noise with this root mean square: white; brown, as of engines (6 dB less each octave
// above 30 Hz); wind, in gusts (12 dB less each octave above 100 Hz).
void signal_white(int16_t *pcm, size_t n_samples, double rms);
void signal_brown(int16_t *pcm, size_t n_samples, double rms);
void signal_wind(int16_t *pcm, size_t n_samples, double rms);

// Root mean square.
double signal_rms(const int16_t *pcm, size_t n_samples);
// Amplitude of the sine of this frequency in it.
double signal_amplitude_of(const int16_t *pcm, size_t n_samples, double frequency_hz);

// Normalised correlation of b, delayed by `lag`, with a: 1000 means the same shape.
int signal_correlation_permille(const int16_t *a, const int16_t *b, size_t n_samples, size_t lag);

// The lag of b behind a, lag_min to lag_max, at which they correlate best.
size_t signal_best_lag(const int16_t *a, const int16_t *b, size_t n_samples, size_t lag_min,
    size_t lag_max);

int64_t signal_energy(const int16_t *pcm, size_t n_samples);
int signal_peak(const int16_t *pcm, size_t n_samples);
// The largest step from a sample to the next.
int signal_step_max(const int16_t *pcm, size_t n_samples);

#endif
