"""All metrics of a pack on held-out recordings: of windows, of events, and over the whole range of thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dawn_chorus.domain.event_rules import EventRule
from dawn_chorus.inference.ensemble import Ensemble
from models.workshop.data.manifest import Clip, Dataset, Event
from models.workshop.evaluation.metrics import EventCounts, label_windows, match_events, measure_windows, psds
from models.workshop.evaluation.pack_scores import ClipScores, cut_events, score_clips


@dataclass(frozen=True, slots=True)
class Measures:
    """The metrics of a pack; NaN if the recordings do not permit one."""

    macro_auroc: float
    cmap: float
    event_f1: float
    psds: float
    n_taxa_scored: int
    """Taxa with at least one positive and one negative window; only these count in the AUROC."""


def evaluate(ensemble: Ensemble, dataset: Dataset, clips: Sequence[Clip], rule: EventRule | None = None) -> Measures:
    """Score clips as the service would and compare with the truth; `rule` replaces the pack's event rules."""
    scored = list(score_clips(ensemble, dataset.folder, clips))
    return measure(ensemble, dataset, scored, rule)


def measure(
    ensemble: Ensemble, dataset: Dataset, scored: Sequence[ClipScores], rule: EventRule | None = None
) -> Measures:
    """Compare existing scores with the truth; `rule` replaces the pack's event rules."""
    facts = ensemble.facts
    codes = [taxon.code for taxon in facts.taxa]
    window_s = facts.grid.window_s
    truth = [label_windows(s.clip, dataset.events.get(s.clip.path), codes, len(s.windows), window_s) for s in scored]
    windows = measure_windows(np.concatenate(truth), np.concatenate([s.windows for s in scored]))
    strong = [s for s in scored if s.clip.path in dataset.events]
    counts = count_events(ensemble, dataset, strong, rule)
    events = {s.clip.path: [e for e in dataset.events[s.clip.path] if e.code in codes] for s in strong}
    frames = {s.clip.path: s.frames for s in strong}
    durations_s = {s.clip.path: s.clip.duration_s for s in strong}
    area = psds(events, frames, durations_s, codes, frame_s=facts.grid.event_step_s) if strong else float("nan")
    return Measures(windows.macro_auroc, windows.cmap, counts.f1, area, windows.n_taxa_scored)


def count_events(
    ensemble: Ensemble, dataset: Dataset, scored: Sequence[ClipScores], rule: EventRule | None = None
) -> EventCounts:
    """Match the events of all clips with the truth; `rule` replaces the pack's event rules."""
    taxa, step_s = ensemble.facts.taxa, ensemble.facts.grid.event_step_s
    codes = {taxon.code for taxon in taxa}
    total = EventCounts()
    for s in scored:
        found = s.events if rule is None else cut_events(taxa, s.frames, [rule] * len(taxa), step_s, s.clip)
        truth: list[Event] = [e for e in dataset.events.get(s.clip.path, ()) if e.code in codes]
        total += match_events(truth, found)
    return total


def tune_rule(ensemble: Ensemble, dataset: Dataset, scored: Sequence[ClipScores]) -> EventRule:
    """Return the thresholds and gap with the best event F1 on validation clips, never on those that are reported."""
    best, best_f1 = EventRule(), -1.0
    for onset in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7):
        for share in (0.4, 0.6, 0.8):
            for gap_s in (0.3, 0.6, 0.9, 1.2):
                rule = replace(
                    EventRule(), onset_threshold=onset, offset_threshold=round(onset * share, 3), min_gap_s=gap_s
                )
                f1 = count_events(ensemble, dataset, scored, rule).f1
                if f1 > best_f1:
                    best, best_f1 = rule, f1
    return best
