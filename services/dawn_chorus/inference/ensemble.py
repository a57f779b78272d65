"""An opened pack: members that can score, and the front ends they share.

Work that members have in common is done once: one waveform per rate, one mel image per front end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.errors import DeviceUnavailable, PermanentError
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.recording import Place, week_of
from dawn_chorus.domain.timeline import Grid, Scores
from dawn_chorus.inference.conventions.waveform_scale import WaveformScale
from dawn_chorus.inference.front_end.levels import NormalizationStatistics
from dawn_chorus.inference.front_end.mel_front_end import MelFrontEnd
from dawn_chorus.inference.member import OpenMember
from dawn_chorus.inference.occurrence import OccurrenceModel
from dawn_chorus.inference.packs.faults import Faults
from dawn_chorus.inference.packs.mel_table import MelTable
from dawn_chorus.inference.packs.pack import Member, Pack, draft_pack
from dawn_chorus.inference.session import SessionOptions
from dawn_chorus.inference.waveforms.loading import LoadedAudio, WaveformFormat
from dawn_chorus.inference.windows import Seconds, cut_windows, margin_s

__all__ = ["Ensemble", "FrontEnd", "SessionOptions", "open_ensemble"]


class FrontEnd:
    """Turns a waveform into network inputs; members with the same input format share one."""

    def __init__(self, wanted: WaveformFormat, window_s: float, mel: MelTable | None, scale: WaveformScale) -> None:
        self.format = wanted
        self._window_s = window_s
        self._scale = scale
        self._mel = MelFrontEnd(mel, wanted.sample_rate_hz) if mel else None

    def segment_statistics(self, audio: LoadedAudio, segment: Segment) -> NormalizationStatistics | None:
        """Measure the segment without its margins, or return None if images are not normalized by the whole segment."""
        if self._mel is None:
            return None
        rate_hz, origin = self.format.sample_rate_hz, round(audio.start_s * self.format.sample_rate_hz)
        first, stop = (round(position_s * rate_hz) - origin for position_s in (segment.start_s, segment.end_s))
        return self._mel.segment_statistics(audio.waveforms[self.format][first:stop])

    def prepare(
        self, audio: LoadedAudio, starts_s: Seconds, statistics: NormalizationStatistics | None
    ) -> NDArray[np.float32]:
        """Return the networks' input for the windows whose audio starts at `starts_s`, (n_windows, *input_shape)."""
        rate_hz = self.format.sample_rate_hz
        first_sample = round(audio.start_s * rate_hz)
        waveform = audio.waveforms[self.format]
        windows = cut_windows(waveform, first_sample, starts_s, window_s=self._window_s, sample_rate_hz=rate_hz)
        windows = self._scale.apply(windows)
        return windows if self._mel is None else self._mel.images(windows, statistics)


