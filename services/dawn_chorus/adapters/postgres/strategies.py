"""In which order the events of a queue come: the surest first, bands of confidence in turn, or shuffled."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dawn_chorus.adapters.postgres.queue_values import BANDS, Event, QueueFilter, Walk
from dawn_chorus.adapters.postgres.unreviewed_events import QueueEvents, Stretch

_LEAST, _BEYOND = -(2**31), 2**31
"""Of the hashes."""

Chosen = tuple[list[int], Walk | None]
"""Ids in order, and where the next page begins; None: nothing follows."""


def choose_highest(events: QueueEvents, wanted: QueueFilter, walk: Walk, n: int) -> Chosen:
    """Choose the surest."""
    (found,) = events.by_confidence([Stretch(wanted.max_confidence, wanted.min_confidence, walk.surest)], n + 1)
    page = found[:n]
    follows = len(found) > n
    return [each.id for each in page], replace(walk, surest=(page[-1].confidence, page[-1].id)) if follows else None


def choose_shuffled(events: QueueEvents, _wanted: QueueFilter, walk: Walk, n: int) -> Chosen:
    """Choose in an order that follows from the seed.

    Of few events all orders are as likely. Of many, whose order an index gives, only where it begins depends on the
    seed; it goes round. That order is by a hash of ids, which knows nothing of confidence, place or time.
    """
    is_mixed = walk.shuffled is not None and walk.shuffled[2]
    few = events.read_if_few(whatever=is_mixed) if walk.shuffled is None or is_mixed else None
    found = _go_round(events, walk, n + 1) if few is None else _mix(few, walk, n + 1)
    page, last = found[:n], found[:n][-1:]
    follows = len(found) > n
    place = (last[0].hash, last[0].id, few is not None) if follows else None
    return [each.id for each in page], replace(walk, shuffled=place) if follows else None


def _mix(events: Sequence[Event], walk: Walk, n: int) -> list[Event]:
    mixed = (Event(each.id, each.confidence, _LEAST + int(_fraction(walk.seed, each.id) * 2**32)) for each in events)
    after = None if walk.shuffled is None else walk.shuffled[:2]
    follow = (each for each in mixed if after is None or (each.hash, each.id) > after)
    return sorted(follow, key=lambda each: (each.hash, each.id))[:n]


def _go_round(events: QueueEvents, walk: Walk, n: int) -> list[Event]:
    pivot = _LEAST + int(_fraction(walk.seed, 0) * 2**32)
    after = None if walk.shuffled is None else walk.shuffled[:2]
    found: list[Event] = []
    if after is None or after[0] >= pivot:
        found, after = events.shuffled(pivot, _BEYOND, after, n), None
    if len(found) < n:
        found = found + events.shuffled(_LEAST, pivot, after, n - len(found))
    return found


def choose_bands(events: QueueEvents, wanted: QueueFilter, walk: Walk, n: int) -> Chosen:
    """Choose from each band in turn; each begins at a confidence that the seed says, goes down, and round."""
    laps = [_laps(band, wanted, walk) for band in range(BANDS)]
    page = _take_turns(events, laps, walk.band, n + 1)
    places = list(walk.bands)
    for band, event in page[:n]:
        places[band] = (event.confidence, event.id)
    follows = len(page) > n
    after = replace(walk, bands=tuple(places), band=page[n][0]) if follows else None
    return [event.id for _, event in page[:n]], after


def band_bounds(band: int) -> tuple[float, float]:
    """Return the least and the greatest confidence of a band, in single precision as they are stored."""
    top = 1.0 if band == BANDS - 1 else _next((band + 1) / BANDS, 0.0)
    return _short(np.float32(band / BANDS)), top


def _laps(band: int, wanted: QueueFilter, walk: Walk) -> list[Stretch]:
    """Return the stretches of a band in the order in which they come, without what was shown."""
    bottom, top = band_bounds(band)
    bottom, top = max(bottom, wanted.min_confidence), min(top, wanted.max_confidence)
    begin = _short(np.float32((band + _fraction(walk.seed, band + 1)) / BANDS))
    after = walk.bands[band]
    laps = [Stretch(min(top, begin), bottom, after), Stretch(top, max(bottom, _next(begin, 1.0)))]
    if after is not None and after[0] > begin:
        laps = [replace(laps[1], after=after)]
    return [lap for lap in laps if lap.bottom <= lap.top]


def _take_turns(events: QueueEvents, laps: Sequence[Sequence[Stretch]], first: int, n: int) -> list[tuple[int, Event]]:
    """Return the next n, with their bands: from each band as few are read as it takes, for most bands have many."""
    asked = -(-n // BANDS)
    while True:
        found = iter(events.by_confidence([lap for band in laps for lap in band], asked))
        bands = [[event for _ in band for event in next(found)] for band in laps]
        page = _in_turn(bands, first, n, asked)
        if page is not None:
            return page
        # Bands without events give their share to the others; where that is not enough, some have very few.
        share = -(-n // max(1, sum(map(bool, bands))))
        asked = share if share > asked else n


def _in_turn(bands: Sequence[Sequence[Event]], first: int, n: int, asked: int) -> list[tuple[int, Event]] | None:
    """Return n events of the bands in turn, or all; None: that takes more than the first `asked` of a band."""
    page: list[tuple[int, Event]] = []
    band, passed, given = first, 0, [0] * BANDS
    while len(page) < n and passed < BANDS:
        at, passed = given[band], passed + 1
        if at < min(len(bands[band]), asked):
            page.append((band, bands[band][at]))
            given[band], passed = at + 1, 0
        elif len(bands[band]) >= asked and asked < n:
            return None
        band = (band + 1) % BANDS
    return page


def _fraction(seed: int | None, number: int) -> float:
    """Return a number from 0 to below 1 that follows from the seed, another for each `number`."""
    digest = hashlib.sha256(f"{seed}:{number}".encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32


def _next(confidence: float, towards: float) -> float:
    return _short(np.nextafter(np.float32(confidence), np.float32(towards)))


def _short(value: np.float32) -> float:
    """Return the number with the fewest digits that is this one in single precision, as PostgreSQL writes it."""
    return float(str(value))
