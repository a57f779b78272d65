"""What lines gain for each taxon: worlds share taxa and recordings, so taxa are what is independent of each other."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.workshop.evaluation.metrics import auroc
from models.workshop.studies.embeddings.bank import Bank
from models.workshop.studies.embeddings.students import Answers
from models.workshop.studies.spread import mean_and_spread

COLUMNS = (
    ("control", "control", "baseline"),
    ("round 1", "round 1, plain", "baseline"),
    ("round 1 against the control", "round 1, plain", "control"),
    ("round 2, plain", "round 2, plain", "baseline"),
    ("power against plain, round 2", "round 2, powers", "round 2, plain"),
    ("oracle", "oracle", "baseline"),
)
"""Heading, line, and the line that it is compared with."""


def draw_taxa(bank: Bank, answers: Mapping[str, Answers]) -> str:
    """Return a Markdown table of each taxon's mean changes of ROC-AUC over its worlds, and their spread over taxa."""
    lines = {name for _, *pair in COLUMNS for name in pair}
    aurocs = {name: taxon_aurocs(bank, answers[name]) for name in lines}
    names = np.unique(bank.taxa)
    changes = np.array(
        [[np.nanmean((aurocs[a] - aurocs[b])[bank.taxa == name]) for _, a, b in COLUMNS] for name in names]
    )
    rows = [f"| taxon | worlds | baseline | {' | '.join(heading for heading, *_ in COLUMNS)} |"]
    rows.append("| --- |" + " --- |" * (2 + len(COLUMNS)))
    for name, change in zip(names, changes, strict=True):
        chosen = bank.taxa == name
        cells = [f"{np.nanmean(aurocs['baseline'][chosen]):.3f}", *(mean_and_spread(v[None], "+") for v in change)]
        rows.append(f"| {name} | {chosen.sum()} | {' | '.join(cells)} |")
    rows.append(f"| mean of taxa | | | {' | '.join(mean_and_spread(column, '+') for column in changes.T)} |")
    gains = (f"{int((column > 0).sum())} of {len(names)}" for column in changes.T)
    return "\n".join([*rows, f"| taxa with a gain | | | {' | '.join(gains)} |"])


def taxon_aurocs(bank: Bank, answers: Answers) -> NDArray[np.float64]:
    """Return the ROC-AUC of each taxon on the test soundscapes, (n_worlds, n_taxa); NaN where it is undefined."""
    found = [
        [auroc(truth[:, taxon], scores[:, taxon]) for taxon in range(bank.n_taxa)]
        for truth, scores in zip(bank.test_truth.astype(np.float64), answers.test.astype(np.float64), strict=True)
    ]
    return np.array(found, np.float64)
