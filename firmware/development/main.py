"""Development: the application, with what was pushed, until Ctrl-C; then MicroPython's prompt."""

import working_tree  # type: ignore[import-not-found]  # frozen beside this file

working_tree.load_pushed()
import protected  # type: ignore[import-not-found]  # noqa: E402, F401
