"""What a pack, or another program's intervals, say about recordings: a curve for each taxon, and events."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.taxonomy import Taxon, select_taxa
from dawn_chorus.inference.ensemble import Ensemble
from models.workshop.data.manifest import Clip, Dataset, Event, read_rows
from models.workshop.errors import BadInput
from models.workshop.evaluation.events.truth import ANY_BIRD, merge_events
from models.workshop.evaluation.pack_scores import cut_events, score_frames_or_windows

Frames = NDArray[np.float32]
GRID_S = 0.025
"""Curves of all sources are compared on this grid, whatever their own frames are."""
INTERVAL_COLUMNS = ("file", "onset_s", "offset_s", "label", "score")


@dataclass(frozen=True, slots=True)
class Scored:
    """What one source says about one recording."""

    clip: Clip
    frames: Frames
    """(n_frames, n_taxa), a column for each of the dataset's taxa; NaN if the source does not know the taxon."""
    step_s: float
    """Frame i covers [i·step_s, (i + 1)·step_s)."""
    events: tuple[Event, ...]
    """In the dataset's codes."""
    others: tuple[str, ...]
    """The names of taxa that the truth does not name, one for each of their events."""

    def on_grid(self) -> Frames:
        """Return the frames that cover the middles of the grid's frames, (n_grid, n_taxa).

        Zeros for a recording that is too short for a frame, in which there is no event either.
        """
        nearest = (grid_times(self.clip.duration_s) / self.step_s).astype(int)
        if not len(self.frames):
            return np.zeros((len(nearest), self.frames.shape[1]), np.float32)
        return self.frames[np.minimum(nearest, len(self.frames) - 1)]


def grid_times(duration_s: float) -> NDArray[np.float64]:
    """Return the middle of each of the grid's frames in seconds, (n_grid,)."""
    return (np.arange(max(1, int(duration_s / GRID_S))) + 0.5) * GRID_S


def match_columns(pack_taxa: Sequence[Taxon], wanted: Sequence[Taxon]) -> list[list[int]]:
    """Return the pack's columns for each wanted taxon, found by code or name; for any bird, those of all birds.

    Raises BadInput if two of the wanted taxa are the same one in the pack: each would be false for the other.
    """
    birds = [column for column, taxon in enumerate(pack_taxa) if taxon.taxonomic_class == "Aves"]
    columns = [birds if taxon == ANY_BIRD else select_taxa(pack_taxa, _names(taxon)) for taxon in wanted]
    known: dict[int, str] = {}
    for taxon, found in zip(wanted, columns, strict=True):
        for column in found if taxon != ANY_BIRD else ():
            if column in known:
                raise BadInput(f"{known[column]} and {taxon.code} are one taxon in the pack: name it in one way")
            known[column] = taxon.code
    return columns


def score_pack(ensemble: Ensemble, dataset: Dataset) -> Iterator[Scored]:
    """Yield what a pack says about each recording, with its own event rules; any bird has the default rule."""
    facts = ensemble.facts
    columns = match_columns(facts.taxa, dataset.taxa)
    rules = [facts.rules.default if len(c) != 1 else facts.rules.of(facts.taxa[c[0]].code) for c in columns]
    named = {
        facts.taxa[c].code for taxon, cs in zip(dataset.taxa, columns, strict=True) if taxon != ANY_BIRD for c in cs
    }
    names = {taxon.code: taxon.common_name for taxon in facts.taxa}
    for s in score_frames_or_windows(ensemble, dataset.folder, dataset.clips):
        missing = np.full(len(s.frames), np.nan, np.float32)
        frames = np.stack([s.frames[:, c].max(axis=1) if c else missing for c in columns], axis=1)
        others = tuple(names[event.code] for event in s.events if event.code not in named)
        step_s = facts.grid.event_step_s
        yield Scored(s.clip, frames, step_s, cut_events(dataset.taxa, frames, rules, step_s, s.clip), others)


