"""Findings as occurrences of organisms, which is what biodiversity standards hold: which ones they are, and of what."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from dawn_chorus.domain.exports.context import NO_ORGANISM, NO_PLACE, NO_TIME, REJECTED, Credit, Tally
from dawn_chorus.domain.exports.findings import Finding, Source
from dawn_chorus.domain.review.verdicts import Verdict
from dawn_chorus.domain.taxonomy import Taxon

NOISE = "noise"
"""The class of sounds that are no organism's."""
HUMANS = "Homo sapiens"
_CREATIVE_COMMONS = {"CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/"} | {
    f"CC-{kind}-4.0": f"https://creativecommons.org/licenses/{kind.lower()}/4.0/"
    for kind in ("BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND")
}


@dataclass(slots=True)
class Survey:
    """What occurrences have in common; complete once all were drawn."""

    names: dict[str, str] = field(default_factory=dict)
    """The common name of each scientific one, or nothing."""
    reviewers: set[str] = field(default_factory=set)
    packs: set[str] = field(default_factory=set)
    first: datetime | None = None
    last: datetime | None = None
    """When the first recording starts, and when the last one ends."""
    north: float = -90.0
    south: float = 90.0
    east: float = -180.0
    west: float = 180.0
    """Degrees; where south is beyond north no place is known."""
    recordings: int = 0
    """That were analyzed, with or without an occurrence."""
    analyzed_s: float = 0.0
    """Of these, without what was lost."""
    _left_out: dict[str, str] = field(default_factory=dict)

    def listened(self, recordings: Iterable[Source], tally: Tally, *, anywhere: bool) -> Iterator[Source]:
        """Yield the recordings that were analyzed, count those without place or time that are left out."""
        for source in recordings:
            if not anywhere and (reason := _what_lacks(source)):
                self._leave_out(source, reason, tally)
                continue
            self.recordings += 1
            self.analyzed_s += source.analyzed_s or 0.0
            self._note_source(source, source.duration_s or 0.0)
            yield source

    def occurrences(self, findings: Iterable[Finding], tally: Tally, *, anywhere: bool) -> Iterator[Finding]:
        """Yield the findings that are occurrences, count the others; `anywhere`: also those without place or time."""
        for finding in findings:
            if reason := why_left_out(finding, anywhere=anywhere):
                tally.left_out[reason] += 1
                if reason in (NO_TIME, NO_PLACE):
                    self._leave_out(finding.source, reason, tally)
                continue
            self._note(finding)
            yield finding

    def effort(self) -> str:
        """Return how much was listened to: `412 recordings (103.2 hours analyzed)`."""
        noun = "recording" if self.recordings == 1 else "recordings"
        analyzed = (
            f"{self.analyzed_s / 3600:.1f} hours" if self.analyzed_s >= 3600 else f"{self.analyzed_s / 60:.1f} minutes"
        )
        return f"{self.recordings} {noun} ({analyzed} analyzed)"

    def credits_of(self, known: Iterable[Credit]) -> list[Credit]:
        """Return the credits of the packs that are in it."""
        return [each for each in known if each.pack in self.packs]

    def _leave_out(self, source: Source, reason: str, tally: Tally) -> None:
        known = source.recording_id or source.file
        if known not in self._left_out:
            self._left_out[known] = reason
            tally.recordings_left_out[reason] += 1

    def _note(self, finding: Finding) -> None:
        source = finding.source
        name, common_name = names_of(finding)
        self.names[name] = self.names.get(name) or common_name
        if finding.review:
            self.reviewers.add(finding.review.reviewer)
        self._note_source(source, max(source.duration_s or 0.0, finding.detection.offset_s))

    def _note_source(self, source: Source, end_s: float) -> None:
        self.packs.add(source.pack)
        end = place_in_time(source, end_s)
        if source.recorded_at and end:
            self.first = min(self.first or source.recorded_at, source.recorded_at)
            self.last = max(self.last or end, end)
        if source.latitude is not None and source.longitude is not None:
            self.north, self.south = max(self.north, source.latitude), min(self.south, source.latitude)
            self.east, self.west = max(self.east, source.longitude), min(self.west, source.longitude)


def why_left_out(finding: Finding, *, anywhere: bool) -> str | None:
    """Return why a finding is no occurrence, None: it is one; `anywhere`: also without place or time."""
    if not anywhere and (reason := _what_lacks(finding.source)):
        return reason
    review = finding.review
    if review and review.verdict is Verdict.REJECTED and not review.corrected_taxon:
        return REJECTED
    return NO_ORGANISM if finding.detection.taxon.taxonomic_class == NOISE and not is_corrected(finding) else None


def _what_lacks(source: Source) -> str | None:
    if source.recorded_at is None:
        return NO_TIME
    return NO_PLACE if source.latitude is None or source.longitude is None else None


def is_corrected(finding: Finding) -> bool:
    """Return whether a reviewer heard another taxon."""
    return finding.review is not None and finding.review.corrected_taxon is not None


def is_by_human(finding: Finding) -> bool:
    """Return whether a person said which taxon it is; one who was uncertain did not."""
    return finding.review is not None and finding.review.verdict is not Verdict.UNCERTAIN


def names_of(finding: Finding) -> tuple[str, str]:
    """Return the scientific and the common name of what is heard: the reviewer's word before the model's.

    A corrected taxon has no common name, and no class: reviews know the scientific name only. Of human voices it is the
    species, whatever the model calls them.
    """
    taxon, review = finding.detection.taxon, finding.review
    if review and review.corrected_taxon:
        taxon = Taxon("", review.corrected_taxon, "", "")
    return (HUMANS if taxon.is_human_voice else taxon.scientific_name), taxon.common_name


def occurrence_id(finding: Finding, *, by_analysis: bool = False) -> str:
    """Return an id that is the same in every export, also once its recording was analyzed anew with the same pack.

    It is of one event, as lists count one analysis for each recording and pack; `by_analysis`: all count, so it is the
    analysis' own.
    """
    source, detection = finding.source, finding.detection
    heard_in = f"{source.recording_id or source.file}:{source.pack}"
    made_by = source.analysis_id if by_analysis and source.analysis_id else heard_in
    return f"{made_by}:{detection.taxon.code}:{round(detection.onset_s * 1000)}"


def model_of(source: Source) -> str:
    """Return the pack with its version."""
    return f"{source.pack} {source.pack_version or ''}".strip()


def place_in_time(source: Source, position_s: float) -> datetime | None:
    """Return when a position of a recording was, with the recording's own offset from UTC."""
    if source.recorded_at is None:
        return None
    moment = source.recorded_at.astimezone(UTC) + timedelta(seconds=round(position_s, 6))
    return moment.astimezone(source.recorded_at.tzinfo)


def license_address(spdx: str) -> str:
    """Return where a license can be read, as publishers of data write it; empty for one that is not on the web."""
    if spdx in _CREATIVE_COMMONS:
        return _CREATIVE_COMMONS[spdx]
    plain = spdx.replace("-", "").replace(".", "").replace("+", "").isalnum() and not spdx.startswith("LicenseRef")
    return f"https://spdx.org/licenses/{spdx}.html" if plain else ""
