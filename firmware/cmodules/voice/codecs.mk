# Compiles the codec libraries from their released sources into one archive.
#
#   make -f firmware/cmodules/voice/codecs.mk TARGET=native \
#        THIRD_PARTY=build/third_party OUT=build/codecs/native CC=gcc CFLAGS_EXTRA=...
#
# THIRD_PARTY holds the unpacked folders opus, vo-amrwbenc and opencore-amr. Everything made goes
# below OUT; the source folders are only read. Runs incrementally and with -j, and rebuilds all
# when the compiler or a flag changes.
#
# Files below fast/<library>/ stand in for the library's files of the same name: the same results with
# fewer instructions. RELEASED=1 leaves them out and compiles the libraries as released, with nothing
# but the repairs of fixes/: what the others are compared with. It wants an OUT of its own.
#
# LIBRARY_WRAPPERS=1 also makes libwrappers.a, the libraries' own E_IF_*, D_IF_*, Encoder_Interface_*
# and Decoder_Interface_* entry points. They allocate; only tests that compare with them may link them.
#
# AMRNB_PREFIX is put before every global name of AMR-NB: a program may link two builds of it.

THIS  := $(lastword $(MAKEFILE_LIST))
FIXES := $(dir $(THIS))fixes
FAST  := $(dir $(THIS))fast

TARGET      ?= native
THIRD_PARTY ?= build/third_party
OUT         ?= build/codecs/$(TARGET)$(if $(RELEASED),-released)
OPTIMIZE    ?= -O2
CFLAGS_EXTRA ?=
AMRNB_PREFIX ?= amrnb_

