"""A stretch of a recording → mono float32 waveforms at the rates that a pack's members need."""

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.lost_audio import LostStretch, clip_lost
from dawn_chorus.domain.recording import round_s
from dawn_chorus.domain.warnings import AnalysisWarning, WarningCode
from dawn_chorus.inference.audio.channel_faults import find_warnings
from dawn_chorus.inference.audio.channel_meter import ChannelMeter
from dawn_chorus.inference.audio.claims import ROUNDING_S, is_doubted
from dawn_chorus.inference.audio.opening import open_source
from dawn_chorus.inference.audio.source import AudioSource
from dawn_chorus.inference.waveforms.resampling import Resampler, Samples, open_resampler

BLOCK_SAMPLES = 1 << 18
"""Samples decoded at a time."""


@dataclass(frozen=True, slots=True)
class WaveformFormat:
    """The waveform format that a member of a pack needs."""

    sample_rate_hz: int
    resampler: str
    """`soxr_hq`, `soxr_vhq` or `kaiser_fast`; not used if the recording already has that rate."""


@dataclass(frozen=True, slots=True)
class LoadedAudio:
    """A stretch of a recording, loaded."""

    waveforms: dict[WaveformFormat, Samples]
    """(n_samples,) each, from sample round(start_s·rate) to round(end_s·rate) of the recording; zero outside the
    recording and where audio was lost."""
    start_s: float
    end_s: float
    lost: tuple[LostStretch, ...]
    """In time order, not overlapping, within [start_s, end_s) and within the recording's declared duration."""
    stage_s: dict[str, float] = field(default_factory=dict)
    """Seconds spent in decode and resample."""
    goes_on: bool = False
    """Whether the recording continues after its declared duration; False if the stretch does not reach beyond it."""
    warnings: tuple[AnalysisWarning, ...] = ()
    """What is wrong with the channels of the measured stretch; silence at its edges however short."""


def load_audio(
    path: Path,
    start_s: float,
    end_s: float,
    formats: Iterable[WaveformFormat],
    *,
    duration_s: float,
    channel: int | None = None,
    measured: Segment | None = None,
) -> LoadedAudio:
    """Decode [start_s, end_s) once and resample it to every format, in blocks.

    The stretch may begin before the recording and end after it. `duration_s` is the recording's declared duration:
    audio missing before that is lost, audio after it is loaded like any other. `channel`: this one, from 1; None: the
    mean of all. The channels of the `measured` segment are measured on the way; None: nothing is.
    Raises NotAudio, EmptyAudio or UndecodableAudio, and PermanentError if there is no such file or channel.
    """
    with open_source(path, channel, measured=measured is not None) as source:
        return load_from(source, start_s, end_s, formats, duration_s=duration_s, measured=measured)


def load_from(
    source: AudioSource,
    start_s: float,
    end_s: float,
    formats: Iterable[WaveformFormat],
    *,
    duration_s: float,
    measured: Segment | None = None,
) -> LoadedAudio:
    """Load as `load_audio` does from a source that is already open; leave it open."""
    meter = source.open_meter(measured.start_s, measured.end_s) if measured else None
    stretches = [_OutputStretch(wanted, source.sample_rate_hz, start_s, end_s) for wanted in dict.fromkeys(formats)]
    stage_s = {"decode": 0.0, "resample": 0.0}
    lost: list[LostStretch] = []
    started = time.perf_counter()
    for first, samples in _blocks(source, stretches, lost, meter):
        decoded = time.perf_counter()
        for stretch in stretches:
            stretch.feed(first, samples)
        stage_s["decode"] += decoded - started
        started = time.perf_counter()
        stage_s["resample"] += started - decoded
    waveforms = {stretch.format: stretch.result(source.n_samples) for stretch in stretches}
    _load_slower_parts(source, start_s, end_s, waveforms)
    lost += _missing_end(source, duration_s)
    bounds = max(0.0, start_s), min(end_s, duration_s)
    goes_on = end_s > duration_s and _reaches_beyond(source, duration_s)
    warnings = _warnings(meter, measured) if meter and measured else ()
    if measured and measured.end_s >= duration_s:
        warnings += _doubted_length(source, duration_s)
    return LoadedAudio(waveforms, start_s, end_s, clip_lost(lost, *bounds), stage_s, goes_on, warnings)


