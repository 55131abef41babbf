"""The application with the group keys of the development configuration."""

import development_keys  # type: ignore[import-not-found]  # beside this file

from handset.security import group_keys

group_keys.install(development_keys.KEYS)
import handset.main  # noqa: E402, F401
