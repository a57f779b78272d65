"""Puts findings in the order of their recordings, in a file on disk: lists come latest first, sites mixed.

10⁶ findings take some 60 MB there; in memory what SQLite caches, and a few words for each recording.
"""

import os
import pickle
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from dawn_chorus.domain.errors import TransientError
from dawn_chorus.domain.exports.findings import Finding, Source
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Detection

_ROWS_AT_ONCE = 2000
_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -8192;
CREATE TABLE recordings (key INTEGER PRIMARY KEY, starts_at REAL, file TEXT, ends_s REAL, source BLOB);
CREATE TABLE sources (key INTEGER PRIMARY KEY, source BLOB);
CREATE TABLE events (
    recording INTEGER, onset_s REAL, number INTEGER, source INTEGER, taxon INTEGER, offset_s REAL, confidence REAL,
    channel INTEGER, spread REAL, review BLOB, PRIMARY KEY (recording, onset_s, number)
) WITHOUT ROWID;
"""


@dataclass(slots=True)
class Gathered:
    """Findings by recording: the recordings in the order of their starts, undated ones last, then of their names."""

    _connection: sqlite3.Connection
    count: int = 0
    taxa: list[Taxon] = field(default_factory=list)
    """All that are in it."""
    _taxon_keys: dict[Taxon, int] = field(default_factory=dict)
    _recording_keys: dict[str, int] = field(default_factory=dict)
    _source_keys: dict[tuple[str, str], int] = field(default_factory=dict)

    def add_recordings(self, listened: Iterable[Source]) -> None:
        """Add recordings in which nothing need be found."""
        for source in listened:
            self._recording_key(source)

    def add(self, findings: Iterable[Finding]) -> None:
        rows = map(self._row, findings)
        while chunk := list(islice(rows, _ROWS_AT_ONCE)):
            self._connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", chunk)
        # A recording may be longer than its header says: the next one begins behind its last event at the earliest.
        self._connection.execute(
            "UPDATE recordings SET ends_s = "
            "max(ends_s, coalesce((SELECT max(offset_s) FROM events WHERE recording = key), 0))"
        )

    def recordings(self) -> Iterator[Source]:
        """Yield each recording once; it begins where the one before it ends."""
        return (source for _, source in self._in_order())

    def findings(self) -> Iterator[Finding]:
        """Yield all findings, those of a recording in the order of time."""
        for key, recording in self._in_order():
            sources: dict[int, Source] = {}
            for source, taxon, onset_s, offset_s, confidence, channel, spread, review in self._connection.execute(
                "SELECT source, taxon, onset_s, offset_s, confidence, channel, spread, review FROM events "
                "WHERE recording = ? ORDER BY onset_s, number",
                (key,),
            ):
                if source not in sources:
                    sources[source] = replace(
                        self._source(source), begins_s=recording.begins_s, analyzed_s=recording.analyzed_s
                    )
                detection = Detection(self.taxa[taxon], onset_s, offset_s, confidence, channel, spread)
                yield Finding(detection, sources[source], _unpacked(review) if review else None)

    def _in_order(self) -> Iterator[tuple[int, Source]]:
        begins_s = 0.0
        for key, ends_s, source in self._connection.execute(
            "SELECT key, ends_s, source FROM recordings ORDER BY starts_at NULLS LAST, file, key"
        ):
            yield key, replace(_unpacked(source), begins_s=begins_s)
            begins_s = round(begins_s + ends_s, 6)

    def _source(self, key: int) -> Source:
        (packed,) = self._connection.execute("SELECT source FROM sources WHERE key = ?", (key,)).fetchone()
        source: Source = _unpacked(packed)
        return source

    def _row(self, finding: Finding) -> tuple[Any, ...]:
        self.count += 1
        detection, review = finding.detection, finding.review
        return (
            self._recording_key(finding.source),
            detection.onset_s,
            self.count,
            self._source_key(finding.source),
            self._taxon_key(detection.taxon),
            detection.offset_s,
            detection.confidence,
            detection.channel,
            detection.spread,
            pickle.dumps(review) if review else None,
        )

    def _recording_key(self, source: Source) -> int:
        known = source.recording_id or source.file
        key = self._recording_keys.get(known)
        if key is None:
            key = self._recording_keys[known] = len(self._recording_keys)
            starts_at = source.recorded_at.timestamp() if source.recorded_at else None
            row = (key, starts_at, source.file, source.duration_s or 0.0, pickle.dumps(source))
            self._connection.execute("INSERT INTO recordings VALUES (?, ?, ?, ?, ?)", row)
        return key

    def _source_key(self, source: Source) -> int:
        known = (source.recording_id or source.file, source.analysis_id or source.pack)
        key = self._source_keys.get(known)
        if key is None:
            key = self._source_keys[known] = len(self._source_keys)
            self._connection.execute("INSERT INTO sources VALUES (?, ?)", (key, pickle.dumps(source)))
        return key

    def _taxon_key(self, taxon: Taxon) -> int:
        key = self._taxon_keys.get(taxon)
        if key is None:
            key = self._taxon_keys[taxon] = len(self.taxa)
            self.taxa.append(taxon)
        return key


@contextmanager
def gathered(
    findings: Iterable[Finding], folder: Path | None = None, listened: Iterable[Source] = ()
) -> Iterator[Gathered]:
    """Yield the findings in their new order. Raises TransientError if there is no room for them.

    With them are the recordings in which nothing need be found, `listened`.

    Their file lies in `folder`, and has no name as soon as it is there: nothing stays, however this process ends. May
    be used from one thread after the other.
    """
    name = _new_file(folder)
    with closing(sqlite3.connect(name, isolation_level=None, check_same_thread=False)) as connection:
        found = Gathered(connection)
        try:
            connection.executescript(_SCHEMA)
            Path(name).unlink()
            connection.execute("BEGIN")
            found.add_recordings(listened)
            found.add(findings)
            connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            Path(name).unlink(missing_ok=True)
            raise TransientError(f"findings cannot be put in order in {Path(name).parent}: {error}") from error
        yield found


def _new_file(folder: Path | None) -> str:
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(prefix="chorus-export-", dir=folder)
    except OSError as error:
        raise TransientError(f"findings cannot be put in order on disk: {error}") from error
    os.close(number)
    return name


def _unpacked(packed: bytes) -> Any:
    return pickle.loads(packed)  # noqa: S301 - packed above, into a file that is this process' alone
