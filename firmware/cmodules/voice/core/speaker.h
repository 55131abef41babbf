// What comes after the receiver: volume, tones, and a limiter.
#ifndef VOICE_SPEAKER_H
#define VOICE_SPEAKER_H

#include "limiter.h"
#include "tone.h"

#define VOICE_VOLUME_MIN_DB (-36)
#define VOICE_VOLUME_MAX_DB 12
#define VOICE_VOLUME_STEP_DB 3

struct voice_speaker {
    int32_t volume; // in 1/VOICE_GAIN_ONE
    struct voice_limiter limiter;
    struct voice_tone tone;
};

// Speech as loud as it comes (0 dB), no tone.
void voice_speaker_init(struct voice_speaker *speaker);

// The volume of speech from the next frame on, without a click. Rounded down to a step; above the
// range is its loudest, below it is off. Tones keep their level: also who has turned it off hears
// that the floor was denied.
void voice_speaker_set_volume(struct voice_speaker *speaker, int volume_db);

// See voice_tone_start().
void voice_speaker_start_tone(struct voice_speaker *speaker, enum voice_tone_kind kind);

// One frame of what was received, changed in place into what the loudspeaker plays.
void voice_speaker_tick(struct voice_speaker *speaker, int16_t pcm[VOICE_FRAME_SAMPLES]);

#endif
