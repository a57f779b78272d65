"""Draws the tables: means over worlds, and paired changes, each line against the same world's baseline and control."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from models.workshop.studies.ablation.lines import BASELINE, BASELINE_AND_ROUND_1, CONTROL, TWO_BASELINES
from models.workshop.studies.ablation.measuring import Row
from models.workshop.studies.spread import mean_and_spread

WorldRows = Mapping[tuple[str, str], Row]
"""One world's measures, by table and line."""
COLUMNS: Sequence[tuple[str, str, str | None]] = (
    ("macro ROC-AUC", "macro_auroc", None),
    ("against the baseline", "macro_auroc", BASELINE),
    ("against the control", "macro_auroc", CONTROL),
    ("cmAP", "cmap", None),
    ("against the baseline", "cmap", BASELINE),
    ("PSDS", "psds", None),
    ("against the baseline", "psds", BASELINE),
)
"""Heading, measure, and the line that it is compared with."""
PAIRS = (
    *(
        (table, line, other)
        for table in ("First place", "First place, binary cross-entropy")
        for line, other in (("round 2, plain labels", "round 1"), ("round 2, with power", "round 2, plain labels"))
    ),
    ("First place", BASELINE_AND_ROUND_1, TWO_BASELINES),
    ("First place", "the same with shifts of ±2.5 s", "ensemble of baseline and both rounds, with power"),
    ("First place", "the same with shifts and smoothing", "the same with shifts of ±2.5 s"),
    ("Second place", "round 2", "round 1"),
    ("Second place", "the same with shifts of ±2.5 s", "round 2"),
)
"""Lines that differ in one thing: table, line, and the line that it is compared with."""
UNCOMPARED = {BASELINE: (BASELINE, CONTROL), CONTROL: (CONTROL,)}


def draw_tables(worlds: Sequence[WorldRows]) -> str:
    """Return a Markdown table for each recipe, of all worlds."""
    titles = dict.fromkeys(table for table, _ in worlds[0])
    minutes = sum(row["cpu_s"] for rows in worlds for row in rows.values()) / 60
    parts = [f"{title}, {len(worlds)} worlds\n\n{_draw_table(title, worlds)}" for title in titles]
    return "\n\n".join([*parts, _draw_pairs(worlds), f"{minutes:.0f} minutes of one core's time"]) + "\n"


def _draw_table(table: str, worlds: Sequence[WorldRows]) -> str:
    lines = [f"| | {' | '.join(heading for heading, _, _ in COLUMNS)} |", "| --- " * (1 + len(COLUMNS)) + "|"]
    for name in [name for title, name in worlds[0] if title == table]:
        cells = [name]
        for _, measure, reference in COLUMNS:
            values = np.array([rows[table, name][measure] for rows in worlds])
            if reference is None:
                cells.append(mean_and_spread(values))
            elif reference in UNCOMPARED.get(name, ()):
                cells.append("")
            else:
                cells.append(_change(values - [rows[table, reference][measure] for rows in worlds]))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _draw_pairs(worlds: Sequence[WorldRows]) -> str:
    lines = ["| | macro ROC-AUC | cmAP | PSDS |", "| --- | --- | --- | --- |"]
    for table, name, other in PAIRS:
        if {(table, name), (table, other)} <= worlds[0].keys():
            changes = [
                np.array([rows[table, name][measure] - rows[table, other][measure] for rows in worlds])
                for measure in ("macro_auroc", "cmap", "psds")
            ]
            lines.append(f"| {table}: {name}, against {other} | {' | '.join(map(_change, changes))} |")
    return "\n".join(lines)


def _change(changes: np.ndarray) -> str:
    return f"{mean_and_spread(changes, '+')} ({int((changes > 0).sum())}/{len(changes)})"


def write_rows(path: Path, numbers: Sequence[int], worlds: Sequence[WorldRows]) -> None:
    """Write one row for each line of each world, with all measures, as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["world", "table", "line", *next(iter(worlds[0].values()))])
        for number, rows in zip(numbers, worlds, strict=True):
            writer.writerows([number, *key, *row.values()] for key, row in rows.items())
