# Compiles what the module `vault` uses of mbedTLS, from its released sources, into one archive.
#
#   make -f firmware/cmodules/vault/mbedtls.mk TARGET=native \
#        THIRD_PARTY=build/third_party OUT=build/mbedtls/native CC=gcc CFLAGS_EXTRA=...
#
# THIRD_PARTY holds the unpacked folder mbedtls, which is only read. Runs incrementally and with -j,
# and rebuilds all when the compiler or a flag changes.

VAULT := $(dir $(lastword $(MAKEFILE_LIST)))

TARGET      ?= native
THIRD_PARTY ?= build/third_party
OUT         ?= build/mbedtls/$(TARGET)
OPTIMIZE    ?= -O2
CFLAGS_EXTRA ?=

MBEDTLS := $(THIRD_PARTY)/mbedtls

ifeq ($(wildcard $(MBEDTLS)/library/gcm.c),)
$(error mbedTLS's sources are missing: expected $(abspath $(MBEDTLS)); fetch them first)
endif

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all clean
all: $(OUT)/libmbedcrypto.a

# What mbedtls_config.h switches on, and what that calls.
SOURCES := aes block_cipher constant_time gcm platform_util sha256
OBJECTS := $(SOURCES:%=$(OUT)/%.o)

HANDSET_THIRD_PARTY := $(THIRD_PARTY)
include $(VAULT)includes.mk

FLAGS := -std=c99 $(OPTIMIZE) -w -ffunction-sections -fdata-sections $(VAULT_INCLUDES) $(CFLAGS_EXTRA)

$(OUT)/libmbedcrypto.a: $(OBJECTS)
	@echo "AR $@"
	@rm -f $@
	@$(AR) rcs $@ $^

$(OUT)/%.o: $(MBEDTLS)/library/%.c $(OUT)/flags
	@mkdir -p $(@D)
	@echo "CC $*"
	@$(CC) $(FLAGS) -MMD -MP -c $< -o $@

# Rewritten only when the compiler or a flag is another than last time.
FLAGS_NOW := $(CC) $(FLAGS)
ifneq ($(FLAGS_NOW),$(shell cat $(OUT)/flags 2>/dev/null))
.PHONY: $(OUT)/flags
endif
$(OUT)/flags:
	@mkdir -p $(@D)
	@printf '%s\n' '$(FLAGS_NOW)' > $@

clean:
	rm -rf $(OUT)

-include $(OBJECTS:.o=.d)
