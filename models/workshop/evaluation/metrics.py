"""The metrics: macro ROC-AUC, padded cmAP, event F1 and PSDS.

A taxon without a positive or without a negative has no ROC-AUC. It is left out, and the number of scored taxa is
returned; torchmetrics counts such a taxon as 0, scikit-learn returns NaN.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.workshop.data.manifest import Clip, Event
from models.workshop.evaluation.matching import pair_by_collar, spans_of

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClipMetrics:
    """Metrics of window scores compared with the truth."""

    macro_auroc: float
    cmap: float
    n_taxa_scored: int
    """Number of taxa with at least one positive and one negative."""


def measure_windows(truth: Matrix, scores: Matrix) -> ClipMetrics:
    """Return the metrics of scores (n_windows, n_taxa) against truth of the same shape, 0 or 1."""
    aurocs = [auroc(truth[:, column], scores[:, column]) for column in range(truth.shape[1])]
    valid = [value for value in aurocs if value is not None]
    return ClipMetrics(float(np.mean(valid)) if valid else float("nan"), padded_cmap(truth, scores), len(valid))


def auroc(truth: Matrix, scores: Matrix) -> float | None:
    """Return the area under the ROC curve, by ranks with ties shared (Mann and Whitney); None if it is undefined."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if positives == 0 or negatives == 0:
        return None
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    return float((ranks[inverse][truth > 0].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def padded_cmap(truth: Matrix, scores: Matrix, padding: int = 5) -> float:
    """Return the mean average precision over taxa, `padding` positives of score 1 added to each (BirdCLEF 2023)."""
    pad_truth, pad_scores = np.ones(padding), np.full(padding, 1.0)
    values = [
        average_precision(np.r_[truth[:, column], pad_truth], np.r_[scores[:, column], pad_scores])
        for column in range(truth.shape[1])
    ]
    return float(np.mean(values))


def average_precision(truth: Matrix, scores: Matrix) -> float:
    """Return the precision averaged over the positives, in order of decreasing score."""
    order = np.argsort(-scores, kind="stable")
    hits = truth[order]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float((precision * hits).sum() / max(1.0, hits.sum()))


@dataclass(frozen=True, slots=True)
class EventCounts:
    """Numbers of events found, missed and falsely detected."""

    hits: int = 0
    misses: int = 0
    false_alarms: int = 0

    def __add__(self, other: "EventCounts") -> "EventCounts":
        return EventCounts(self.hits + other.hits, self.misses + other.misses, self.false_alarms + other.false_alarms)

    @property
    def f1(self) -> float:
        total = 2 * self.hits + self.misses + self.false_alarms
        return 2 * self.hits / total if total else float("nan")


def match_events(
    truth: Sequence[Event], found: Sequence[Event], *, collar_s: float = 0.5, collar_share: float = 0.5
) -> EventCounts:
    """Return how many events of each taxon are found, missed and false, paired one to one.

    Onsets must be within the collar, offsets within it or a share of the true length: the collar-based event F1 of
    DCASE, see `pair_by_collar`.
    """
    hits = 0
    for code in {event.code for event in truth}:
        of_code = [spans_of([event for event in events if event.code == code]) for events in (truth, found)]
        hits += len(pair_by_collar(*of_code, collar_s=collar_s, share=collar_share))
    return EventCounts(hits, len(truth) - hits, len(found) - hits)


def psds(
    truth: Mapping[str, Sequence[Event]],
    frames: Mapping[str, Matrix],
    durations_s: Mapping[str, float],
    codes: Sequence[str],
    *,
    frame_s: float,
) -> float:
    """Return the polyphonic sound detection score, intersection 0.5/0.5, no cross-trigger cost (Bilen et al., 2020).

    `frames[clip]` is (n_frames, n_taxa). Taxa without an event in the truth are left out.
    """
    from sed_scores_eval import intersection_based  # noqa: PLC0415 — imports a plotting library
    from sed_scores_eval.base_modules.scores import create_score_dataframe  # noqa: PLC0415

    present = sorted({event.code for events in truth.values() for event in events})
    columns = [list(codes).index(code) for code in present]
    tables = {
        clip: create_score_dataframe(values[:, columns], np.arange(len(values) + 1) * frame_s, present)
        for clip, values in frames.items()
    }
    events = {clip: [(e.onset_s, e.offset_s, e.code) for e in truth.get(clip, ())] for clip in frames}
    value, *_ = intersection_based.psds(
        tables, events, dict(durations_s), dtc_threshold=0.5, gtc_threshold=0.5, cttc_threshold=None,
        alpha_ct=0.0, alpha_st=0.0, max_efpr=100.0,
    )  # fmt: skip
    return float(value)


def label_windows(
    clip: Clip, events: Sequence[Event] | None, codes: Sequence[str], n_windows: int, window_s: float
) -> np.ndarray:
    """Return the truth, (n_windows, n_taxa): by events if they are known, else the clip's labels for every window."""
    truth = np.zeros((n_windows, len(codes)))
    if events is None:
        truth[:, np.isin(codes, clip.labels)] = 1
        return truth
    for event in events:
        if event.code in codes:
            first, last = int(event.onset_s // window_s), int(np.ceil(event.offset_s / window_s))
            truth[first : min(last, n_windows), list(codes).index(event.code)] = 1
    return truth
