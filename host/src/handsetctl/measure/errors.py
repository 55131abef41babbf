"""Why a measurement could not be made. A low figure is never an error; a missing one is."""

from __future__ import annotations

from handsetctl.errors import HandsetError


class MeasureError(HandsetError):
    """Base of all errors of this package."""


class NoSpeechError(MeasureError):
    """The spoken signal holds no speech to measure with."""


class TooShortError(MeasureError):
    """The signals are shorter than the method needs."""


class PesqError(MeasureError):
    """The PESQ library gave up; the text has its reason."""
