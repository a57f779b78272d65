"""The JSON document of one analyzed recording, written segment by segment."""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import IO, Any

import numpy as np

from dawn_chorus.cli.analyze.location import Location
from dawn_chorus.cli.analyze.segments import OpenedFile
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.exports.findings import SPREAD_COLUMN, detection_row, spread_of
from dawn_chorus.domain.lost_audio import LostStretch
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.recording import round_s
from dawn_chorus.domain.timeline import Detection, Scores
from dawn_chorus.domain.warnings import AnalysisWarning

SPOOL_BYTES = 16 << 20
"""More text than this is kept on disk: with a minimum score of 0, a day scored by BirdNET takes gigabytes."""


class WindowSpool:
    """The window scores of one recording as JSON text, kept until the recording is written."""

    def __init__(self, facts: PackFacts, min_score: float, present: frozenset[str] | None) -> None:
        """Keep scores of at least `min_score`, of the taxa whose codes are in `present`; None: of all taxa."""
        self._facts = facts
        self._names = [taxon.scientific_name for taxon in facts.taxa]
        self._min_score = min_score
        self._kept = np.array([present is None or taxon.code in present for taxon in facts.taxa])
        self._text: IO[str] = tempfile.SpooledTemporaryFile(SPOOL_BYTES, "w+", encoding="utf-8")  # noqa: SIM115
        self._empty = True

    def add(self, first_window: int, window_scores: Scores) -> None:
        """Append scores of shape (n_windows, n_taxa)."""
        window_s = self._facts.grid.window_s
        for number, scores in enumerate(window_scores, start=first_window):
            span = {"start_s": round_s(number * window_s), "end_s": round_s((number + 1) * window_s)}
            text = json.dumps({**span, "scores": self._named(scores)}, ensure_ascii=False)
            self._write(text if self._empty else f", {text}")
            self._empty = False

    def _write(self, text: str) -> None:
        try:
            self._text.write(text)
        except OSError as error:
            reason = f"{tempfile.gettempdir()}: {error.strerror}: set TMPDIR to a folder with more room"
            raise PermanentError(reason) from error

    def _named(self, scores: Scores) -> dict[str, float]:
        """Return scores by scientific name, highest first; of columns with the same name, the highest score."""
        named: dict[str, float] = {}
        columns = np.flatnonzero((scores >= self._min_score) & self._kept)
        for column in columns[np.argsort(-scores[columns], kind="stable")]:
            named.setdefault(self._names[column], round(float(scores[column]), 6))
        return named

    def copy_to(self, out: IO[str]) -> None:
        self._text.seek(0)
        shutil.copyfileobj(self._text, out)

    def close(self) -> None:
        self._text.close()


def write_document(
    out: IO[str],
    file: OpenedFile,
    facts: PackFacts,
    windows: WindowSpool,
    *,
    detections: Iterable[Detection],
    lost: Iterable[LostStretch],
    warnings: Iterable[AnalysisWarning] = (),
    made: Mapping[str, Any],
) -> None:
    """Write one document on one line.

    It has the key `lost` only if audio was lost, and keys for place and time only if they are known; then detections
    have the time of day. `made` is how it was made, with `result`; it stands before the windows, where it is found
    without reading them.
    """
    head: dict[str, Any] = {
        "file": file.source.shown,
        "duration_s": file.duration_s,
        "sample_rate_hz": file.sample_rate_hz,
        "pack": {"name": facts.name, "version": facts.version, "license": facts.license},
    }
    head |= _located(file.location) | {key: made[key] for key in ("result", "settings", "source") if key in made}
    out.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "windows": [')
    windows.copy_to(out)
    rows = _rows(detections, file.location.place.recorded_at)
    tail: dict[str, Any] = {"detections": list(rows), "warnings": [asdict(each) for each in warnings]}
    lost_rows = [{"start_s": part.start_s, "end_s": part.end_s, "reason": part.reason} for part in lost]
    if lost_rows:
        tail["lost"] = lost_rows
    out.write("], " + json.dumps(tail, ensure_ascii=False)[1:] + "\n")


def _located(location: Location) -> dict[str, Any]:
    place, start = location.place, location.start
    known = {name: value for name in ("site", "latitude", "longitude") if (value := getattr(place, name)) is not None}
    if place.recorded_at is not None:
        known["recorded_at"] = place.recorded_at.isoformat()
    if start is not None and (start.recorded_at is not None or start.is_unclear):
        known["start"] = {"source": start.source, "certain": start.certain, "reason": start.reason}
    return known


def _rows(detections: Iterable[Detection], recorded_at: datetime | None) -> Iterator[dict[str, Any]]:
    for detection in detections:
        row = detection_row(detection, recorded_at) | {SPREAD_COLUMN: spread_of(detection)}
        yield {key: value for key, value in row.items() if value is not None or key not in ("started_at", "ended_at")}
