"""The judge sees what is wrong: each kind of broken promise, made up."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.soak.judge import _analysis_faults, _recording_faults, _review_faults
from tests.soak.promises import Promised, Promises
from tests.soak.sounds import make_sound

EVENT = ("tone_500", 1000, 2000)
EXPECTED = {-1: "events", 0: "first", 1: "second"}


@pytest.fixture
def promised() -> Promised:
    return Promised(uuid4(), make_sound(0), "marsh", 1, {uuid4()}, reviewer="Ada", reviews={EVENT: ("confirmed", None)})


@pytest.fixture
def promises(promised: Promised) -> Promises:
    return Promises(recordings=[promised])


def row_of(promised: Promised, **changed: Any) -> dict[str, Any]:
    sound = promised.sound
    row = {"id": promised.id, "sha256": sound.sha256, "site": promised.site, "size_bytes": len(sound.content)}
    return {**row, "audio_removed_at": None, **changed}


def recordings(promises: Promises, *rows: dict[str, Any]) -> list[str]:
    return list(_recording_faults({row["id"]: row for row in rows}, promises))


def test_a_recording_that_is_lost_changed_or_silent_is_seen(promises: Promises, promised: Promised) -> None:
    assert recordings(promises, row_of(promised)) == []
    assert recordings(promises) == [f"recording {promised.id}, answered with 2xx, is not there"]
    assert "not what was sent" in recordings(promises, row_of(promised, sha256="0" * 64))[0]
    assert "audio removed" in recordings(promises, row_of(promised, audio_removed_at="yesterday"))[0]


def test_a_recording_that_was_deleted_refused_or_never_asked_for_is_seen(
    promises: Promises, promised: Promised
) -> None:
    stranger = row_of(promised, id=uuid4())
    assert "nobody asked for" in recordings(promises, row_of(promised), stranger)[0]
    promises.refused.add(promised.sound.sha256)
    assert "was refused" in recordings(promises, row_of(promised), stranger)[0]
    promised.is_deleted = True
    assert recordings(promises, row_of(promised)) == [f"recording {promised.id} was deleted, and is there"]


def analyses(promised: Promised, heard: dict[int, str], *ids: UUID, result: str = "succeeded") -> list[str]:
    rows = [{"id": each, "retries": 0, "result": result} for each in ids]
    return list(_analysis_faults(promised, rows, dict.fromkeys(ids, heard), EXPECTED))


def test_an_analysis_that_is_lost_twice_failed_or_heard_otherwise_is_seen(promised: Promised) -> None:
    (own,) = promised.analyses
    assert analyses(promised, EXPECTED, own) == []
    assert "is not there" in analyses(promised, EXPECTED)[0]
    assert "nobody asked for" in analyses(promised, EXPECTED, own, uuid4())[0]
    assert "in segments [1]" in analyses(promised, EXPECTED | {1: "another"}, own)[0]
    assert "in segments [0]" in analyses(promised, {-1: "events", 1: "second"}, own)[0]
    assert "ended failed" in analyses(promised, {}, own, result="failed")[0]


def test_a_review_that_is_lost_old_or_taken_back_is_seen(promises: Promises, promised: Promised) -> None:
    row = {
        "recording_id": promised.id, "reviewer": "Ada", "scientific_name": "Tonus 500", "onset_ms": 1000,
        "offset_ms": 2000, "verdict": "confirmed", "corrected_taxon": None,
    }  # fmt: skip
    assert list(_review_faults([row], promises)) == []
    assert "is not there" in next(_review_faults([], promises))
    assert "twice" in next(_review_faults([row, row], promises))
    assert "the last one answered" in next(_review_faults([row | {"verdict": "rejected"}], promises))
    promised.reviews.clear()
    assert "should not" in next(_review_faults([row], promises))
