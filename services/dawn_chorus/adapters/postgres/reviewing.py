"""Saves reviews: all of a request or, at any error, none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.reviews import ListedReview, read_listed, read_review
from dawn_chorus.adapters.postgres.rows import Row
from dawn_chorus.domain.errors import NotFound, PermanentError
from dawn_chorus.domain.review.replacing import Saved, replace_reviews
from dawn_chorus.domain.review.verdicts import Review, Strategy, Verdict, whole_ms

_sql = load_queries("reviews")
_ROUNDING_MS = 1
"""So far a span may lie beyond its recording's end: both were rounded to whole milliseconds, perhaps apart."""


@dataclass(frozen=True, slots=True)
class NewReview:
    """What somebody says of a taxon in a stretch of a recording."""

    recording_id: UUID
    scientific_name: str
    """As the table of taxa spells it."""
    onset_ms: int
    offset_ms: int
    verdict: Verdict
    reviewer: str
    corrected_taxon: str | None = None
    note: str = ""
    strategy: Strategy | None = None
    reviewed_at: datetime | None = None
    """None: now."""


class UnknownRecordings(NotFound):
    """There are no recordings with these ids."""

    def __init__(self, sentences: Mapping[int, str]) -> None:
        super().__init__("; ".join(dict.fromkeys(sentences.values())))
        self.sentences = sentences
        """By the place of the review."""


class BeyondEnd(PermanentError):
    """Spans end after their recordings do."""

    def __init__(self, sentences: Mapping[int, str]) -> None:
        super().__init__("; ".join(sentences.values()))
        self.sentences = sentences
        """By the place of the review."""


def save_reviews(database: Database, new: Sequence[NewReview], *, keep_newer: bool = False) -> tuple[Saved, ...]:
    """Save reviews, each in place of those of the same reviewer that it overlaps; return them in their order.

    `keep_newer`: one that is older than what it would replace is left out. Recordings are locked: of two requests at
    once the second sees what the first has saved. Raises UnknownRecordings and BeyondEnd.
    """
    with database.transaction() as connection:
        return _save(connection, new, keep_newer=keep_newer)


def save_and_list(database: Database, new: Sequence[NewReview]) -> list[tuple[Saved, ListedReview]]:
    """Save reviews as `save_reviews` does, and return each as lists show it, too.

    Also one that a later one of the same request has replaced: that one has its recording and taxon.
    """
    with database.transaction() as connection:
        saved = _save(connection, new, keep_newer=False)
        listed = read_listed(connection, {each.review.id for each in saved})
    standing = {(each.review.recording_id, each.review.scientific_name): each for each in listed}
    return [
        (each, replace(standing[each.review.recording_id, each.review.scientific_name], review=each.review))
        for each in saved
    ]


def _save(connection: Connection, new: Sequence[NewReview], *, keep_newer: bool) -> tuple[Saved, ...]:
    _lock_recordings(connection, new)
    key = {
        "recording_ids": list({each.recording_id for each in new}),
        "scientific_names": list({each.scientific_name for each in new}),
        "reviewers": list({each.reviewer for each in new}),
    }
    known = [read_review(row) for row in _sql.reviews_by(connection, **key)]
    replacement = replace_reviews(known, _dated(connection, new), keep_newer=keep_newer)
    _sql.delete_reviews(connection, ids=[each.id for each in replacement.removed])
    _sql.write_reviews(connection, **_columns(replacement.written))
    return replacement.saved


def _lock_recordings(connection: Connection, new: Sequence[NewReview]) -> None:
    rows = _sql.lock_recordings(connection, ids=list({each.recording_id for each in new}))
    durations_s = {row["id"]: row["duration_s"] for row in rows}
    unknown = {
        place: f"no recording {each.recording_id}"
        for place, each in enumerate(new)
        if each.recording_id not in durations_s
    }
    if unknown:
        raise UnknownRecordings(unknown)
    beyond = {
        place: f"{each.offset_ms / 1000:g} s is after the end of the recording, which is {ends_s:g} s long"
        for place, each in enumerate(new)
        if each.offset_ms > whole_ms(ends_s := durations_s[each.recording_id]) + _ROUNDING_MS
    }
    if beyond:
        raise BeyondEnd(beyond)


def _dated(connection: Connection, new: Sequence[NewReview]) -> list[Review]:
    """Return the reviews with ids in their order and, where they have no time, that of this moment."""
    rows = _sql.draw_ids(connection, n=len(new))
    return [
        Review(
            row["id"],
            each.recording_id,
            each.scientific_name,
            each.onset_ms,
            each.offset_ms,
            each.verdict,
            each.reviewer,
            each.reviewed_at or row["now"],
            each.corrected_taxon,
            each.note,
            each.strategy,
        )
        for each, row in zip(new, rows, strict=True)
    ]


def _columns(reviews: Sequence[Review]) -> Row:
    return {
        "ids": [each.id for each in reviews],
        "recording_ids": [each.recording_id for each in reviews],
        "scientific_names": [each.scientific_name for each in reviews],
        "onsets_ms": [each.onset_ms for each in reviews],
        "offsets_ms": [each.offset_ms for each in reviews],
        "verdicts": [each.verdict.value for each in reviews],
        "corrected_taxa": [each.corrected_taxon for each in reviews],
        "notes": [each.note for each in reviews],
        "reviewers": [each.reviewer for each in reviews],
        "strategies": [each.strategy and each.strategy.value for each in reviews],
        "reviewed_at": [each.reviewed_at for each in reviews],
    }
