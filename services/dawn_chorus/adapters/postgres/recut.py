"""Events cut anew from stored scores, each taxon by its own rule with something changed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import UUID

from dawn_chorus.adapters.postgres.analyses import get_analysis
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.rows import read_source
from dawn_chorus.adapters.postgres.stitching import ScoredAnalysis, cut_events, find_scored_analysis
from dawn_chorus.domain.analysis import EventRule, EventRules
from dawn_chorus.domain.errors import BelowFloor
from dawn_chorus.domain.exports import Finding

Change = Callable[[EventRule], EventRule]


def recut_detections(database: Database, analysis_id: UUID, change: Change) -> Iterator[Finding]:
    """Cut by the analysis' rules so changed, taxon by taxon, each in order of time.

    Raises, at the call, NotFound, and BelowFloor for a threshold below the floor that the analysis was stored with. The
    iterator holds a connection: exhaust or close it.
    """
    with database.transaction() as connection:
        floor = get_analysis(connection, analysis_id).settings.floor
        scored = find_scored_analysis(connection, analysis_id)
    if scored is None:
        return iter(())
    own = scored.rules
    for rule in (own.default, *own.by_taxon.values()):
        _check_floor(rule, change(rule), floor)
    by_taxon = {code: change(rule) for code, rule in own.by_taxon.items()}
    return _recut(database, replace(scored, rules=EventRules(change(own.default), by_taxon)))


def _check_floor(rule: EventRule, changed: EventRule, floor: float) -> None:
    """Forgive a pack whose own thresholds lie below the floor: it is cut as it was."""
    lowest = min(changed.onset_threshold, changed.offset_threshold)
    if lowest < min(floor, rule.onset_threshold, rule.offset_threshold):
        raise BelowFloor(f"threshold {lowest:g} is below {floor:g}, the floor under which no scores were kept")


def _recut(database: Database, scored: ScoredAnalysis) -> Iterator[Finding]:
    source = read_source(scored.row, scored.row["id"])
    with database.snapshot() as connection:
        for _, events in cut_events(connection, scored):
            for event in events:
                yield Finding(event, source)