def read_intervals(table: Path) -> dict[str, list[tuple[Event, float]]]:
    """Return another program's intervals with their scores, by file.

    Intervals without length, as BirdNET-Analyzer writes them at a recording's end, are left out. Raises BadInput with
    the line of a row that is none: onset_s <= offset_s, both finite, and a score from 0 to 1.
    """
    intervals: dict[str, list[tuple[Event, float]]] = {}
    for where, row in read_rows(table, INTERVAL_COLUMNS):
        try:
            event, score = Event(row["label"], float(row["onset_s"]), float(row["offset_s"])), float(row["score"])
        except ValueError as error:
            raise BadInput(f"{where}: not an interval: {error}") from error
        if not (math.isfinite(event.onset_s + event.offset_s) and event.onset_s <= event.offset_s and 0 <= score <= 1):
            raise BadInput(f"{where}: an interval needs onset_s <= offset_s, both finite, and a score from 0 to 1")
        if event.onset_s < event.offset_s:
            intervals.setdefault(row["file"], []).append((event, score))
    return intervals


def score_intervals(
    intervals: Mapping[str, Sequence[tuple[Event, float]]], dataset: Dataset, birds: Collection[str], threshold: float
) -> Iterator[Scored]:
    """Yield what intervals say about each recording: their scores as steps, and as events those from `threshold` on.

    `birds` are the labels, in lower case, that count for any bird, beside the truth's own birds. Intervals of a taxon
    that overlap are one event; those that only touch are several, as their program wrote them. What is beyond a
    recording's end is cut off, as of true events. Raises BadInput if no interval is of one of the recordings, or none
    of one of the taxa.
    """
    _check_names(intervals, dataset)
    known = {name.casefold() for taxon in dataset.taxa for name in _names(taxon)}
    any_bird = {n.casefold() for t in dataset.taxa if t.taxonomic_class == "Aves" for n in _names(t)}.union(birds)
    for clip in dataset.clips:
        rows = _within(clip, intervals.get(clip.path, ()))
        times_s = grid_times(clip.duration_s)
        frames = np.zeros((len(times_s), len(dataset.taxa)), np.float32)
        events: list[Event] = []
        for column, taxon in enumerate(dataset.taxa):
            names = any_bird if taxon == ANY_BIRD else {name.casefold() for name in _names(taxon)}
            own = [(event, score) for event, score in rows if event.code.casefold() in names]
            for event, score in own:
                inside = (event.onset_s <= times_s) & (times_s < event.offset_s)
                frames[inside, column] = np.maximum(frames[inside, column], score)
            events += _join_overlapping([event for event, score in own if score >= threshold], taxon.code)
        unnamed = [event for event, score in rows if score >= threshold and event.code.casefold() not in known]
        labels = dict.fromkeys(event.code for event in unnamed)
        others = [e for label in labels for e in _join_overlapping([e for e in unnamed if e.code == label], label)]
        yield Scored(clip, frames, GRID_S, tuple(events), tuple(event.code for event in others))


def _within(clip: Clip, rows: Sequence[tuple[Event, float]]) -> list[tuple[Event, float]]:
    return [
        (replace(event, onset_s=max(0.0, event.onset_s), offset_s=min(event.offset_s, clip.duration_s)), score)
        for event, score in rows
        if event.onset_s < clip.duration_s and event.offset_s > 0
    ]


def _check_names(intervals: Mapping[str, Sequence[tuple[Event, float]]], dataset: Dataset) -> None:
    rows = [event for clip in dataset.clips for event, _ in intervals.get(clip.path, ())]
    if not rows:
        shown = next(iter(intervals), "nothing")
        raise BadInput(f"no interval is of a recording like {dataset.clips[0].path}; the first is of {shown}")
    known = {name.casefold() for taxon in dataset.taxa for name in _names(taxon)}
    if not any(event.code.casefold() in known for event in rows):
        named = dataset.taxa[0].common_name
        raise BadInput(f"no interval has the name of a taxon, like {named}; the first is labeled {rows[0].code}")


def _names(taxon: Taxon) -> list[str]:
    """Return what a taxon is called; a name may be missing, and taxa without one are not the same taxon."""
    return [name for name in (taxon.code, taxon.scientific_name, taxon.common_name) if name]


def _join_overlapping(events: Sequence[Event], code: str) -> list[Event]:
    shrunk = [Event(code, event.onset_s, event.offset_s - 1e-6) for event in events]
    return merge_events(shrunk, code)
