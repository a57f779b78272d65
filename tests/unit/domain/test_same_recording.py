from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from dawn_chorus.domain.errors import Conflict
from dawn_chorus.domain.recording import AudioFacts, Place, Recording
from dawn_chorus.domain.same_recording import distance_m, fill_place, match_recording

DAWN = datetime(2026, 5, 3, 4, 30, tzinfo=timezone(timedelta(hours=2)))
DUSK = DAWN + timedelta(hours=16)
MARSH, HILL = (52.5, 13.4), (52.6, 13.4)
NEAR = (52.5008, 13.4)
"""89 m north of the marsh."""
NOTHING = Place()


def recordings(*places: Place) -> list[Recording]:
    facts = AudioFacts("wav/pcm_16", 20.0, 8000, 1)
    return [
        Recording(UUID(int=number), "dawn.wav", f"key-{number}", 10, "0" * 64, facts, place, DAWN)
        for number, place in enumerate(places)
    ]


def chosen(known: list[Place], given: Place) -> int | None:
    """Return the position of the recording that is meant; None: another one."""
    found = match_recording(recordings(*known), given)
    return None if found is None else found.id.int


@pytest.mark.parametrize(
    ("known", "given"),
    [
        ([NOTHING], NOTHING),
        ([Place("marsh", *MARSH, DAWN)], Place("marsh", *MARSH, DAWN)),
        ([Place("marsh", *MARSH, DAWN)], Place("marsh", *NEAR, DAWN)),
        ([Place("marsh", *MARSH, DAWN)], Place("marsh", recorded_at=DAWN.astimezone(UTC))),
        # Given where the recording has none.
        ([NOTHING], Place("marsh")),
        ([NOTHING], Place(recorded_at=DAWN)),
        ([NOTHING], Place("marsh", *MARSH, DAWN)),
        ([Place("marsh")], Place("marsh", recorded_at=DAWN)),
        ([Place(recorded_at=DAWN)], Place("marsh", recorded_at=DAWN)),
        ([Place("marsh", recorded_at=DAWN)], Place("marsh", *MARSH, DAWN)),
        ([Place("marsh")], Place(recorded_at=DAWN)),
        # None given where the recording has one.
        ([Place("marsh", *MARSH, DAWN)], NOTHING),
        ([Place("marsh", *MARSH, DAWN)], Place("marsh")),
        ([Place("marsh", *MARSH, DAWN)], Place(recorded_at=DAWN)),
        ([Place("marsh", *MARSH, DAWN)], Place(None, *MARSH)),
        # Others contradict.
        ([Place("marsh", recorded_at=DAWN), Place("hill", recorded_at=DAWN)], Place("marsh")),
        ([Place("marsh"), Place("hill"), Place("pond")], Place("marsh", *MARSH, DAWN)),
        ([Place("marsh", recorded_at=DAWN), Place("marsh", recorded_at=DUSK)], Place(recorded_at=DAWN)),
        # Exactly this one, though others fit too.
        ([NOTHING, Place("marsh"), Place("hill")], NOTHING),
        ([Place("marsh"), Place("marsh", recorded_at=DAWN), NOTHING], Place("marsh")),
        ([Place("marsh", recorded_at=DAWN), Place("marsh"), NOTHING], Place("marsh", recorded_at=DAWN)),
    ],
)
def test_the_recording_that_is_meant_contradicts_nothing_given(known: list[Place], given: Place) -> None:
    assert chosen(known, given) == 0


@pytest.mark.parametrize(
    ("known", "given"),
    [
        ([], Place("marsh", *MARSH, DAWN)),
        ([Place("marsh")], Place("hill")),
        ([Place("marsh", *MARSH, DAWN)], Place("hill", *MARSH, DAWN)),
        ([Place("marsh", *MARSH, DAWN)], Place("marsh", *MARSH, DUSK)),
        ([Place("marsh", *MARSH, DAWN)], Place("hill", *HILL, DUSK)),
        ([Place("marsh", recorded_at=DAWN)], Place(recorded_at=DUSK)),
        ([Place("marsh", recorded_at=DAWN), Place("hill", recorded_at=DUSK)], Place("marsh", recorded_at=DUSK)),
        ([Place("marsh")], Place("Marsh")),
        ([Place(recorded_at=DAWN)], Place(recorded_at=DAWN + timedelta(microseconds=1))),
    ],
)
def test_another_site_or_start_is_another_recording(known: list[Place], given: Place) -> None:
    assert chosen(known, given) is None