def _load_slower_parts(
    source: AudioSource, start_s: float, end_s: float, waveforms: dict[WaveformFormat, Samples]
) -> None:
    """Replace what comes of parts with a lower rate than the file's, in place: each resampled from its own rate.

    So a part sounds to the networks as it does alone, however it was joined.
    """
    rate_hz = source.sample_rate_hz
    for part_first, part_end, part in source.slower_parts(math.floor(start_s * rate_hz), math.ceil(end_s * rate_hz)):
        for wanted, waveform in waveforms.items():
            first, begins, ends = (
                round(position_s * wanted.sample_rate_hz)
                for position_s in (start_s, part_first / rate_hz, part_end / rate_hz)
            )
            begin, end = max(first, begins), min(first + len(waveform), ends)
            if begin < end:
                from_s, to_s = (begin - begins) / wanted.sample_rate_hz, (end - begins) / wanted.sample_rate_hz
                loaded = load_from(part, from_s, to_s, [wanted], duration_s=(part_end - part_first) / rate_hz)
                waveform[begin - first : end - first] = loaded.waveforms[wanted]


def _warnings(meter: ChannelMeter, measured: Segment) -> tuple[AnalysisWarning, ...]:
    measure = meter.result()
    return find_warnings(measure, measured.start_s, measured.end_s) if measure else ()


def _doubted_length(source: AudioSource, duration_s: float) -> tuple[AnalysisWarning, ...]:
    """Return the warning of a recording whose header claims more than is believed: it may have been cut short."""
    if not is_doubted(source.claimed_s, duration_s):
        return ()
    detail = (
        f"the header claims {source.claimed_s:.1f} s, but the file holds {duration_s:.1f} s: it is wrong, or the file "
        "was cut short: compare it with the original"
    )
    return (AnalysisWarning(WarningCode.LENGTH_DOUBTED, detail),)


def _reaches_beyond(source: AudioSource, duration_s: float) -> bool:
    """Return whether a source that was read beyond `duration_s` ended late or has not ended yet."""
    slack_s = max(source.slack_s, 1 / source.sample_rate_hz)
    return source.n_samples is None or source.n_samples / source.sample_rate_hz > duration_s + slack_s


def _missing_end(source: AudioSource, duration_s: float) -> list[LostStretch]:
    if source.n_samples is None:
        return []
    actual_s = source.n_samples / source.sample_rate_hz
    if round_s(actual_s + source.slack_s) >= duration_s or round_s(duration_s - actual_s) < ROUNDING_S:
        return []
    digits = 1 if f"{actual_s:.1f}" != f"{duration_s:.1f}" else 3
    reason = f"the audio ends at {actual_s:.{digits}f} s, the header claims {duration_s:.{digits}f} s"
    return [LostStretch(actual_s, duration_s, reason)]


def _blocks(
    source: AudioSource, stretches: "list[_OutputStretch]", lost: list[LostStretch], meter: ChannelMeter | None
) -> Iterator[tuple[int, Samples]]:
    """Yield position and samples of all blocks the stretches need, zero outside the recording; append what is lost."""
    position = min(stretch.resampler.first_input for stretch in stretches)
    end = max(stretch.resampler.end_input for stretch in stretches)
    if source.n_samples is not None and position >= source.n_samples:
        return  # the declared duration may exceed the audio by weeks
    while position < end:
        stop = min(position + BLOCK_SAMPLES, end)
        if position < 0:
            stop = min(stop, 0)
            yield position, np.zeros(stop - position, np.float32)
        else:
            samples, block_lost = source.read(position, stop, meter)
            lost += block_lost
            yield position, samples
        position = stop


class _OutputStretch:
    """Resamples the stretch to one format."""

    def __init__(self, wanted: WaveformFormat, source_hz: int, start_s: float, end_s: float) -> None:
        self.format = wanted
        rate_hz = wanted.sample_rate_hz
        self._first, self._end = round(start_s * rate_hz), round(end_s * rate_hz)
        self.resampler: Resampler = open_resampler(wanted.resampler, source_hz, rate_hz, self._first, self._end)
        self._is_fed = False

    def feed(self, first: int, samples: Samples) -> None:
        begin, end = (min(max(0, edge - first), len(samples)) for edge in self._needs)
        if end > begin:
            self._is_fed = True
            self.resampler.feed(samples[begin:end])

    @property
    def _needs(self) -> tuple[int, int]:
        return self.resampler.first_input, self.resampler.end_input

    def result(self, n_source_samples: int | None) -> Samples:
        """Return the waveform, zero outside the recording: a filter rings beyond the ends of its input."""
        if not self._is_fed:
            return np.zeros(max(0, self._end - self._first), np.float32)
        waveform = self.resampler.result()
        waveform[: max(0, -self._first)] = 0.0
        if n_source_samples is not None:
            waveform[max(0, self.resampler.length_of(n_source_samples) - self._first) :] = 0.0
        return waveform
