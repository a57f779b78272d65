"""Chooses event rules on some recordings and measures them on the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dawn_chorus.domain.event_rules import EventRule
from models.workshop.data.manifest import Dataset
from models.workshop.evaluation.events.counts import Counts, count_events, f1
from models.workshop.evaluation.events.sources import Scored, cut_frames
from models.workshop.evaluation.events.truth import Block

GOALS = ("collar 0.5 s", "intersection")
"""A rule is chosen for the mean of these F1."""
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
        {name: f1(sum(counts[chosen[r]][r][name] for r in recordings)) for name in counts[best][recordings[0]]},
        best,
        {name: f1(sum(counts[best][r][name] for r in recordings)) for name in counts[best][recordings[0]]},
    )


def count_by_rule(dataset: Dataset, block: Block, scored: Sequence[Scored], rules: Sequence[EventRule]) -> RuleCounts:
    """Return the counts that each rule, the same for all taxa, has on each of the block's recordings."""
    columns = [dataset.codes.index(code) for code in block.codes]
    taxa = [dataset.taxa[column] for column in columns]
    chosen = [s for s in scored if s.clip in block.clips]
    return {
        rule: {
            s.clip.path: count_events(
                [e for e in dataset.events[s.clip.path] if e.code in block.codes],
                cut_frames(taxa, s.frames[:, columns], [rule] * len(taxa), s.step_s, s.clip),
                block.codes,
            )
            for s in chosen
        }
        for rule in rules
    }


def best_rule(counts: RuleCounts, recordings: Sequence[str]) -> EventRule:
    """Return the rule with the highest mean F1 of GOALS on these recordings, of equals the first."""
    return max(counts, key=lambda rule: goal(counts[rule], recordings))


def goal(counts: Mapping[str, Mapping[str, Counts]], recordings: Sequence[str]) -> float:
    """Return the mean of the F1 of GOALS over recordings; 0 if there is nothing to find."""
    values = [f1(sum(counts[r][name] for r in recordings)) for name in GOALS]
    return float(np.nan_to_num(np.mean(values)))
