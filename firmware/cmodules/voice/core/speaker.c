#include "speaker.h"

void voice_speaker_init(struct voice_speaker *speaker) {
    speaker->volume = VOICE_GAIN_ONE;
    voice_limiter_init(&speaker->limiter, VOICE_GAIN_ONE);
    voice_tone_init(&speaker->tone);
}

void voice_speaker_set_volume(struct voice_speaker *speaker, int volume_db) {
    if (volume_db < VOICE_VOLUME_MIN_DB) {
        speaker->volume = 0;
        return;
    }
    if (volume_db > VOICE_VOLUME_MAX_DB) {
        volume_db = VOICE_VOLUME_MAX_DB;
    }
    int n_steps = (volume_db - VOICE_VOLUME_MIN_DB) / VOICE_VOLUME_STEP_DB;
    speaker->volume = voice_gain_of_mb((VOICE_VOLUME_MIN_DB + n_steps * VOICE_VOLUME_STEP_DB) * 100);
}

void voice_speaker_start_tone(struct voice_speaker *speaker, enum voice_tone_kind kind) {
    voice_tone_start(&speaker->tone, kind);
}

// While a tone sounds, speech leaves it room below the ceiling.
void voice_speaker_tick(struct voice_speaker *speaker, int16_t pcm[VOICE_FRAME_SAMPLES]) {
    bool sounds = voice_tone_sounds(&speaker->tone);
    voice_limiter_tick(&speaker->limiter, pcm, speaker->volume,
        sounds ? VOICE_CEILING - VOICE_TONE_PEAK : VOICE_CEILING);
    if (sounds) {
        voice_tone_tick(&speaker->tone, pcm);
    }
}
