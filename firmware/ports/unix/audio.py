"""Audio contract on the unix port: the C module `voice` on the bench's acoustics tape."""

from array import array

import voice


class Audio:
    """The per-packet calls are the C functions themselves: no Python frame between."""

    take = staticmethod(voice.take)
    give = staticmethod(voice.give)
    listen = staticmethod(voice.listen)
    heard_ssrc = staticmethod(voice.heard_ssrc)
    talk = staticmethod(voice.talk)
    configure = staticmethod(voice.configure)
    close = staticmethod(voice.close)

    def __init__(self, tape_path: str) -> None:
        self._tape_path = tape_path
        self._stats = array("q", [0] * len(voice.STATS))

    def codecs(self) -> tuple:
        return voice.CODECS

    def open(self) -> None:
        voice.open(self._tape_path)

    def stats(self) -> dict:
        voice.stats(self._stats)
        return {name: self._stats[i] for i, name in enumerate(voice.STATS)}
