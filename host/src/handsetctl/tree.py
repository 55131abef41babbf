"""Where things are in a checkout of the repository: the package runs from its tree."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD_DIR = ROOT / "build"
THIRD_PARTY_DIR = BUILD_DIR / "third_party"
SPEECH_DIR = BUILD_DIR / "speech"
BOARDS_DIR = ROOT / "boards"
FIRMWARE_DIR = ROOT / "firmware"
