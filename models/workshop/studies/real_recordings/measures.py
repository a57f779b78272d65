"""Measures for recordings that are mostly weakly labeled: of clips by their labels, of frames if events are known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.inference.ensemble import Ensemble
from models.workshop.data.manifest import Clip, Dataset, Event
from models.workshop.evaluation.metrics import auroc, padded_cmap
from models.workshop.evaluation.pack_scores import score_clips
from models.workshop.studies.real_recordings.collection import CLASSES

CLASS_CODES = tuple(taxon.code for taxon in CLASSES.values())
YARD_CODES = ("dog", "gallus-gallus")
"""Loud and with many recordings: a mean that includes them would be too good."""
STEP_S = 0.25
"""Length of the frames that are compared, whatever the packs' own frame length."""

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class RealMeasures:
    """The metrics of a pack on held-out clips; NaN if the clips do not permit one."""

    species_auroc: float
    """Macro average over wild species, by clip; all other clips, including noises, are negatives."""
    species_cmap: float
    top1: float
    """Share of the clips with a wild species in which this species has the highest score of all wild species."""
    yard_auroc: float
    aves_auroc: float
    amphibia_auroc: float
    hermit_frame_auroc: float
    """By frame within a strongly labeled recording; mean over recordings."""
    aves_frame_auroc: float


@dataclass(frozen=True, slots=True)
class ColumnScores:
    """A clip's scores, one column for each of the dataset's taxa."""

    clip: Clip
    clip_scores: Scores
    """The maximum over all windows, (n_taxa,)."""
    frames: Scores
    """(n_frames, n_taxa), at STEP_S."""


def score_columns(ensemble: Ensemble, dataset: Dataset, clips: Iterable[Clip]) -> list[ColumnScores]:
    """Score clips through the service's pipeline; columns of taxa that the pack lacks are NaN."""
    columns = columns_of_classes(ensemble.facts.taxa, dataset.taxa)
    native_s = ensemble.facts.grid.event_step_s
    scored: list[ColumnScores] = []
    for s in score_clips(ensemble, dataset.folder, clips):
        windows, frames = _gather(s.windows, columns), _gather(s.frames, columns)
        scored.append(ColumnScores(s.clip, windows.max(axis=0), _resample(frames, native_s, s.clip)))
    return scored


def columns_of_classes(pack_taxa: Sequence[Taxon], wanted: Sequence[Taxon]) -> list[list[int]]:
    """Return the pack's columns for each wanted taxon: its own, or for a class without one, those of all its taxa."""
    position = {taxon.code: column for column, taxon in enumerate(pack_taxa)}
    members = {
        taxon.code: [c for c, other in enumerate(pack_taxa) if other.taxonomic_class == taxon.taxonomic_class]
        for taxon in wanted
        if taxon.code in CLASS_CODES
    }
    return [[position[taxon.code]] if taxon.code in position else members.get(taxon.code, []) for taxon in wanted]


def measure_real_recordings(dataset: Dataset, scored: Sequence[ColumnScores]) -> RealMeasures:
    """Return the metrics of the scores compared with the dataset's labels and events."""
    codes = dataset.codes
    wild = [c for c, code in enumerate(codes) if code not in (*CLASS_CODES, *YARD_CODES)]
    truth = np.array([np.isin(codes, s.clip.labels) for s in scored], float)
    scores = np.array([s.clip_scores for s in scored], float)

    def mean_auroc(columns: Sequence[int]) -> float:
        return _mean(auroc(truth[:, c], scores[:, c]) for c in columns if not np.isnan(scores[:, c]).any())

    named = truth[:, wild].any(axis=1)
    wild_scores = np.nan_to_num(scores[:, wild], nan=-1.0)  # a taxon that the pack lacks is never the highest
    hits = wild_scores[named].argmax(axis=1) == truth[named][:, wild].argmax(axis=1)
    strong = [s for s in scored if s.clip.path in dataset.events]
    hermit = "phaethornis-longirostris"
    return RealMeasures(
        mean_auroc(wild),
        padded_cmap(truth[:, wild], wild_scores),
        float(hits.mean()),
        mean_auroc([codes.index(code) for code in YARD_CODES]),
        *(mean_auroc([codes.index(code)]) for code in ("aves", "amphibia")),
        *(_mean(frame_auroc(dataset, s, code) for s in strong) for code in (hermit, "aves")),
    )


def frame_auroc(dataset: Dataset, scored: ColumnScores, code: str) -> float | None:
    """Return the ROC-AUC of a taxon's frames within one recording; None if all frames have the same label."""
    truth = label_frames(dataset.events[scored.clip.path], code, len(scored.frames))
    return auroc(truth, scored.frames[:, dataset.codes.index(code)].astype(float))


def label_frames(events: Iterable[Event], code: str, n_frames: int) -> NDArray[np.float64]:
    """Return 1 for the frames that an event of the taxon overlaps, else 0, (n_frames,)."""
    truth = np.zeros(n_frames)
    for event in events:
        if event.code == code:
            truth[int(event.onset_s / STEP_S) : int(np.ceil(event.offset_s / STEP_S))] = 1
    return truth


def save_clip_scores(path: Path, dataset: Dataset, scored: Sequence[ColumnScores]) -> None:
    """Write the scores of each clip, so that every number of the table can be checked."""
    np.savez_compressed(
        path,
        codes=np.array(dataset.codes),
        paths=np.array([s.clip.path for s in scored]),
        scores=np.array([s.clip_scores for s in scored]),
    )


def _gather(scores: Scores, columns: Sequence[Sequence[int]]) -> Scores:
    """Return the maximum of each group of columns, (n, n_groups); NaN for an empty group."""
    missing = np.full(len(scores), np.nan, np.float32)
    return np.stack([scores[:, group].max(axis=1) if group else missing for group in columns], axis=1)


def _resample(frames: Scores, native_s: float, clip: Clip) -> Scores:
    centers_s = (np.arange(max(1, round(clip.duration_s / STEP_S))) + 0.5) * STEP_S
    nearest: NDArray[np.intp] = np.minimum((centers_s / native_s).astype(int), len(frames) - 1)
    return frames[nearest]


def _mean(values: Iterable[float | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else float("nan")
