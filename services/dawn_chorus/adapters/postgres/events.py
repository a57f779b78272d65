"""The events of one analysis: all of them at once, as an array of 42 bytes each."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from psycopg.rows import tuple_row

from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import read_taxon
from dawn_chorus.domain.review.matching import Reviewed
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import WHOLE, Detection, Span

Events = NDArray[np.void]
"""(n_events,) of `EVENT`: enough for a long answer, and held in its stead by no connection."""
EVENT = np.dtype(
    [
        ("taxon_id", np.int32), ("onset_s", float), ("offset_s", float), ("confidence", float), ("channel", np.int16),
        ("spread", np.float32),
    ]
)  # fmt: skip
"""A channel of 0 stands for none, likewise a spread that is NaN."""
_ROWS_A_FETCH = 5000

_sql = load_queries("scores")


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Selects events of one analysis; an empty field does not restrict."""

    taxa: tuple[str, ...] = ()
    """Codes, scientific or common names, in any case."""
    classes: tuple[str, ...] = ()
    """Taxonomic classes, in any case."""
    span: Span = WHOLE
    """Only events that overlap it."""
    min_confidence: float = 0.0
    reviewed: Reviewed | None = None
    """Only events that show such a review."""
    hides_voices: bool = False
    """Leave out human voices."""


def read_events(
    connection: Connection, analysis_id: UUID, wanted: EventFilter, taxon_ids: Sequence[int] | None
) -> Events:
    """Return the stored events that are wanted, of these taxa (None: of all), in order of time, then of ids."""
    bounds = {"from_s": wanted.span.from_s, "to_s": wanted.span.to_s, "min_confidence": wanted.min_confidence}
    with connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(_sql.events_of.sql, {"analysis_id": analysis_id, "taxon_ids": taxon_ids, **bounds})
        fetched = iter(lambda: cursor.fetchmany(_ROWS_A_FETCH), [])
        return join_events(np.array(rows, EVENT) for rows in fetched)


def write_events(taxon_id: int, found: Iterable[Detection]) -> Events:
    """Return detections of one taxon as events."""
    rows = [
        (taxon_id, each.onset_s, each.offset_s, each.confidence, each.channel or 0, _number(each.spread))
        for each in found
    ]
    return np.array(rows, EVENT)


def select_events(events: Events, wanted: EventFilter) -> Events:
    """Return the events that are wanted, as `read_events` does but for their taxa."""
    overlap = (events["onset_s"] < wanted.span.to_s) & (events["offset_s"] > wanted.span.from_s)
    # As PostgreSQL compares: in single precision, in which confidences are stored.
    return events[overlap & (events["confidence"] >= float(np.float32(wanted.min_confidence)))]


def join_events(parts: Iterable[Events]) -> Events:
    return np.concatenate([np.empty(0, EVENT), *parts])


def read_taxa_of(connection: Connection, events: Events) -> dict[int, Taxon]:
    """Return the taxa of the events by id."""
    return read_taxa(connection, np.unique(events["taxon_id"]).tolist())


def read_taxa(connection: Connection, ids: Sequence[int]) -> dict[int, Taxon]:
    """Return the taxa with these ids."""
    return {row["id"]: read_taxon(row) for row in _sql.get_taxa(connection, ids=ids)}


def detections_in(events: Events, taxa: Mapping[int, Taxon]) -> Iterator[Detection]:
    """Yield the events as detections, made one by one."""
    for first in range(0, len(events), _ROWS_A_FETCH):
        for taxon_id, onset_s, offset_s, confidence, channel, spread in events[first : first + _ROWS_A_FETCH].tolist():
            measured = None if math.isnan(spread) else spread
            yield Detection(taxa[taxon_id], onset_s, offset_s, confidence, channel or None, measured)


def _number(spread: float | None) -> float:
    return math.nan if spread is None else spread
