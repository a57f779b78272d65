"""The study's picture: each line's change against the baseline, every world a dot."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from models.workshop.studies.embeddings.lines import Results
from models.workshop.studies.embeddings.tables import names_of


def draw_changes(results: Mapping[str, Results], picture: Path) -> None:
    """Draw the changes of ROC-AUC of all lines, one panel for each loss; a black mark is the mean over worlds."""
    names = names_of(next(iter(results.values())))
    figure = Figure(figsize=(4 + 4 * len(results), 1 + 0.28 * len(names)), layout="constrained")
    panels = figure.subplots(1, len(results), sharex=True, sharey=True, squeeze=False)[0]
    for axes, (title, of_loss) in zip(panels, results.items(), strict=True):
        axes.axvline(0, color="gray", linewidth=1)
        for place, name in enumerate(names):
            change = (of_loss[name] - of_loss["baseline"])[:, 0]
            axes.plot(change, [place] * len(change), ".", color="tab:blue", alpha=0.4, markeredgewidth=0)
            axes.plot(change.mean(), place, "|", color="black", markersize=12, markeredgewidth=2)
        axes.set(title=title, xlabel="change of macro ROC-AUC against the world's baseline")
    panels[0].set_yticks(range(len(names)), names)
    panels[0].invert_yaxis()
    figure.savefig(picture, dpi=120)
