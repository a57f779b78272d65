"""Cuts events again from stored scores, by the analysis' rules with some fields changed, or by saved thresholds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import numpy as np

from dawn_chorus.adapters.postgres.analyses import get_analysis
from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.detections import select_findings
from dawn_chorus.adapters.postgres.events import (
    EventFilter,
    Events,
    detections_in,
    join_events,
    read_events,
    read_taxa,
    read_taxa_of,
    select_events,
    write_events,
)
from dawn_chorus.adapters.postgres.packs import find_taxon_ids
from dawn_chorus.adapters.postgres.reviews import reviews_of
from dawn_chorus.adapters.postgres.rows import read_source
from dawn_chorus.adapters.postgres.stitching import ScoredAnalysis, cut_events, find_scored_analysis
from dawn_chorus.adapters.postgres.thresholds import read_thresholds
from dawn_chorus.adapters.postgres.warnings import warning_codes_of
from dawn_chorus.domain.analysis import AnalysisState
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

    In order of time, then of scientific names. All are cut at the call; the iterator holds 42 bytes of each, and no
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
    field = min((name for name in changes if name.endswith("_threshold")), key=changes.__getitem__, default="")
    for rule, new in zip(own.all, changed.all, strict=True):
        if new.lowest_threshold < min(floor, rule.lowest_threshold):
            raise BelowFloor(
                f"threshold {new.lowest_threshold:g} is below {floor:g}, the floor under which no scores were stored",
                field=field,
            )


def recut_by_thresholds(
    database: Database, analysis_id: UUID, wanted: EventFilter = _ALL, *, most: int = MOST_EVENTS
) -> Iterator[Finding]:
    """Return those events that are wanted, as `events_by_thresholds` has them, in the order of `recut_detections`.

    Raises NotFound and TooManyEvents, as there.
    """
    with database.snapshot() as connection:
        get_analysis(connection, analysis_id)
        scored = find_scored_analysis(connection, analysis_id)
        if scored is None:
            return iter(())
        taxon_ids = find_taxon_ids(connection, wanted.taxa, wanted.classes)
        events = events_by_thresholds(connection, scored, wanted, taxon_ids, most=most)
        return _found(connection, scored, events, wanted)


def events_by_thresholds(
    connection: Connection,
    scored: ScoredAnalysis,
    wanted: EventFilter,
    taxon_ids: Sequence[int] | None,
    *,
    most: int = MOST_EVENTS,
) -> Events:
    """Return the events that are wanted, of these taxa (None: of all), of a finished analysis.

    Those of taxa with a saved threshold at the recording's site are cut anew, with it as onset threshold; the offset
    threshold gives way. A threshold below the analysis' floor keeps all that was stored, as it does in lists across
    recordings. Those of all others are as they were stored. Raises TooManyEvents.
    """
    analysis = get_analysis(connection, scored.row["id"])
    stored = read_events(connection, analysis.id, wanted, taxon_ids)
    saved = read_thresholds(connection, analysis.pack_name).at(analysis.pack_name, scored.row["site"])
    anew = [taxon_id for taxon_id in saved if taxon_ids is None or taxon_id in taxon_ids]
    if not anew or analysis.state is not AnalysisState.FINISHED:
        return stored
    by_taxon = dict(scored.rules.by_taxon)
    for taxon_id, taxon in read_taxa(connection, anew).items():
        own = scored.rules.of(taxon.code)
        lowest = min(analysis.settings.floor, own.lowest_threshold)
        by_taxon[taxon.code] = own.changed(onset_threshold=max(saved[taxon_id], lowest))
    cut = cut_events(connection, replace(scored, rules=replace(scored.rules, by_taxon=by_taxon)), anew)
    others = stored[~np.isin(stored["taxon_id"], anew)]
    events = join_events(_within(most, [others, *(select_events(write_events(*each), wanted) for each in cut)]))
    return events[np.argsort(events["onset_s"], kind="stable")]


def _recut(database: Database, scored: ScoredAnalysis, wanted: EventFilter, most: int) -> Iterator[Finding]:
    with database.snapshot() as connection:
        cut = cut_events(connection, scored, find_taxon_ids(connection, wanted.taxa, wanted.classes))
        events = join_events(_within(most, (select_events(write_events(*found), wanted) for found in cut)))
        return _found(connection, scored, events, wanted)


def _found(connection: Connection, scored: ScoredAnalysis, events: Events, wanted: EventFilter) -> Iterator[Finding]:
    """Return the findings, in order of time, then of scientific names; the iterator holds no connection."""
    analysis_id = scored.row["id"]
    codes = warning_codes_of(connection, [analysis_id])[analysis_id]
    taxa = read_taxa_of(connection, events)
    reviews = reviews_of(connection, [scored.row["recording_id"]])
    source = read_source(scored.row, analysis_id, codes)
    return select_findings(detections_in(_in_order_of_time(events, taxa), taxa), source, reviews, wanted)


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
