# What core/*.c needs to see mbedTLS, with our choice of its parts.
# In: HANDSET_THIRD_PARTY. Out: VAULT_INCLUDES.
VAULT_HERE := $(abspath $(dir $(lastword $(MAKEFILE_LIST))))
VAULT_INCLUDES := -isystem $(HANDSET_THIRD_PARTY)/mbedtls/include \
                  -DMBEDTLS_CONFIG_FILE=\"$(VAULT_HERE)/mbedtls_config.h\"
