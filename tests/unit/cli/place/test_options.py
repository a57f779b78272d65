"""The options that say where and when recordings were made."""

from pathlib import Path

import pytest

from dawn_chorus.cli.place.options import PlaceOptions
from dawn_chorus.cli.sources import Source
from dawn_chorus.domain.clock.start import StartFrom
from dawn_chorus.domain.errors import PermanentError

ONE = [Source(Path("a.wav"), Path("a.wav"))]
MOMENT = "2024-05-04T04:30:00+02:00"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (PlaceOptions(latitude=1.0), "both --latitude and --longitude"),
        (PlaceOptions(recorded_at="2024-05-04T04:30:00"), "--recorded-at: write the time as RFC 3339"),
        (PlaceOptions(recorded_at=MOMENT, start=StartFrom.FILE), "leave out --start file or --recorded-at"),
        (PlaceOptions(recorded_at=MOMENT, time_zone="UTC"), "--time-zone is for the clocks in files"),
        (PlaceOptions(start=StartFrom.NONE, time_zone="UTC"), "--time-zone is for the clocks in files"),
        (PlaceOptions(time_zone="Mars"), "--time-zone: there is no time zone 'Mars'"),
    ],
)
def test_options_that_are_wrong_or_contradict_each_other_are_refused(options: PlaceOptions, words: str) -> None:
    with pytest.raises(PermanentError, match=words):
        options.check(ONE)


def test_one_start_for_several_recordings_is_refused() -> None:
    options = PlaceOptions(recorded_at="20240504T043000Z")
    options.check(ONE)
    with pytest.raises(PermanentError, match="start of one recording, and there are 2"):
        options.check(ONE * 2)


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        (PlaceOptions(), {"start": "file"}),
        (PlaceOptions(site="marsh", time_zone="UTC"), {"site": "marsh", "start": "file", "time_zone": "UTC"}),
        (PlaceOptions(recorded_at=MOMENT), {"recorded_at": MOMENT}),
        (PlaceOptions(latitude=0.0, longitude=-0.5), {"latitude": "0.0", "longitude": "-0.5", "start": "file"}),
        (PlaceOptions(start=StartFrom.NONE), {}),
    ],
)
def test_the_fields_of_an_upload_say_the_same(options: PlaceOptions, sent: dict[str, str]) -> None:
    assert {name: value for name, value in options.fields().items() if value is not None} == sent
