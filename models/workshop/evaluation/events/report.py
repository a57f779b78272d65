"""The tables: blocks with intervals, single taxa, and rules chosen on other recordings."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from dawn_chorus.domain.event_rules import EventRule
from models.workshop.evaluation.events.measures import Measured, Values
from models.workshop.evaluation.events.rules import RuleChoice
from models.workshop.evaluation.events.sources import Scored
from models.workshop.evaluation.events.truth import Block

COUNTS = ("found", "missed", "false")
ERRORS = ("onset error s", "offset error s")
PER_TAXON = ("frame AUC pooled", "F1 collar 0.5 s", "F1 intersection", *ERRORS)


def draw_block(columns: Mapping[str, Measured | None]) -> str:
    """Return a block's table: a line for each metric, a column for each source; – where it knows none of the taxa."""
    known = [measured for measured in columns.values() if measured]
    lines = [f"| | {' | '.join(columns)} |", "| --- |" + " --- |" * len(columns)]
    for name in known[0].values:
        cells = [_cell(measured, name) if measured else "–" for measured in columns.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def draw_gains(columns: Mapping[str, Measured | None]) -> str:
    """Return how much more each source has than the first one, drawn together; empty if there is only one."""
    (first_name, first), *others = [(name, measured) for name, measured in columns.items() if measured]
    if not others:
        return ""
    lines = [
        f"| gain over {first_name} | {' | '.join(name for name, _ in others)} |",
        "|" + " --- |" * (len(others) + 1),
    ]
    for name in (name for name in first.values if name not in (*COUNTS, *ERRORS)):
        cells = [_bracketed(*measured.gain(name, first), name) for _, measured in others]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def draw_others(block: Block, sources: Mapping[str, Sequence[Scored]]) -> str:
    """Return a line for each source with the taxa of its events that the truth does not name, the most common ones."""
    lines = []
    for name, scored in sources.items():
        counts = Counter(other for s in scored if s.clip in block.clips for other in s.others)
        if counts:
            shown = ", ".join(f"{n} {taxon}" for taxon, n in counts.most_common(10))
            lines.append(f"- Other taxa, {name}, {counts.total()} in all: {shown}")
    return "\n".join(lines) + "\n" if lines else ""


def draw_taxa(rows: Sequence[tuple[str, int, str, Values]]) -> str:
    """Return the table of single taxa; rows are taxon, number of events, source and its metrics."""
    lines = [f"| taxon | events | | {' | '.join(PER_TAXON)} | found | false |", "|" + " --- |" * (len(PER_TAXON) + 5)]
    for taxon, n_events, source, values in rows:
        cells = [_number(values[name], name) for name in (*PER_TAXON, "found", "false")]
        lines.append(f"| {taxon} | {n_events} | {source} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def draw_rules(choices: Mapping[str, tuple[RuleChoice, Values]]) -> str:
    """Return the table of event rules by source: its own, chosen on other recordings, chosen on the same."""
    criteria = list(next(iter(choices.values()))[0].cross_fitted)
    lines = [
        f"| | rule | {' | '.join(criteria)} |",
        "| --- | --- |" + " --- |" * len(criteria),
    ]
    for name, (choice, values) in choices.items():
        own = [f"{values[criterion]:.2f}" for criterion in criteria]
        lines.append(f"| {name} | its own | {' | '.join(own)} |")
        rules = "; ".join(dict.fromkeys(_rule(rule) for rule in choice.by_recording.values()))
        fitted = [f"{choice.cross_fitted[criterion]:.2f}" for criterion in criteria]
        lines.append(f"| {name} | chosen on the other recordings: {rules} | {' | '.join(fitted)} |")
        best = [f"{choice.best_f1[criterion]:.2f}" for criterion in criteria]
        lines.append(f"| {name} | chosen on the same (too optimistic): {_rule(choice.best)} | {' | '.join(best)} |")
    return "\n".join(lines) + "\n"


def _rule(rule: EventRule) -> str:
    return f"{rule.onset_threshold:g}/{rule.offset_threshold:g}, gap {rule.min_gap_s:g} s, min {rule.min_event_s:g} s"


def _cell(measured: Measured, name: str) -> str:
    value = measured.values[name]
    return _number(value, name) if name in COUNTS else _bracketed(value, measured.interval(name), name)


def _bracketed(value: float, interval: tuple[float, float], name: str) -> str:
    """Return a value with its interval in brackets, as far as there are such."""
    if any(map(math.isnan, (value, *interval))):
        return _number(value, name)
    low, high = interval
    return f"{_number(value, name)} ({_number(low, name)} to {_number(high, name)})"


def _number(value: float, name: str) -> str:
    if math.isnan(value):
        return "–"
    shown = f"{value:.0f}" if name in COUNTS else f"{round(value, 2) + 0.0:.2f}"  # + 0.0: never -0.00
    return shown.replace("-", "−")
