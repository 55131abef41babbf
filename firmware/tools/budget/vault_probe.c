// Links what the firmware takes of the vault. Never runs (tools.c_budget).

#include "vault/core/aead.h"
#include "vault/core/block.h"
#include "vault/core/custody.h"
#include "vault/core/device.h"
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
    (const void *)vault_device_hmac,
    (const void *)vault_custody_begin,
    (const void *)vault_custody_forget,
    (const void *)vault_custody_lock,
    (const void *)vault_custody_is_open,
    (const void *)vault_custody_mac,
    (const void *)vault_custody_name_id,
    (const void *)vault_custody_create,
    (const void *)vault_custody_pin_begin,
    (const void *)vault_custody_pin_step,
    (const void *)vault_custody_pin_forget,
    (const void *)vault_custody_wrap,
    (const void *)vault_custody_load,
    (const void *)vault_custody_unlock,
    (const void *)vault_custody_seal,
    (const void *)vault_custody_open,
    (const void *)vault_custody_seal_box,
    (const void *)vault_custody_open_box,
};
