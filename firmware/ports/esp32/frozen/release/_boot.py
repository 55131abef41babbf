"""Release: the application starts here, where Ctrl-C is off, and nothing comes after it.

No file system is mounted, so there is no `boot.py` or `main.py` to be run instead.
"""

import handset.main  # noqa: F401
