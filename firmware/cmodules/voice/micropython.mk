# C module `voice` in a MicroPython build that uses make.
#
# The outer build compiles the codec libraries first (codecs.mk) and passes, as absolute paths,
#   HANDSET_THIRD_PARTY  folder with the unpacked opus, vo-amrwbenc and opencore-amr
#   HANDSET_CODECS       folder with libcodecs.a
#   HANDSET_GENERATED    folder with board_facts.h
#   VOICE_IO             the port's audio device (io.h), such as io_sim.c

ifeq ($(HANDSET_CODECS),)
$(error HANDSET_CODECS is not set: folder with libcodecs.a, see voice/codecs.mk)
endif
ifeq ($(HANDSET_THIRD_PARTY),)
$(error HANDSET_THIRD_PARTY is not set: folder with the unpacked codec sources)
endif
ifeq ($(HANDSET_GENERATED),)
$(error HANDSET_GENERATED is not set: folder with board_facts.h)
endif

VOICE_IO ?= io_sim.c
VOICE_DIR := $(USERMOD_DIR)

SRC_USERMOD_C += $(VOICE_DIR)/modvoice.c
SRC_USERMOD_LIB_C += $(VOICE_DIR)/$(VOICE_IO) $(sort $(wildcard $(VOICE_DIR)/core/*.c))

CFLAGS_USERMOD += -I$(VOICE_DIR)
LDFLAGS_USERMOD += $(HANDSET_CODECS)/libcodecs.a $(if $(filter io_sim.c,$(VOICE_IO)),-lpthread)

# Only the codec files see the libraries' headers, and as system headers: they are not ours.
include $(VOICE_DIR)/includes.mk
VOICE_BUILD := $(BUILD)/$(patsubst $(USER_C_MODULES)/%,%,$(VOICE_DIR))
$(VOICE_BUILD)/core/codec_amrwb.o: CFLAGS += $(VOICE_AMRWB_INCLUDES)
$(VOICE_BUILD)/core/codec_amrnb.o: CFLAGS += $(VOICE_AMRNB_INCLUDES)
$(VOICE_BUILD)/core/codec_opus.o: CFLAGS += $(VOICE_OPUS_INCLUDES) \
    -DVOICE_OPUS_COMPLEXITY=$(shell sed -n 's/^.define HANDSET_VOICE_OPUS_COMPLEXITY //p' $(HANDSET_GENERATED)/board_facts.h)
$(VOICE_BUILD)/core/codec_opus.o: $(HANDSET_GENERATED)/board_facts.h

# Names of figures become names in Python.
QSTR_GLOBAL_DEPENDENCIES += $(VOICE_DIR)/core/stats.h
# A new library makes a new link.
$(VOICE_BUILD)/core/codec.o: $(HANDSET_CODECS)/libcodecs.a
