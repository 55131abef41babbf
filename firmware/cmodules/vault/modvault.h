// What the two bindings share: modvault.c and modcustody.c.
#ifndef VAULT_MODVAULT_H
#define VAULT_MODVAULT_H

#include "py/obj.h"

NORETURN void vault_raise_no_randomness(void);
NORETURN void vault_raise_cipher(void);
mp_buffer_info_t vault_readable(mp_obj_t from);

// vault.custody: there is one, so its functions stand in an object like a module.
extern const mp_obj_module_t vault_custody_object;

#endif
