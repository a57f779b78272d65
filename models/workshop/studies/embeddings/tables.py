"""The study's tables: every change is against the same world's own baseline."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.workshop.studies.embeddings.lines import Results
from models.workshop.studies.embeddings.questions import Grid


def draw_lines(results: Results) -> str:
    """Return a Markdown table: the baseline's means, then each line's mean change ± deviation between worlds."""
    rows = ["| | ROC-AUC | worlds with a gain | cmAP |", "| --- | --- | --- | --- |"]
    baseline = results["baseline"]
    auroc, cmap = (mean_and_spread(column, "") for column in baseline.T)
    rows.append(f"| baseline: focal clips alone | {auroc} | | {cmap} |")
    for name in names_of(results):
        change = results[name] - baseline
        auroc, cmap = (mean_and_spread(column, "+") for column in change.T)
        rows.append(f"| {name} | {auroc} | {(change[:, 0] > 0).mean():.0%} | {cmap} |")
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


def mean_and_spread(values: NDArray[np.float64], sign: str) -> str:
    """Return mean ± standard deviation of values (n_worlds,), with three decimals."""
    spread = f" ± {values.std(ddof=1):.3f}" if len(values) > 1 else ""
    return f"{values.mean():{sign}.3f}{spread}".replace("-", "−")
