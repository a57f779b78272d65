"""Chooses event rules on some recordings and measures them on the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dawn_chorus.domain.event_rules import EventRule
from models.workshop.data.manifest import Dataset, Event
from models.workshop.evaluation.events.counts import CRITERIA, OVERLAP, Counts, count_events, f1
from models.workshop.evaluation.events.sources import Scored
from models.workshop.evaluation.events.truth import Block
from models.workshop.evaluation.events.units import make_units
from models.workshop.evaluation.pack_scores import cut_events

GOALS = ("F1 collar 0.5 s", "F1 intersection")
"""A rule is chosen for the mean of these F1."""
_NAMES = [name for name in CRITERIA if name != OVERLAP]
RuleCounts = Mapping[EventRule, Mapping[str, Mapping[str, Counts]]]
"""By rule, recording and criterion."""


@dataclass(frozen=True, slots=True)
class RuleChoice:
    """Rules chosen on other recordings, and what one chosen on all of them would seem to reach."""

    by_recording: dict[str, EventRule]
    """For each recording the rule that is best on all others."""
    cross_fitted: dict[str, float]
    """F1 by criterion, each recording cut by its own rule."""
    best: EventRule
    """The best rule on all recordings."""
    best_f1: dict[str, float]
    """Its F1 on the same recordings: too optimistic."""


def rule_grid() -> list[EventRule]:
    """Return the rules to choose from; of equals the first is chosen."""
    return [
        EventRule(onset, round(onset * share, 3), min_event_s, min_gap_s)
        for min_event_s in (0.0, 0.25)
        for min_gap_s in (0.5, 0.25, 0.0, 1.0)
        for share in (0.67, 0.5, 0.33, 1.0)
        for onset in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.05)
    ]


def choose_rules(
    dataset: Dataset, block: Block, scored: Sequence[Scored], rules: Sequence[EventRule] | None = None
) -> RuleChoice:
    """Return the choice among `rules` (default: `rule_grid`); raises ValueError if the block has a single recording."""
    if len(block.clips) < 2:
        raise ValueError("rules are chosen on other recordings: there is only one")
    counts = count_by_rule(dataset, block, scored, rules or rule_grid())
    recordings = [clip.path for clip in block.clips]
    chosen = {r: best_rule(counts, [other for other in recordings if other != r]) for r in recordings}
    best = best_rule(counts, recordings)
    return RuleChoice(
        chosen,
        {name: _f1([counts[chosen[r]][r] for r in recordings], name) for name in _NAMES},
        best,
        {name: _f1([counts[best][r] for r in recordings], name) for name in _NAMES},
    )


def count_by_rule(dataset: Dataset, block: Block, scored: Sequence[Scored], rules: Sequence[EventRule]) -> RuleCounts:
    """Return the counts that each rule, the same for all taxa, has on each of the block's recordings."""
    columns = [dataset.codes.index(code) for code in block.codes]
    taxa = [dataset.taxa[column] for column in columns]
    chosen = [s for s in scored if s.clip in block.clips]
    units = make_units(dataset, block, chosen)

    def cut(s: Scored, rule: EventRule) -> tuple[Event, ...]:
        return cut_events(taxa, s.frames[:, columns], [rule] * len(taxa), s.step_s, s.clip)

    return {
        rule: {
            unit.recording: count_events(replace(unit, found=cut(s, rule)), block.codes)
            for unit, s in zip(units, chosen, strict=True)
        }
        for rule in rules
    }


def best_rule(counts: RuleCounts, recordings: Sequence[str]) -> EventRule:
    """Return the rule with the highest mean F1 of GOALS on these recordings, of equals the first."""
    return max(counts, key=lambda rule: goal(counts[rule], recordings))


def goal(counts: Mapping[str, Mapping[str, Counts]], recordings: Sequence[str]) -> float:
    """Return the mean of the F1 of GOALS over recordings; 0 if there is nothing to find."""
    return float(np.nan_to_num(np.mean([_f1([counts[r] for r in recordings], name) for name in GOALS])))


def _f1(counts: Sequence[Mapping[str, Counts]], name: str) -> float:
    return f1(np.concatenate([c[name] for c in counts]))
