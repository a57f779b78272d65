"""Draws the metrics of a run as a picture."""

import csv
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure


def draw_curves(metrics_csv: Path, picture: Path) -> None:
    """Draw every column of metrics.csv over the epochs, losses on the left axis, scores on the right."""
    with metrics_csv.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    figure = Figure(figsize=(7, 4), layout="constrained")
    losses = figure.subplots()
    scores = losses.twinx()
    epochs = [int(row["epoch"]) for row in rows]
    colors = iter(mpl.color_sequences["tab10"])
    for name in rows[0]:
        if name != "epoch":
            axes = losses if "loss" in name else scores
            axes.plot(epochs, [float(row[name]) for row in rows], label=name, color=next(colors))
    losses.set(xlabel="epoch", ylabel="loss")
    scores.set(ylabel="score", ylim=(0, 1))
    figure.legend(loc="outside upper center", ncols=4)
    figure.savefig(picture, dpi=120)
