VERSION: str
GIT_HASH: str
BUILD_DATE: str
THIRD_PARTY: tuple[tuple[str, str, str], ...]
