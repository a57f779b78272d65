"""Cuts events again from stored scores, by the analysis' rules with some fields changed."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from uuid import UUID

from dawn_chorus.adapters.postgres.analyses import get_analysis
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.rows import read_source
from dawn_chorus.adapters.postgres.stitching import ScoredAnalysis, cut_events, find_scored_analysis
from dawn_chorus.adapters.postgres.warnings import warning_codes_of
from dawn_chorus.domain.errors import BelowFloor
from dawn_chorus.domain.event_rules import EventRules
from dawn_chorus.domain.exports import Finding


def recut_detections(database: Database, analysis_id: UUID, changes: Mapping[str, float]) -> Iterator[Finding]:
    """Return the events that the analysis' rules yield with `changes` (see `EventRules.changed`).

    Taxon by taxon, each in order of time. Raises, at the call, NotFound, and BelowFloor for a threshold below the floor
    that the analysis was stored with. The iterator holds a connection: exhaust or close it.
    """
    with database.transaction() as connection:
        floor = get_analysis(connection, analysis_id).settings.floor
        scored = find_scored_analysis(connection, analysis_id)
    if scored is None:
        return iter(())
    rules = scored.rules.changed(**changes)
    _check_floor(scored.rules, rules, changes, floor)
    return _recut(database, replace(scored, rules=rules))


def _check_floor(own: EventRules, changed: EventRules, changes: Mapping[str, float], floor: float) -> None:
    """Raise BelowFloor, except where a rule's own thresholds are below the floor and the change does not lower them."""
    for rule, new in zip(own.all, changed.all, strict=True):
        if new.lowest_threshold < min(floor, rule.lowest_threshold):
            field = min((name for name in changes if name.endswith("_threshold")), key=changes.__getitem__)
            raise BelowFloor(
                f"threshold {new.lowest_threshold:g} is below {floor:g}, the floor under which no scores were stored",
                field=field,
            )


def _recut(database: Database, scored: ScoredAnalysis) -> Iterator[Finding]:
    analysis_id = scored.row["id"]
    with database.snapshot() as connection:
        source = read_source(scored.row, analysis_id, warning_codes_of(connection, [analysis_id])[analysis_id])
        for _, events in cut_events(connection, scored):
            for event in events:
                yield Finding(event, source)
