"""The study's tables: every change is against the same world's own baseline."""

from collections.abc import Sequence

from models.workshop.studies.embeddings.lines import Results
from models.workshop.studies.embeddings.questions import Grid
from models.workshop.studies.spread import mean_and_spread

PAIRS = (
    ("round 1 against the control", "round 1, plain", "control"),
    ("round 2 against round 1, plain", "round 2, plain", "round 1, plain"),
    ("round 3 against round 2, plain", "round 3, plain", "round 2, plain"),
    ("round 4 against round 3, plain", "round 4, plain", "round 3, plain"),
    ("power against plain, round 2", "round 2, powers", "round 2, plain"),
    ("power against plain, round 3", "round 3, powers", "round 3, plain"),
    ("power against plain, round 4", "round 4, powers", "round 4, plain"),
    ("power with sum to one against plain, round 1", "round 1, powers, sum to one", "round 1, plain"),
    ("power with sum to one against plain, round 4", "round 4, powers, sum to one", "round 4, plain"),
    ("drawn by voices against all as often, round 1", "round 1, powers, drawn by voices", "round 1, powers"),
    ("hard swap against mixing, round 1", "round 1, hard swap", "round 1, plain"),
    ("oracle against round 1", "oracle", "round 1, plain"),
)
"""Two lines that differ in one thing, and in the settings that suit each of them."""


def draw_lines(results: Results) -> str:
    """Return a Markdown table: the baseline's means, then each line's mean change ± deviation between worlds."""
    rows = ["| | ROC-AUC | worlds with a gain | cmAP |", "| --- | --- | --- | --- |"]
    baseline = results["baseline"]
    auroc, cmap = (mean_and_spread(column) for column in baseline.T)
    rows.append(f"| baseline: focal clips alone | {auroc} | | {cmap} |")
    for name in names_of(results):
        change = results[name] - baseline
        auroc, cmap = (mean_and_spread(column, "+") for column in change.T)
        rows.append(f"| {name} | {auroc} | {(change[:, 0] > 0).mean():.0%} | {cmap} |")
    return "\n".join(rows)


def draw_pairs(results: Results) -> str:
    """Return a Markdown table of differences between two lines in the same world, mean ± deviation between worlds."""
    rows = ["| one line against another | ROC-AUC | worlds with a gain | cmAP |", "| --- | --- | --- | --- |"]
    for title, name, other in PAIRS:
        change = results[name] - results[other]
        auroc, cmap = (mean_and_spread(column, "+") for column in change.T)
        rows.append(f"| {title} | {auroc} | {(change[:, 0] > 0).mean():.0%} | {cmap} |")
    return "\n".join(rows)


def draw_grid(grid: Grid, title: str) -> str:
    """Return a Markdown table of mean changes of ROC-AUC ± deviation between worlds."""
    lines = [f"| {title} | {' | '.join(grid.columns)} |", "| --- |" + " --- |" * len(grid.columns)]
    for row, (results, names) in grid.rows.items():
        cells = [mean_and_spread((results[name] - results["baseline"])[:, 0], "+") for name in names]
        lines.append(f"| {row} | {' | '.join(cells)} |")
    return "\n".join(lines)


def names_of(results: Results) -> Sequence[str]:
    """Return all lines but the baseline, in the order of the table."""
    return [name for name in results if name != "baseline"]