@pytest.mark.parametrize(
    ("known", "given", "fitting"),
    [
        ([Place("marsh"), Place("hill")], NOTHING, [0, 1]),
        ([Place("marsh"), Place("hill")], Place(recorded_at=DAWN), [0, 1]),
        ([Place("marsh"), NOTHING], Place("marsh", recorded_at=DAWN), [0, 1]),
        ([Place("marsh"), Place(recorded_at=DAWN)], Place("marsh", recorded_at=DAWN), [0, 1]),
        ([Place("hill"), Place(recorded_at=DAWN), NOTHING], Place("marsh", recorded_at=DAWN), [1, 2]),
        ([Place("marsh", *MARSH), Place("hill", *HILL)], Place(None, *HILL, DAWN), [0, 1]),
    ],
)
def test_of_several_that_fit_all_are_named(known: list[Place], given: Place, fitting: list[int]) -> None:
    with pytest.raises(Conflict) as refused:
        chosen(known, given)
    named = [number for number in range(len(known)) if str(UUID(int=number)) in str(refused.value)]
    assert named == fitting
    assert "give the site and recorded_at" in str(refused.value)


@pytest.mark.parametrize(
    ("known", "given"),
    [
        (Place("marsh", *MARSH, DAWN), Place("marsh", *HILL, DAWN)),
        (Place("marsh", *MARSH), Place("marsh", *HILL)),
        (Place(None, *MARSH), Place(None, *HILL)),
        (Place(None, *MARSH, DAWN), Place("marsh", *HILL, DAWN)),
        (Place("marsh", *MARSH, DAWN), Place("marsh", -MARSH[0], MARSH[1], DAWN)),
        (Place("marsh", 52.5, 13.4, DAWN), Place("marsh", 52.5, 13.4015, DAWN)),
    ],
)
def test_coordinates_far_apart_are_refused_with_both(known: Place, given: Place) -> None:
    with pytest.raises(Conflict) as refused:
        chosen([known], given)
    for place in (known, given):
        assert f"{place.latitude}, {place.longitude}" in str(refused.value)
    assert str(UUID(int=0)) in str(refused.value)


def test_a_place_is_filled_but_nothing_known_is_changed() -> None:
    known, given = Place("marsh", *MARSH, DAWN), Place("hill", *HILL, DUSK)
    assert fill_place(NOTHING, given) == given
    assert fill_place(known, given) == fill_place(known, NOTHING) == known
    assert fill_place(replace(known, recorded_at=None), given) == replace(known, recorded_at=DUSK)
    assert fill_place(Place("marsh"), given) == replace(given, site="marsh")
    assert fill_place(Place(None, 1.0, None), given) == given, "a half is no place"


@pytest.mark.parametrize(
    ("one", "other", "expected_m"),
    [
        ((0.0, 0.0), (0.0, 0.0), 0.0),
        ((52.5, 13.4), (52.501, 13.4), 111.2),
        ((60.0, 10.0), (60.0, 10.001), 55.6),
        ((0.0, 179.9995), (0.0, -179.9995), 111.2),
        ((90.0, 0.0), (90.0, 120.0), 0.0),
        ((0.0, 0.0), (0.0, 180.0), 20_015_115.0),
        ((-33.8688, 151.2093), (51.5074, -0.1278), 16_993_933.0),
    ],
)
def test_distances_are_great_circles(one: tuple[float, float], other: tuple[float, float], expected_m: float) -> None:
    assert distance_m(one, other) == pytest.approx(expected_m, rel=1e-3, abs=1e-3)
    assert distance_m(other, one) == pytest.approx(distance_m(one, other))


POINTS = st.sampled_from([(None, None), MARSH, NEAR, HILL])
PLACES = st.builds(
    lambda site, point, start: Place(site, point[0], point[1], start),
    st.sampled_from([None, "marsh", "hill"]),
    POINTS,
    st.sampled_from([None, DAWN, DUSK]),
)


@drawn(st.lists(PLACES, max_size=8))
def test_whatever_is_uploaded_in_whatever_order_no_two_become_alike(uploads: list[Place]) -> None:
    known: list[Place] = []
    for given in uploads:
        try:
            position = chosen(known, given)
        except Conflict:
            continue
        if position is None:
            known.append(given)
            position = len(known) - 1
        else:
            known[position] = fill_place(known[position], given)
        assert chosen(known, given) == position, "the same upload again is the same recording"
        assert fill_place(known[position], given) == known[position], "and has nothing left to give"
        assert len({(place.site, place.recorded_at) for place in known}) == len(known)
