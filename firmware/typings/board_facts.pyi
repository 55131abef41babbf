# What tools.board_facts writes; a board has only the parts its board.toml names.
from typing import Any

NAME: str
TITLE: str
CHIP: str
PORT: str
ARCHITECTURE: str
CAPABILITIES: tuple[str, ...]
CODECS: tuple[str, ...]
BUTTONS: tuple[str, ...]
HEAP_BYTES: int
STORE_RECORDS: int
RAM_TOTAL_BYTES: int
RAM_SYSTEM_BYTES: int
VOICE_ROM_BYTES: int
VOICE_RAM_BYTES: int
VOICE_STACK_BYTES: int
FLASH_SIZE_BYTES: int
FLASH_SECTOR_BYTES: int
PARTITIONS: tuple[tuple[str, int, int], ...]
PINS: dict[str, int]
AUDIO: dict[str, Any]
GNSS: dict[str, Any]
KEYBOARD: dict[str, Any]
