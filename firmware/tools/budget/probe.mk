# Compiles the voice part with its codecs and links what the firmware takes of it, to be measured (tools.c_budget).
# In: CC and FLAGS (of the architecture), HANDSET_THIRD_PARTY, OUT; CODECS_FLAGS and CODECS_OUT of the codec
# libraries, which several OUT may share; VAULT_OUT, the vault's objects (vault_probe.mk).
# Makes OUT/link.map, and a call graph (.ci) beside each object; as target OUT/stack_probe.elf, what measures the
# stack on bare metal in QEMU.

HERE  := $(dir $(lastword $(MAKEFILE_LIST)))
VOICE := firmware/cmodules/voice
include $(VOICE)/includes.mk

COMPILE := $(CC) $(FLAGS) -std=c99 -O2 -w -ffunction-sections -fdata-sections -fcallgraph-info=su -I$(VOICE) \
           -Ifirmware/cmodules $(VOICE_CODEC_INCLUDES)
CODECS  := $(CODECS_OUT)/libcodecs.a
VAULT_O := $(addprefix $(VAULT_OUT)/core/,aead.o block.o erase.o hkdf.o hmac.o)
CORE_O  := $(patsubst $(VOICE)/%.c,$(OUT)/%.o,$(wildcard $(VOICE)/core/*.c))

.DELETE_ON_ERROR:
.PHONY: codecs
# Objects instead of their archive: so the map says where each of them comes from.
$(OUT)/link.map: $(OUT)/link_probe.o $(CORE_O) $(CODECS) $(HERE)link_probe.ld
	$(CC) $(FLAGS) -nostdlib -nostartfiles -static -T $(HERE)link_probe.ld -Wl,--gc-sections \
	    -Wl,--unresolved-symbols=ignore-all -Wl,--no-warn-rwx-segments -Wl,-Map=$@ $(filter %.o,$^) \
	    $$(find $(CODECS_OUT) -name '*.o' | LC_ALL=C sort) -o $(OUT)/link_probe.elf

# The machine has RAM from 0x80000000 on, and starts there.
$(OUT)/stack_probe.elf: $(OUT)/stack_probe.o $(CORE_O) $(CODECS)
	$(CC) $(FLAGS) --oslib=semihost --crt0=hosted -Wl,--defsym=__flash=0x80000000,--defsym=__flash_size=0x400000 \
	    -Wl,--defsym=__ram=0x80400000,--defsym=__ram_size=0x400000 $^ $(VAULT_O) \
	    $(VAULT_OUT)/mbedtls/libmbedcrypto.a -o $@

$(CODECS): codecs ;
codecs:
	@$(MAKE) -s -f $(VOICE)/codecs.mk CC=$(CC) AR="$$($(CC) -print-prog-name=ar)" OUT=$(CODECS_OUT) \
	    THIRD_PARTY=$(HANDSET_THIRD_PARTY) CFLAGS_EXTRA="$(CODECS_FLAGS) -fcallgraph-info=su"

# Rewritten only when compiler or flags are others than last time.
ifneq ($(COMPILE),$(shell cat $(OUT)/flags 2>/dev/null))
.PHONY: $(OUT)/flags
endif
$(OUT)/flags:
	@mkdir -p $(@D)
	@printf '%s\n' '$(COMPILE)' > $@

$(OUT)/core/%.o: $(VOICE)/core/%.c $(OUT)/flags
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c $< -o $@

$(OUT)/%.o: $(HERE)%.c $(OUT)/flags
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c $< -o $@

-include $(OUT)/*.d $(OUT)/core/*.d
