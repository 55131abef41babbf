"""Development: the application, until Ctrl-C; then MicroPython's prompt."""

import handset.main  # noqa: F401