@dataclass(frozen=True)
class Ensemble:
    """An opened pack. Safe to use from many threads, of which up to `SessionOptions.sessions` compute at once."""

    pack: Pack
    options: SessionOptions
    members: tuple[OpenMember, ...]
    front_ends: tuple[tuple[FrontEnd, tuple[int, ...]], ...]
    """Each front end with the indices of the members that use it."""
    facts: PackFacts
    occurrence: OccurrenceModel | None = None

    @property
    def provider(self) -> str:
        """The ONNX Runtime provider that actually computes."""
        return self.members[0].provider

    @property
    def formats(self) -> tuple[WaveformFormat, ...]:
        """The waveforms that `score_segment` needs in its audio."""
        return tuple(dict.fromkeys(front_end.format for front_end, _ in self.front_ends))

    @property
    def margin_s(self) -> float:
        """Seconds of audio before and after a segment that its scores may depend on."""
        reach = self.smoothing_reach
        return max(margin_s(member.geometry, self.pack.manifest.score.shifts_s, reach) for member in self.members)

    @property
    def smoothing_reach(self) -> int:
        """The number of neighboring windows that smoothing mixes in on either side."""
        return len(self.pack.manifest.score.smoothing) // 2

    @cached_property
    def framewise_taxa(self) -> NDArray[np.bool_]:
        """Whether each taxon has a framewise member, (n_taxa,)."""
        framewise = np.zeros(len(self.facts.taxa), bool)
        for member in self.members:
            framewise[member.columns] |= member.geometry.n_frames > 0
        return framewise

    @cached_property
    def spread_taxa(self) -> NDArray[np.bool_]:
        """Whether two members or more score each taxon, (n_taxa,): only these can be of different opinions."""
        members = np.zeros(len(self.facts.taxa), np.intp)
        for member in self.members:
            members[member.columns] += 1
        return members > 1

    @property
    def shift_weights(self) -> tuple[float, ...]:
        score = self.pack.manifest.score
        return score.shift_weights or (1.0,) * len(score.shifts_s)

    def occurring_taxa(self, latitude: float, longitude: float, recorded_at: datetime | None) -> Scores:
        """Return the probability that each taxon occurs at this place and time, (n_taxa,); degrees north and east.

        Without a time it is the probability over the whole year. Raises PermanentError if the pack has no occurrence
        model.
        """
        if self.occurrence is None:
            raise PermanentError(
                f"pack {self.facts.name} knows nothing of places: ask for no occurrence_min, or use another pack"
            )
        return self.occurrence.probabilities(latitude, longitude, week_of(recorded_at))

    def present_taxa(self, place: Place, least: float | None) -> frozenset[str] | None:
        """Return the codes of the taxa that occur at this place and time with a probability of at least `least`.

        None, which is all taxa, if `least` is None or 0 or the coordinates are unknown. Raises PermanentError if the
        pack has no occurrence model.
        """
        if not least or place.latitude is None or place.longitude is None:
            return None
        probabilities = self.occurring_taxa(place.latitude, place.longitude, place.recorded_at)
        # Compared in the model's own precision, as in birdnetlib: a taxon of exactly 0.03 passes a threshold of 0.03.
        columns = np.flatnonzero(probabilities >= np.float32(least))
        return frozenset(self.facts.taxa[column].code for column in columns.tolist())


def open_ensemble(folder: Path, options: SessionOptions) -> Ensemble:
    """Read, check and open a pack.

    Raises InvalidPack with all that is wrong with its files and networks, and DeviceUnavailable; there is no fallback
    to another device.
    """
    faults = Faults()
    pack = draft_pack(folder, faults)
    try:
        # Of a pack with faults, too: whoever mends it wants to know what its networks disagree with.
        opened = [faults.attempt(_open_member, pack, member, options) for member in pack.members]
        occurrence = faults.attempt(_open_occurrence, pack)
    except DeviceUnavailable:
        faults.raise_any()
        raise
    faults.raise_any()
    members = tuple(member for member in opened if member is not None)
    return Ensemble(pack, options, members, _share_front_ends(members), _facts(pack, members), occurrence)


def _open_member(pack: Pack, member: Member, options: SessionOptions) -> OpenMember:
    network = pack.network(member.table.file, "member.file")
    return OpenMember(member, network, len(pack.taxa), pack.manifest.score, options)


def _open_occurrence(pack: Pack) -> OccurrenceModel | None:
    table = pack.manifest.occurrence
    return None if table is None else OccurrenceModel(pack.network(table.file, "occurrence.file"), len(pack.taxa))


def _share_front_ends(members: Iterable[OpenMember]) -> tuple[tuple[FrontEnd, tuple[int, ...]], ...]:
    served: dict[tuple[WaveformFormat, float, MelTable | None, WaveformScale], list[int]] = {}
    for number, member in enumerate(members):
        table = member.table
        wanted = WaveformFormat(table.sample_rate_hz, table.resampler)
        served.setdefault((wanted, table.window_s, table.mel, WaveformScale.of(table)), []).append(number)
    return tuple((FrontEnd(*key), tuple(numbers)) for key, numbers in served.items())


def _facts(pack: Pack, members: Iterable[OpenMember]) -> PackFacts:
    manifest = pack.manifest
    framewise = any(member.geometry.n_frames for member in members)
    return PackFacts(
        manifest.name,
        manifest.version,
        manifest.license,
        manifest.attribution,
        pack.manifest_sha256,
        Grid(manifest.score.window_s, manifest.frame_s if framewise else None),
        pack.rules,
        pack.taxa,
        has_occurrence=manifest.occurrence is not None,
    )
