# Where the codec libraries keep the headers that core/codec_*.c include.
# In: HANDSET_THIRD_PARTY. Out: VOICE_AMRWB_INCLUDES, VOICE_OPUS_INCLUDES.
VOICE_OPENCORE := $(HANDSET_THIRD_PARTY)/opencore-amr
VOICE_OPENCORE_AMR := $(VOICE_OPENCORE)/opencore/codecs_v2/audio/gsm_amr
VOICE_AMRWB_INCLUDES := -isystem $(HANDSET_THIRD_PARTY)/vo-amrwbenc/common/include \
                        -isystem $(VOICE_OPENCORE_AMR)/amr_wb/dec/src \
                        -isystem $(VOICE_OPENCORE_AMR)/amr_wb/dec/include \
                        -isystem $(VOICE_OPENCORE_AMR)/common/dec/include \
                        -isystem $(VOICE_OPENCORE)/oscl
VOICE_OPUS_INCLUDES := -isystem $(HANDSET_THIRD_PARTY)/opus/include
