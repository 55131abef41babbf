"""Makes the helper modules of this directory importable under any import mode."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
