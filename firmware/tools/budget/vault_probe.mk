# Compiles the vault's core with mbedTLS and links what the firmware takes of it, to be measured (tools.c_budget).
# In: CC and FLAGS (of the architecture), HANDSET_THIRD_PARTY, OUT.
# Makes OUT/link.map, and a call graph (.ci) beside each object.

HERE  := $(dir $(lastword $(MAKEFILE_LIST)))
VAULT := firmware/cmodules/vault
include $(VAULT)/includes.mk

COMPILE := $(CC) $(FLAGS) -std=c99 -O2 -w -ffunction-sections -fdata-sections -fcallgraph-info=su \
           -Ifirmware/cmodules $(VAULT_INCLUDES)
CORE_O  := $(patsubst $(VAULT)/%.c,$(OUT)/%.o,$(wildcard $(VAULT)/core/*.c))
LIBRARY := $(OUT)/mbedtls/libmbedcrypto.a

.DELETE_ON_ERROR:
.PHONY: library
# Objects instead of their archive: so the map says where each of them comes from.
$(OUT)/link.map: $(OUT)/vault_probe.o $(CORE_O) $(LIBRARY) $(HERE)link_probe.ld
	$(CC) $(FLAGS) -nostdlib -nostartfiles -static -T $(HERE)link_probe.ld -Wl,--gc-sections \
	    -Wl,--unresolved-symbols=ignore-all -Wl,--no-warn-rwx-segments -Wl,-Map=$@ $(filter %.o,$^) \
	    $$(find $(OUT)/mbedtls -name '*.o' | LC_ALL=C sort) -o $(OUT)/vault_probe.elf

$(LIBRARY): library ;
library:
	@$(MAKE) -s -f $(VAULT)/mbedtls.mk CC=$(CC) AR="$$($(CC) -print-prog-name=ar)" OUT=$(OUT)/mbedtls \
	    THIRD_PARTY=$(HANDSET_THIRD_PARTY) CFLAGS_EXTRA="$(FLAGS) -fcallgraph-info=su"

# Rewritten only when compiler or flags are others than last time.
ifneq ($(COMPILE),$(shell cat $(OUT)/flags 2>/dev/null))
.PHONY: $(OUT)/flags
endif
$(OUT)/flags:
	@mkdir -p $(@D)
	@printf '%s\n' '$(COMPILE)' > $@

$(OUT)/core/%.o: $(VAULT)/core/%.c $(OUT)/flags
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c $< -o $@

$(OUT)/%.o: $(HERE)%.c $(OUT)/flags
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c $< -o $@

-include $(OUT)/*.d $(OUT)/core/*.d
