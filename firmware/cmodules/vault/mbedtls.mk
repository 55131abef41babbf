# Compiles what the module `vault` uses of mbedTLS, from its released sources, into one archive.
#
#   make -f firmware/cmodules/vault/mbedtls.mk TARGET=native \
#        THIRD_PARTY=build/third_party OUT=build/mbedtls/native CC=gcc CFLAGS_EXTRA=...
#
# THIRD_PARTY holds the unpacked folder mbedtls, which is only read; one file of it is changed on the
# way, see fixes/. Runs incrementally and with -j, and rebuilds all when the compiler or a flag changes.

VAULT := $(dir $(lastword $(MAKEFILE_LIST)))

TARGET      ?= native
THIRD_PARTY ?= build/third_party
OUT         ?= build/mbedtls/$(TARGET)
OPTIMIZE    ?= -O2
CFLAGS_EXTRA ?=

MBEDTLS := $(THIRD_PARTY)/mbedtls

ifeq ($(and $(wildcard $(MBEDTLS)/library/gcm.c),$(wildcard $(MBEDTLS)/3rdparty/everest/README.md)),)
$(error mbedTLS's sources are missing: expected $(abspath $(MBEDTLS)); fetch them first)
endif

.DELETE_ON_ERROR:
.SUFFIXES:
# Made on the way and kept: a build after that finds nothing to do.
.PRECIOUS: $(OUT)/fixes/%.c
.PHONY: all clean
all: $(OUT)/libmbedcrypto.a

# What mbedtls_config.h switches on, and what that calls; and gcm.c, see fixes/.
SOURCES := aes block_cipher constant_time platform_util sha256
OBJECTS := $(SOURCES:%=$(OUT)/%.o) $(OUT)/fixes/gcm.o $(OUT)/curve25519.o

EVEREST := $(MBEDTLS)/3rdparty/everest
EVEREST_INCLUDES := $(addprefix -I$(EVEREST)/,library include include/everest include/everest/kremlib)

HANDSET_THIRD_PARTY := $(THIRD_PARTY)
include $(VAULT)includes.mk

MBEDTLS_CFLAGS := -std=c99 $(OPTIMIZE) -w -ffunction-sections -fdata-sections $(VAULT_INCLUDES) $(CFLAGS_EXTRA)

$(OUT)/libmbedcrypto.a: $(OBJECTS)
	@echo "AR $@"
	@rm -f $@
	@$(AR) rcs $@ $^

define compile
@mkdir -p $(@D)
@echo "CC $(@F:.o=)"
@$(CC) $(MBEDTLS_CFLAGS) $(1) -MMD -MP -c $< -o $@
endef

$(OUT)/%.o: $(MBEDTLS)/library/%.c $(OUT)/flags
	$(call compile)

$(OUT)/curve25519.o: $(VAULT)everest/curve25519.c $(OUT)/flags
	$(call compile,$(EVEREST_INCLUDES))

$(OUT)/fixes/%.o: $(OUT)/fixes/%.c $(OUT)/flags
	$(call compile,-I$(MBEDTLS)/library)

$(OUT)/fixes/%.c: $(MBEDTLS)/library/%.c $(VAULT)fixes/%.sed
	@mkdir -p $(@D)
	@sed -f $(VAULT)fixes/$*.sed $< > $@
	@test "$$(diff $< $@ | grep -c '^>')" = 3 || { \
	  echo "mbedtls.mk: $*.sed does not fit this release of mbedTLS" >&2; exit 1; }

# Rewritten only when the compiler or a flag is another than last time.
FLAGS_NOW := $(CC) $(MBEDTLS_CFLAGS)
ifneq ($(FLAGS_NOW),$(shell cat $(OUT)/flags 2>/dev/null))
.PHONY: $(OUT)/flags
endif
$(OUT)/flags:
	@mkdir -p $(@D)
	@printf '%s\n' '$(FLAGS_NOW)' > $@

clean:
	rm -rf $(OUT)

-include $(OBJECTS:.o=.d)