ifdef RELEASED
FAST_OF =
else
# Names without .c of what stands in for files of a library: $(call FAST_OF,folder below fast/)
FAST_OF = $(patsubst $(FAST)/$(1)/%.c,%,$(sort $(wildcard $(FAST)/$(1)/*.c)))
endif

OPUS     := $(THIRD_PARTY)/opus
VOAMRWB  := $(THIRD_PARTY)/vo-amrwbenc
OPENCORE := $(THIRD_PARTY)/opencore-amr
OCWB     := $(OPENCORE)/opencore/codecs_v2/audio/gsm_amr/amr_wb/dec
OCNB     := $(OPENCORE)/opencore/codecs_v2/audio/gsm_amr/amr_nb

ifneq ($(wildcard $(OPUS)/opus_sources.mk $(VOAMRWB)/wrapper.c $(OPENCORE)/amrwb/wrapper.cpp),\
$(OPUS)/opus_sources.mk $(VOAMRWB)/wrapper.c $(OPENCORE)/amrwb/wrapper.cpp)
$(error codec sources missing: expected folders opus, vo-amrwbenc and opencore-amr in $(abspath $(THIRD_PARTY)); fetch them first)
endif

.DELETE_ON_ERROR:
# Made on the way and kept: a build after that finds nothing to do.
.PRECIOUS: $(OUT)/fixes/%.c
.SUFFIXES:
.PHONY: all clean
all: $(OUT)/libcodecs.a

# --- what to compile ------------------------------------------------------------------------

include $(OPUS)/celt_sources.mk
include $(OPUS)/silk_sources.mk
include $(OPUS)/opus_sources.mk

# One channel, one stream: no surround, no ambisonics.
OPUS_UNUSED := src/opus_multistream% src/opus_projection% src/mapping_matrix%
OPUS_C := $(filter-out $(OPUS_UNUSED),\
            $(CELT_SOURCES) $(SILK_SOURCES) $(SILK_SOURCES_FIXED) $(OPUS_SOURCES))

# Ours, bit-exact and faster, in the place of released files of the same functions.
ifeq ($(RELEASED),)
OPUS_REPLACED := silk/NSQ.c silk/LPC_analysis_filter.c
OPUS_FAST_C   := $(sort $(wildcard $(FAST)/opus/*.c))
endif
OPUS_C := $(filter-out $(OPUS_REPLACED),$(OPUS_C))

# Some files of it are ours, see fast/. Two are repaired on the way where they are not, see fixes/.
VOAMRWB_FAST  := $(call FAST_OF,amrwb)
# Here one function is replaced, and the rest stays: the library's gets another name, and nobody calls it.
VOAMRWB_SPLIT := $(if $(filter dot_product,$(VOAMRWB_FAST)),math_op:voAWB_Dot_product12) \
                 $(if $(filter pitch_med_ol,$(VOAMRWB_FAST)),p_med_ol:Pitch_med_ol)
VOAMRWB_FIXED := $(filter-out $(VOAMRWB_FAST),util c4t64fx)
VOAMRWB_C := $(filter-out $(patsubst %,amrwbenc/src/%.c,$(VOAMRWB_FAST) $(VOAMRWB_FIXED)),\
               $(patsubst $(VOAMRWB)/%,%,$(sort $(wildcard $(VOAMRWB)/amrwbenc/src/*.c))))

# Its headers, with which a chip spends 25 kB of RAM less: tables are variables that nobody changes, and
# the buffer for samples has room for three frames where the engine hands over one and takes its packet.
VOAMRWB_INC := $(patsubst $(VOAMRWB)/amrwbenc/inc/%,$(OUT)/fixes/amrwbenc/%,\
                 $(sort $(wildcard $(VOAMRWB)/amrwbenc/inc/*)))

# decoder_amr_wb.cpp is a file decoder that the library itself does not build.
OPENCORE_CPP := $(patsubst $(OPENCORE)/%,%,\
                  $(sort $(filter-out %/decoder_amr_wb.cpp,$(wildcard $(OCWB)/src/*.cpp))))

# The folders of AMR-NB also hold what the library itself does not build: other interfaces, a second
# voice activity detector, and functions that live in another file by now.
AMRNB_UNUSED := $(addprefix $(OCNB)/,dec/src/decoder_gsm_amr.cpp dec/src/pvgsmamrdecoder.cpp \
                  enc/src/gsmamr_encoder_wrapper.cpp \
                  $(patsubst %,common/src/%.cpp,bits2prm copy div_32 l_abs r_fft vad1 vad2))
AMRNB_FAST := $(call FAST_OF,amrnb)
AMRNB_CPP  := $(patsubst $(OPENCORE)/%,%,$(filter-out $(AMRNB_UNUSED) $(AMRNB_FAST:%=\%/%.cpp),\
                $(sort $(wildcard $(OCNB)/*/src/*.cpp))))

# --- how to compile -------------------------------------------------------------------------

COMMON := $(OPTIMIZE) -w -ffunction-sections -fdata-sections $(CFLAGS_EXTRA)

# Stands in the place of celt/arch.h, whose guard it defines, see fixes/.
OPUS_ARCH := $(OUT)/fixes/opus/arch.h

# Fixed point, temporaries on the caller's stack. ENABLE_HARDENING keeps upstream's own checks on
# what comes in from outside, as its released builds do.
OPUS_FLAGS := -std=c99 -DOPUS_BUILD -DFIXED_POINT -DDISABLE_FLOAT_API -DVAR_ARRAYS \
              -DENABLE_HARDENING -I$(OPUS)/include -I$(OPUS)/celt -I$(OPUS)/silk \
              -I$(OPUS)/silk/fixed -I$(OPUS) -include $(OPUS_ARCH) \
              $(if $(RELEASED),,-include $(FAST)/opus/library.h)

VOAMRWB_FLAGS := -std=gnu99 -I$(OUT)/fixes/amrwbenc -I$(VOAMRWB)/common/include -I$(VOAMRWB)

# The .cpp files are C that C++ compilers also take.
OPENCORE_FLAGS := -x c -std=c99 -I$(OPENCORE)/oscl -I$(OCWB)/src -I$(OCWB)/include \
                  -I$(OPENCORE)/amrwb \
                  -I$(OPENCORE)/opencore/codecs_v2/audio/gsm_amr/common/dec/include

# Its headers as its own build has them, but for those of ours that come first, see fixes/.
AMRNB_FLAGS := -x c -std=c99 -DAMRNB_PREFIX=$(AMRNB_PREFIX) -include $(FIXES)/opencore-amr/names.h \
               -I$(FIXES)/opencore-amr -I$(OPENCORE)/oscl -I$(OCNB)/dec/src -I$(OCNB)/common/include \
               -I$(OCNB)/dec/include -I$(OPENCORE)/opencore/codecs_v2/audio/gsm_amr/common/dec/include \
               -I$(OCNB)/enc/src

# Loops that fill the registers just so: the scheduler before register allocation would need more.
FAST_FLAGS := -fno-schedule-insns

OPUS_O     := $(OPUS_C:%.c=$(OUT)/opus/%.o) $(OPUS_FAST_C:$(FAST)/%.c=$(OUT)/fast/%.o)
VOAMRWB_O  := $(VOAMRWB_C:%.c=$(OUT)/vo-amrwbenc/%.o) \
              $(VOAMRWB_FIXED:%=$(OUT)/fixes/%.o) $(VOAMRWB_FAST:%=$(OUT)/fast/amrwb/%.o)
OPENCORE_O := $(OPENCORE_CPP:%.cpp=$(OUT)/opencore-amr/%.o)
AMRNB_O    := $(AMRNB_CPP:%.cpp=$(OUT)/opencore-amr/%.o) $(AMRNB_FAST:%=$(OUT)/fast/amrnb/%.o)
WRAPPERS_O := $(OUT)/vo-amrwbenc/wrapper.o $(OUT)/vo-amrwbenc/common/cmnMemory.o \
              $(OUT)/opencore-amr/amrwb/wrapper.o $(OUT)/opencore-amr/amrnb/wrapper.o
LIBRARY_O  := $(OPUS_O) $(VOAMRWB_O) $(OPENCORE_O) $(AMRNB_O)
ALL_O      := $(LIBRARY_O)

ifdef LIBRARY_WRAPPERS
all: $(OUT)/libwrappers.a
ALL_O += $(WRAPPERS_O)
endif

# What an earlier build made of files that others have replaced since: c_budget takes what it finds.
GONE := $(filter-out $(ALL_O),$(shell test ! -d $(OUT) || find $(OUT) -name '*.o'))
$(if $(GONE),$(shell rm -f $(GONE) $(GONE:.o=.d) $(GONE:.o=.ci)))

# --- rules ----------------------------------------------------------------------------------

$(OUT)/libcodecs.a: $(LIBRARY_O)
$(OUT)/libwrappers.a: $(WRAPPERS_O)

%.a:
	@echo "AR $@"
	@rm -f $@
	@$(AR) rcs $@ $^

define compile
@mkdir -p $(@D)
@echo "CC $*"
@$(CC) $(COMMON) $(1) -MMD -MP -MF $(@:.o=.d) -c $< -o $@
endef

$(OUT)/opus/%.o: $(OPUS)/%.c $(OUT)/flags $(OPUS_ARCH)
	$(call compile,$(OPUS_FLAGS))

$(OUT)/fast/opus/%.o: $(FAST)/opus/%.c $(OUT)/flags $(OPUS_ARCH)
	$(call compile,$(OPUS_FLAGS))

$(OUT)/vo-amrwbenc/%.o: $(VOAMRWB)/%.c $(OUT)/flags
	$(call compile,$(VOAMRWB_FLAGS))

$(OUT)/fixes/amrwbenc/%.tab: $(VOAMRWB)/amrwbenc/inc/%.tab $(THIS)
	@mkdir -p $(@D)
	@sed -E 's/^ ?(static )?Word16 /\1const Word16 /' $< > $@

$(OUT)/fixes/amrwbenc/%.h: $(VOAMRWB)/amrwbenc/inc/%.h $(THIS)
	@mkdir -p $(@D)
	@sed -E 's/^(#define Frame_Maxsize) .*/\1 640/' $< > $@

$(VOAMRWB_O): $(VOAMRWB_INC)

# $(call renamed,file,function)
define renamed
$(OUT)/vo-amrwbenc/amrwbenc/src/$(1).o: VOAMRWB_FLAGS += -D$(2)=unused_$(2)
endef
$(foreach split,$(VOAMRWB_SPLIT),$(eval $(call renamed,$(firstword $(subst :, ,$(split))),$(lastword $(subst :, ,$(split))))))

$(OUT)/fixes/%.o: $(FIXES)/vo-amrwbenc/%.c $(OUT)/flags
	$(call compile,$(VOAMRWB_FLAGS))

$(OUT)/fixes/%.o: $(OUT)/fixes/%.c $(OUT)/flags
	$(call compile,$(VOAMRWB_FLAGS))

$(OUT)/fast/amrwb/%.o: $(FAST)/amrwb/%.c $(OUT)/flags
	$(call compile,$(VOAMRWB_FLAGS))

$(OUT)/fixes/%.c: $(VOAMRWB)/amrwbenc/src/%.c $(FIXES)/vo-amrwbenc/%.sed
	@mkdir -p $(@D)
	@sed -f $(FIXES)/vo-amrwbenc/$*.sed $< > $@
	@test "$$(diff $< $@ | grep -c '^>')" = 2 || { \
	  echo "codecs.mk: $*.sed does not fit this release of vo-amrwbenc" >&2; exit 1; }

# Where arch.h makes a function: celt.c says this only after the file in its place has come.
$(OUT)/opus/celt/celt.o: OPUS_FLAGS += -DCELT_C=

$(OPUS_ARCH): $(OPUS)/celt/arch.h $(FIXES)/opus/arch.sed
	@mkdir -p $(@D)
	@sed -f $(FIXES)/opus/arch.sed $< > $@
	@test "$$(diff $< $@ | grep -c '^>')" = 1 || { \
	  echo "codecs.mk: arch.sed does not fit this release of Opus" >&2; exit 1; }

$(OUT)/opencore-amr/%.o: $(OPENCORE)/%.cpp $(OUT)/flags
	$(call compile,$(OPENCORE_FLAGS))

$(OUT)/opencore-amr/$(OCNB:$(OPENCORE)/%=%)/%.o: $(OCNB)/%.cpp $(OUT)/flags
	$(call compile,$(AMRNB_FLAGS))

$(OUT)/opencore-amr/amrnb/%.o: $(OPENCORE)/amrnb/%.cpp $(OUT)/flags
	$(call compile,$(AMRNB_FLAGS))

$(OUT)/fast/amrnb/%.o: $(FAST)/amrnb/%.c $(OUT)/flags
	$(call compile,$(AMRNB_FLAGS) $(FAST_FLAGS))

# Rewritten only when the compiler, a flag or the choice of files is another than last time.
FLAGS_NOW := $(if $(RELEASED),released) $(CC) $(COMMON) $(OPUS_FLAGS) $(VOAMRWB_FLAGS) $(OPENCORE_FLAGS) \
             $(AMRNB_FLAGS) $(AMRNB_FAST) $(FAST_FLAGS)
ifneq ($(FLAGS_NOW),$(shell cat $(OUT)/flags 2>/dev/null))
.PHONY: $(OUT)/flags
endif
$(OUT)/flags:
	@mkdir -p $(@D)
	@printf '%s\n' '$(FLAGS_NOW)' > $@

clean:
	rm -rf $(OUT)

-include $(ALL_O:.o=.d)
