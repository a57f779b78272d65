"""Corrects where and when recordings were made: in their own rows, and in the copies that their detections hold."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row, read_recording, utc_offset_s
from dawn_chorus.domain.errors import Conflict, NotFound
from dawn_chorus.domain.recording import Place, Recording, week_of
from dawn_chorus.domain.warnings import WarningCode

_sql = load_queries("corrections")
_PLACE_CHANGED_DETAIL = (
    "The recording's place or week was changed after taxa that do not occur there were left out: analyze it again to "
    "leave them out by the new one."
)
_MOST_NAMED = 10
Moves = Sequence[tuple[Recording, Place]]
"""Recordings as they are, each with the place that it gets."""


class UnknownRecordings(NotFound):
    """There are no recordings with these ids."""

    def __init__(self, ids: Sequence[UUID]) -> None:
        super().__init__(_listed([f"no recording {each}" for each in ids]))
        self.ids = tuple(ids)


class WouldBeTwins(Conflict):
    """Recordings would have the bytes, site and start that others have."""

    def __init__(self, twins: Mapping[UUID, UUID]) -> None:
        sentences = {one: _twin_sentence(one, other) for one, other in twins.items()}
        super().__init__(_listed(list(sentences.values())))
        self.sentences = sentences
        """By the id of the recording that would become a twin."""


def _twin_sentence(one: UUID, other: UUID) -> str:
    return (
        f"recording {other} has the same audio, site and start that recording {one} would have: delete one of the two, "
        "or correct the other first"
    )


def _listed(sentences: Sequence[str]) -> str:
    rest = len(sentences) - _MOST_NAMED
    return "; ".join(sentences[:_MOST_NAMED]) + (f"; and {rest} more" if rest > 0 else "")


def correct_recording(database: Database, recording_id: UUID, changes: Mapping[str, Any]) -> Recording:
    """Correct one recording, as `correct_recordings` does many."""
    return correct_recordings(database, [recording_id], changes)[0]


def correct_recordings(
    database: Database, recording_ids: Sequence[UUID], changes: Mapping[str, Any]
) -> tuple[Recording, ...]:
    """Change these fields of each recording's `Place` (None clears one), and site and times of its detections with it.

    All of them or none; the answer has their order, an id that is named twice once. Analyses that leave taxa out by
    another place or week get the warning `place_changed`: taxa that were left out are not brought back. Raises
    UnknownRecordings; WouldBeTwins if another recording of the same bytes has this site and start, or would have.
    """
    ids = list(dict.fromkeys(recording_ids))
    with database.transaction() as connection:
        _sql.lock_bytes_of(connection, recording_ids=ids)
        found = {recording.id: recording for recording in _lock(connection, ids)}
        if unknown := [each for each in ids if each not in found]:
            raise UnknownRecordings(unknown)
        return _rewrite(connection, [(found[each], replace(found[each].place, **changes)) for each in ids])


def lock_for_correction(connection: Connection, recording_id: UUID) -> Recording | None:
    """Lock a recording and its analyses, so that none finishes meanwhile with the old place. None: unknown id."""
    return next(iter(_lock(connection, [recording_id])), None)


def rewrite_place(connection: Connection, recording: Recording, place: Place) -> Recording:
    """Write another place of a recording locked by `lock_for_correction`, and whatever follows from it.

    Within the caller's transaction. Raises WouldBeTwins as `correct_recordings` does.
    """
    return _rewrite(connection, [(recording, place)])[0]


def _lock(connection: Connection, recording_ids: Sequence[UUID]) -> list[Recording]:
    """Lock analyses before recordings, both in the order of their ids, as everybody does: none waits in a circle."""
    list(_sql.lock_analyses_of(connection, recording_ids=recording_ids))
    return [read_recording(row) for row in _sql.lock_recordings(connection, recording_ids=recording_ids)]


def _rewrite(connection: Connection, moves: Moves) -> tuple[Recording, ...]:
    _check_twins(connection, moves)
    ids = [recording.id for recording, _ in moves]
    rows: list[Row] = list(_sql.write_places(connection, recording_ids=ids, **_columns(moves)))
    copied = [(each, place) for each, place in moves if _copied(place) != _copied(each.place)]
    if copied:
        moved = [recording.id for recording, _ in copied]
        sites, starts = [place.site for _, place in copied], [place.recorded_at for _, place in copied]
        _sql.move_detections(connection, recording_ids=moved, sites=sites, recorded_ats=starts)
    elsewhere = [(each.id, place) for each, place in moves if _where_and_week(place) != _where_and_week(each.place)]
    if elsewhere:
        _sql.warn_filtered_analyses(
            connection,
            recording_ids=[recording_id for recording_id, _ in elsewhere],
            placeless_ids=[recording_id for recording_id, place in elsewhere if place.latitude is None],
            code=WarningCode.PLACE_CHANGED,
            detail=_PLACE_CHANGED_DETAIL,
        )
    written = {row["id"]: read_recording(row) for row in rows}
    return tuple(written[recording_id] for recording_id in ids)


def _columns(moves: Moves) -> dict[str, list[Any]]:
    places = [place for _, place in moves]
    return {
        "sites": [place.site for place in places],
        "latitudes": [place.latitude for place in places],
        "longitudes": [place.longitude for place in places],
        "recorded_ats": [place.recorded_at for place in places],
        "utc_offsets_s": [utc_offset_s(place.recorded_at) for place in places],
    }


def _check_twins(connection: Connection, moves: Moves) -> None:
    """Raise WouldBeTwins for recordings that others are equal to, or would be once all of these have moved."""
    twins: dict[UUID, UUID] = {}
    first: dict[tuple[object, ...], UUID] = {}
    for recording, place in moves:
        other = first.setdefault((recording.sha256, *_copied(place)), recording.id)
        if other != recording.id:
            twins[recording.id] = other
    rows = _sql.find_twins(
        connection,
        recording_ids=[recording.id for recording, _ in moves],
        sha256s=[recording.sha256 for recording, _ in moves],
        sites=[place.site for _, place in moves],
        recorded_ats=[place.recorded_at for _, place in moves],
    )
    twins |= {row["id"]: row["twin_id"] for row in rows}
    if twins:
        raise WouldBeTwins(twins)


def _copied(place: Place) -> tuple[str | None, datetime | None]:
    """Return what detections copy, and what tells recordings of the same bytes apart."""
    return place.site, place.recorded_at


def _where_and_week(place: Place) -> tuple[float | None, float | None, int]:
    return place.latitude, place.longitude, week_of(place.recorded_at)
