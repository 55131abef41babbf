"""Figures of a call, measured from nothing but the spoken and the heard audio."""

from handsetctl.measure.activity import Burst, speech_bursts
from handsetctl.measure.align import Alignment, BurstDelay, align, aligned_pair
from handsetctl.measure.call import CallFigures, measure_call
from handsetctl.measure.clipping import Clipping, clipping_of, first_syllable_clipped
from handsetctl.measure.errors import MeasureError, NoSpeechError, PesqError, TooShortError
from handsetctl.measure.intelligibility import PesqResult, pesq_wb, stoi
from handsetctl.measure.latency import Percentiles, mouth_to_ear, percentiles

__all__ = [
    "Alignment",
    "Burst",
    "BurstDelay",
    "CallFigures",
    "Clipping",
    "MeasureError",
    "NoSpeechError",
    "Percentiles",
    "PesqError",
    "PesqResult",
    "TooShortError",
    "align",
    "aligned_pair",
    "clipping_of",
    "first_syllable_clipped",
    "measure_call",
    "mouth_to_ear",
    "percentiles",
    "pesq_wb",
    "speech_bursts",
    "stoi",
]
