"""Makes this folder's helper modules importable; no time limit on an example: a busy machine is
no failure."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")
