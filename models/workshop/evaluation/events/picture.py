"""Draws what is true and what each source says, a lane for each taxon of a recording."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from models.workshop.data.manifest import Clip, Dataset
from models.workshop.evaluation.events.sources import Scored
from models.workshop.evaluation.events.truth import Block

MAX_LANES = 16


def draw_lanes(
    dataset: Dataset, blocks: Sequence[Block], sources: Mapping[str, Sequence[Scored]], picture: Path
) -> None:
    """Write a picture of the first MAX_LANES lanes, those of long recordings first.

    True events are gray; each source has a color for its scores and, below them, for its events.
    """
    lanes = dict.fromkeys(
        (clip, code)
        for block in blocks
        for clip in sorted(block.clips, key=lambda clip: -clip.duration_s)
        for code in block.codes
        if any(event.code == code for event in dataset.events[clip.path])
    )
    shown = list(lanes)[:MAX_LANES]
    figure = Figure(figsize=(12, (1.3 + 0.12 * len(sources)) * len(shown) + 0.8), layout="constrained")
    for axes, (clip, code) in zip(figure.subplots(len(shown), squeeze=False).flat, shown, strict=True):
        _draw_lane(axes, dataset, clip, code, sources)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=min(4, len(labels)))
    figure.savefig(picture, dpi=110)


def _draw_lane(axes: Axes, dataset: Dataset, clip: Clip, code: str, sources: Mapping[str, Sequence[Scored]]) -> None:
    column = dataset.codes.index(code)
    for event in dataset.events[clip.path]:
        if event.code == code:
            axes.axvspan(event.onset_s, event.offset_s, color="0.85")
    colors = mpl.color_sequences["tab10"]
    for position, (name, scored) in enumerate(sources.items()):
        color = colors[position % len(colors)]
        own = next(s for s in scored if s.clip == clip)
        edges_s = np.minimum(np.arange(len(own.frames) + 1) * own.step_s, clip.duration_s)
        axes.stairs(own.frames[:, column], edges_s, color=color, label=name, linewidth=1.0)
        bars = [(e.onset_s, e.offset_s - e.onset_s) for e in own.events if e.code == code]
        axes.broken_barh(bars, (-0.13 * (position + 1), 0.1), facecolor=color, edgecolor="white", linewidth=0.5)
    axes.set(xlim=(0, clip.duration_s), ylim=(-0.13 * len(sources) - 0.05, 1.05), yticks=(0, 0.5, 1))
    axes.set_title(f"{dataset.taxa[column].common_name}: {clip.path}", fontsize=8, loc="left", pad=2)
    axes.tick_params(labelsize=7)
