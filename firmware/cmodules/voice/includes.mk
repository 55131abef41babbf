# Where the codec libraries keep the headers that core/codec_*.c include.
# In: HANDSET_THIRD_PARTY. Out: VOICE_AMRWB_INCLUDES, VOICE_AMRNB_INCLUDES and
# VOICE_OPUS_INCLUDES, and all of them as VOICE_CODEC_INCLUDES.
VOICE_FIXES := $(dir $(lastword $(MAKEFILE_LIST)))fixes
VOICE_OPENCORE := $(HANDSET_THIRD_PARTY)/opencore-amr
VOICE_OPENCORE_AMR := $(VOICE_OPENCORE)/opencore/codecs_v2/audio/gsm_amr
VOICE_AMRWB_INCLUDES := -isystem $(HANDSET_THIRD_PARTY)/vo-amrwbenc/common/include \
                        -isystem $(VOICE_OPENCORE_AMR)/amr_wb/dec/src \
                        -isystem $(VOICE_OPENCORE_AMR)/amr_wb/dec/include \
                        -isystem $(VOICE_OPENCORE_AMR)/common/dec/include \
                        -isystem $(VOICE_OPENCORE)/oscl
VOICE_AMRNB_INCLUDES := -isystem $(VOICE_FIXES)/opencore-amr \
                        -isystem $(VOICE_OPENCORE_AMR)/amr_nb/dec/src \
                        -isystem $(VOICE_OPENCORE_AMR)/amr_nb/enc/src \
                        -isystem $(VOICE_OPENCORE_AMR)/amr_nb/common/include \
                        -isystem $(VOICE_OPENCORE_AMR)/amr_nb/dec/include \
                        -isystem $(VOICE_OPENCORE_AMR)/common/dec/include \
                        -isystem $(VOICE_OPENCORE)/oscl
VOICE_OPUS_INCLUDES := -isystem $(HANDSET_THIRD_PARTY)/opus/include
VOICE_CODEC_INCLUDES := $(VOICE_AMRNB_INCLUDES) $(VOICE_AMRWB_INCLUDES) $(VOICE_OPUS_INCLUDES)
