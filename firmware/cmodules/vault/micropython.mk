# C module `vault` in a MicroPython build that uses make.
#
# The outer build compiles mbedTLS first (mbedtls.mk) and passes, as absolute paths,
#   HANDSET_THIRD_PARTY  folder with the unpacked mbedtls
#   HANDSET_MBEDTLS      folder with libmbedcrypto.a
# The port gives the functions of entropy.h and device_secret.h.

ifeq ($(HANDSET_MBEDTLS),)
$(error HANDSET_MBEDTLS is not set: folder with libmbedcrypto.a, see vault/mbedtls.mk)
endif

VAULT_DIR := $(USERMOD_DIR)

SRC_USERMOD_C += $(VAULT_DIR)/modvault.c $(VAULT_DIR)/modcustody.c
SRC_USERMOD_LIB_C += $(sort $(wildcard $(VAULT_DIR)/core/*.c))

# Others say "vault/core/aead.h".
CFLAGS_USERMOD += -I$(USER_C_MODULES)
LDFLAGS_USERMOD += $(HANDSET_MBEDTLS)/libmbedcrypto.a

# Only the core sees mbedTLS's headers, and as system headers: they are not ours.
include $(VAULT_DIR)/includes.mk
VAULT_BUILD := $(BUILD)/$(patsubst $(USER_C_MODULES)/%,%,$(VAULT_DIR))
$(VAULT_BUILD)/core/%.o: CFLAGS += $(VAULT_INCLUDES)

# A new library makes a new link.
$(VAULT_BUILD)/core/aead.o: $(HANDSET_MBEDTLS)/libmbedcrypto.a
