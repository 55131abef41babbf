// Links what the firmware takes of the vault. Never runs (tools.c_budget).

#include "vault/core/aead.h"
#include "vault/core/block.h"
#include "vault/core/hkdf.h"
#include "vault/core/rng.h"

const void *const budget_entry[] = {
    (const void *)vault_aead_init,
    (const void *)vault_aead_seal,
    (const void *)vault_aead_open,
    (const void *)vault_aead_forget,
    (const void *)vault_aes128_block,
    (const void *)vault_hkdf_extract,
    (const void *)vault_hkdf_expand,
    (const void *)vault_rng_fill,
    (const void *)vault_rng_state,
    (const void *)vault_rng_source,
};
