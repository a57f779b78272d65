"""Cuts events again from stored scores, by the analysis' rules with some fields changed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from uuid import UUID

import numpy as np

from dawn_chorus.adapters.postgres.analyses import get_analysis
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.events import (
    EventFilter,
    Events,
    detections_in,
    join_events,
    read_taxa_of,
    select_events,
    write_events,
)
from dawn_chorus.adapters.postgres.packs import find_taxon_ids
from dawn_chorus.adapters.postgres.reviews import reviews_of
from dawn_chorus.adapters.postgres.rows import read_source
from dawn_chorus.adapters.postgres.stitching import ScoredAnalysis, cut_events, find_scored_analysis
from dawn_chorus.adapters.postgres.warnings import warning_codes_of
from dawn_chorus.domain.errors import BelowFloor, TooManyEvents
from dawn_chorus.domain.event_rules import EventRules
from dawn_chorus.domain.exports.findings import Finding
from dawn_chorus.domain.taxonomy import Taxon

MOST_EVENTS = 500_000
_ALL = EventFilter()


def recut_detections(
    database: Database,
    analysis_id: UUID,
    changes: Mapping[str, float],
    wanted: EventFilter = _ALL,
    *,
    most: int = MOST_EVENTS,
) -> Iterator[Finding]:
    """Return those events that are wanted of all that the analysis' rules yield with `changes` (`EventRules.changed`).

    In order of time, then of scientific names. All are cut at the call; the iterator holds 38 bytes of each, and no
    connection. Raises NotFound; BelowFloor for a threshold below the floor that the analysis was stored with;
    TooManyEvents for more than `most`, which come taxon by taxon and must be sorted.
    """
    with database.transaction() as connection:
        floor = get_analysis(connection, analysis_id).settings.floor
        scored = find_scored_analysis(connection, analysis_id)
    if scored is None:
        return iter(())
    rules = scored.rules.changed(**changes)
    _check_floor(scored.rules, rules, changes, floor)
    return _recut(database, replace(scored, rules=rules), wanted, most)


def _check_floor(own: EventRules, changed: EventRules, changes: Mapping[str, float], floor: float) -> None:
    """Raise BelowFloor, except where a rule's own thresholds are below the floor and the change does not lower them."""
    for rule, new in zip(own.all, changed.all, strict=True):
        if new.lowest_threshold < min(floor, rule.lowest_threshold):
            field = min((name for name in changes if name.endswith("_threshold")), key=changes.__getitem__)
            raise BelowFloor(
                f"threshold {new.lowest_threshold:g} is below {floor:g}, the floor under which no scores were stored",
                field=field,
            )


def _recut(database: Database, scored: ScoredAnalysis, wanted: EventFilter, most: int) -> Iterator[Finding]:
    analysis_id = scored.row["id"]
    with database.snapshot() as connection:
        codes = warning_codes_of(connection, [analysis_id])[analysis_id]
        cut = cut_events(connection, scored, find_taxon_ids(connection, wanted.taxa, wanted.classes))
        events = join_events(_within(most, (select_events(write_events(*found), wanted) for found in cut)))
        taxa = read_taxa_of(connection, events)
        reviews = reviews_of(connection, [scored.row["recording_id"]])
    source = read_source(scored.row, analysis_id, codes)
    found = detections_in(_in_order_of_time(events, taxa), taxa)
    return (Finding(each, source, reviews.find(each, source.recording_id)) for each in found)


def _within(most: int, parts: Iterable[Events]) -> Iterator[Events]:
    count = 0
    for part in parts:
        count += len(part)
        if count > most:
            raise TooManyEvents(f"More than {most} events: raise the thresholds")
        yield part


def _in_order_of_time(events: Events, taxa: Mapping[int, Taxon]) -> Events:
    """Return the events, which are in order of taxon ids, in order of time, then of scientific names."""
    ids = np.array(sorted(taxa), np.int32)
    names = sorted({taxon.scientific_name for taxon in taxa.values()})
    places = np.array([names.index(taxa[taxon_id].scientific_name) for taxon_id in ids.tolist()], np.int32)
    place = places[np.searchsorted(ids, events["taxon_id"])]
    return events[np.lexsort((place, events["onset_s"]))]
