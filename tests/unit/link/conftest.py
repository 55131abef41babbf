"""Makes this folder's test doubles importable by its tests."""

import sys
from pathlib import Path

from hypothesis import settings

# A loaded machine is no defect of the parser under test.
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")
sys.path.insert(0, str(Path(__file__).parent))
