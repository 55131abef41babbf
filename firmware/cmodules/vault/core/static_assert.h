// C99 has no static assertion: an array type of negative size stops the compiler as well.
#ifndef VAULT_STATIC_ASSERT_H
#define VAULT_STATIC_ASSERT_H

#define VAULT_STATIC_ASSERT(name, condition) typedef char vault_assert_##name[(condition) ? 1 : -1]

#endif
