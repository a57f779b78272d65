"""Which reviews a new one replaces: those of the same reviewer, recording and taxon that it overlaps.

As in `matching` an overlap counts if it is half the shorter of the two. So of one reviewer no two reviews contradict
each other on an event, while two reviewers may both review it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dawn_chorus.domain.review.verdicts import Review

_Key = tuple[object, str, str]


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a new review."""

    review: Review
    """As it is stored: it takes the id of what it replaces."""
    replaced: tuple[Review, ...] = ()
    """Those that it took the place of, the one with the largest overlap first."""
    is_older: bool = False
    """A newer one of the same reviewer stands, and this one was left out; `review` is the newer one."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """What has to be written so that new reviews stand."""

    saved: tuple[Saved, ...]
    """In the order of the new reviews."""
    written: tuple[Review, ...]
    """To be stored under their ids, new ones and changed ones."""
    removed: tuple[Review, ...]


def replace_reviews(known: Sequence[Review], new: Sequence[Review], *, keep_newer: bool = False) -> Replacement:
    """Return what new reviews make of those that their reviewers have on the same recordings and taxa.

    The new ones bring ids, for where they replace nothing; each stands before the next one is looked at. `keep_newer`:
    one that is older than what it would replace is left out.
    """
    before: dict[_Key, list[Review]] = defaultdict(list)
    for each in known:
        before[_key(each)].append(each)
    standing: dict[_Key, _Standing] = {}
    saved = []
    for each in new:
        key = _key(each)
        if key not in standing:
            standing[key] = _Standing(before[key], len(new))
        saved.append(standing[key].take(each, keep_newer=keep_newer))
    ids_before = {each.id: each for key in standing for each in before[key]}
    after = {each.id: each for found in standing.values() for each in found.reviews()}
    written = tuple(each for each in after.values() if ids_before.get(each.id) != each)
    return Replacement(tuple(saved), written, tuple(each for key, each in ids_before.items() if key not in after))


def _key(review: Review) -> _Key:
    return review.recording_id, review.scientific_name, review.reviewer


class _Standing:
    """The reviews of one reviewer, recording and taxon; no two of them overlap by half the shorter."""

    def __init__(self, known: Iterable[Review], room: int) -> None:
        self._reviews = list(known)
        onsets_offsets = [(each.onset_ms, each.offset_ms) for each in self._reviews]
        # A table of 10,000 rows may be of one taxon in one recording: compared as arrays, a day of them takes a second.
        self._spans_ms = np.zeros((len(self._reviews) + room, 2), np.int64)
        self._spans_ms[: len(onsets_offsets)] = np.array(onsets_offsets, np.int64).reshape(-1, 2)

    def reviews(self) -> list[Review]:
        is_there = self._spans_ms[: len(self._reviews), 1] > 0
        return [each for each, there in zip(self._reviews, is_there.tolist(), strict=True) if there]

    def take(self, new: Review, *, keep_newer: bool) -> Saved:
        places = self._overlapped(new)
        replaced = tuple(self._reviews[place] for place in places)
        if keep_newer and any(each.reviewed_at > new.reviewed_at for each in replaced):
            return Saved(replaced[0], is_older=True)
        self._spans_ms[places] = 0  # gone: a review has an offset above 0
        kept = replace(new, id=replaced[0].id) if replaced else new
        self._spans_ms[len(self._reviews)] = kept.onset_ms, kept.offset_ms
        self._reviews.append(kept)
        return Saved(kept, replaced)

    def _overlapped(self, new: Review) -> list[int]:
        """Return the places of those that a review overlaps by half the shorter, the largest overlap first."""
        onsets_ms, offsets_ms = self._spans_ms[: len(self._reviews)].T
        shared_ms = np.minimum(offsets_ms, new.offset_ms) - np.maximum(onsets_ms, new.onset_ms)
        shorter_ms = np.minimum(offsets_ms - onsets_ms, new.offset_ms - new.onset_ms)
        places = np.flatnonzero((shared_ms > 0) & (2 * shared_ms >= shorter_ms))
        ordered: list[int] = places[np.argsort(-shared_ms[places], kind="stable")].tolist()
        return ordered
