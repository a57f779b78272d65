"""A card as it comes from the field, through `chorus analyze`: when and where each file was recorded."""

import csv
import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.test_cli_analyze import assert_told, chorus, write_tones
from tests.packs import write_tone_pack
from tests.recorder_files import audiomoth_comment, guano, info, real_pcm, wav, with_tone, write_card
from tests.unit.inference.test_occurrence import add_occurrence


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tone_pack(tmp_path_factory.mktemp("packs") / "tones")


@pytest.fixture(scope="module")
def pcm(audio_dir: Path) -> bytes:
    return with_tone(real_pcm(audio_dir, 3.0), 1000, 1.0, 2.0)


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory, pcm: bytes) -> Path:
    return write_card(tmp_path_factory.mktemp("field") / "card", pcm)


def documents(result: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    assert result.returncode == 0, result.stderr
    found = [json.loads(line) for line in result.stdout.splitlines()]
    return {str(Path(each["file"]).name): each for each in found}


def rows(result: subprocess.CompletedProcess[str]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(result.stdout)))


def recorded(pcm: bytes, folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(wav(pcm))
    return folder


def test_a_card_of_audiomoths_and_song_meters_needs_no_option(pack: Path, card: Path) -> None:
    result = chorus("analyze", card / "MOTH", card / "GUANO", "--pack", pack)
    found = documents(result)
    assert len(found) == 48
    assert result.stderr == ""
    moth, meter = found["AM003.WAV"], found["SM4_20240504_013000.wav"]
    assert moth["recorded_at"] == meter["recorded_at"] == "2024-05-04T01:30:00+02:00"
    assert moth["start"]["source"] == meter["start"]["source"] == "header"
    assert moth["start"]["certain"] is True
    assert (meter["latitude"], meter["longitude"]) == (52.37, 4.9)
    assert "latitude" not in moth
    (detection,) = moth["detections"]
    assert detection["started_at"] == "2024-05-04T01:30:01.000+02:00"
    assert detection["ended_at"] == "2024-05-04T01:30:02.000+02:00"


def test_names_alone_are_analyzed_without_a_time_which_is_said(pack: Path, card: Path) -> None:
    result = chorus("analyze", card / "NAMES", "--pack", pack)
    found = documents(result)
    assert len(found) == 24
    assert len(result.stderr.splitlines()) == 1
    assert "without a time: 24 recordings, such as" in result.stderr
    assert "time zone" in result.stderr
    one = found["SM4_20240504_013000.wav"]
    assert "recorded_at" not in one
    assert (one["start"]["source"], one["start"]["certain"]) == (None, False)
    assert "started_at" not in one["detections"][0]


def test_a_zone_speaks_for_names(pack: Path, card: Path) -> None:
    result = chorus("analyze", card / "NAMES", "--pack", pack, "--time-zone", "Europe/Amsterdam")
    found = documents(result)
    assert result.stderr == ""
    assert {name: each["recorded_at"] for name, each in found.items()} == {
        f"SM4_20240504_{n // 2:02}{n % 2 * 30:02}00.wav": f"2024-05-04T{n // 2:02}:{n % 2 * 30:02}:00+02:00"
        for n in range(24)
    }
    assert found["SM4_20240504_013000.wav"]["start"]["certain"] is False


@pytest.mark.parametrize("wanted", ["csv", "ndjson"])
def test_rows_have_time_and_site(pack: Path, card: Path, wanted: str) -> None:
    words = ("--pack", pack, "-f", wanted, "--site", "north marsh", "--time-zone", "+01:00")
    result = chorus("analyze", card / "NAMES" / "SM4_20240504_013000.wav", *words)
    row = rows(result)[0] if wanted == "csv" else json.loads(result.stdout)
    assert (row["site"], row["started_at"]) == ("north marsh", "2024-05-04T01:30:01.000+01:00")
    assert row["ended_at"] == "2024-05-04T01:30:02.000+01:00"


@pytest.mark.parametrize(
    ("name", "both"),
    [
        ("20241027_023000.WAV", ("2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+01:00")),
        ("20240331_023000.WAV", ("2024-03-31T01:30:00+01:00", "2024-03-31T03:30:00+02:00")),
    ],
    ids=["repeated", "skipped"],
)
def test_an_unclear_hour_costs_its_file_and_not_the_batch(
    pack: Path, tmp_path: Path, pcm: bytes, name: str, both: tuple[str, str]
) -> None:
    card = recorded(pcm, tmp_path / "card", "20240101_120000.WAV", name, "20241231_120000.WAV")
    result = chorus("analyze", card, "--pack", pack, "--time-zone", "Europe/Amsterdam")
    assert_told(result, name)
    assert all(instant in result.stderr for instant in both)
    assert [json.loads(line)["recorded_at"] for line in result.stdout.splitlines()] == [
        "2024-01-01T12:00:00+01:00",
        "2024-12-31T12:00:00+01:00",
    ]


def test_a_recorder_that_kept_one_offset_all_year_has_no_unclear_hour(pack: Path, tmp_path: Path, pcm: bytes) -> None:
    card = recorded(pcm, tmp_path / "card", "20241027_023000.WAV", "20240331_023000.WAV")
    found = documents(chorus("analyze", card, "--pack", pack, "--time-zone", "+01:00"))
    assert {each["recorded_at"] for each in found.values()} == {
        "2024-10-27T02:30:00+01:00",
        "2024-03-31T02:30:00+01:00",
    }


def test_files_are_not_asked_with_start_none(pack: Path, card: Path) -> None:
    result = chorus("analyze", card / "MOTH" / "AM003.WAV", "--pack", pack, "--start", "none")
    (document,) = documents(result).values()
    assert not {"recorded_at", "start"} & set(document)
    assert result.stderr == ""


def test_one_start_is_for_one_recording(pack: Path, card: Path) -> None:
    moment = ("--recorded-at", "20240504T033000+0200")
    (document,) = documents(chorus("analyze", card / "MOTH" / "AM003.WAV", "--pack", pack, *moment)).values()
    assert document["recorded_at"] == "2024-05-04T03:30:00+02:00"
    assert_told(chorus("analyze", card / "MOTH", "--pack", pack, *moment), "start of one recording, and there are 24")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--recorded-at", "2024-05-04T03:30:00"), "--recorded-at: write the time as RFC 3339, with its offset"),
        (("--recorded-at", "20240504T033000Z", "--time-zone", "UTC"), "--time-zone is for the clocks in files"),
        (("--recorded-at", "20240504T033000Z", "--start", "file"), "leave out --start file or --recorded-at"),
        (("--time-zone", "Europe/Amsterdm"), "did you mean Europe/Amsterdam"),
        (("--latitude", "52"), "both --latitude and --longitude"),
        (("--date", "2024-05-04"), "--latitude and --longitude"),
        (("--sites", "gone.csv"), "gone.csv: No such file"),
    ],
)
def test_options_that_are_wrong_are_refused_in_one_line(
    pack: Path, card: Path, words: tuple[str, ...], message: str
) -> None:
    assert_told(chorus("analyze", card / "MOTH" / "AM003.WAV", "--pack", pack, *words), message)


def test_a_card_of_many_recorders_takes_its_sites_from_a_table(pack: Path, card: Path, tmp_path: Path) -> None:
    table = tmp_path / "sites.csv"
    table.write_text("folder,site,latitude,longitude,time_zone\nMOTH,marsh,52.1,4.2,\nNAMES,hill,,,Asia/Kathmandu\n")
    result = chorus("analyze", card, "--pack", pack, "-f", "csv", "--sites", table)
    assert "in no folder of sites.csv: 24 recordings" in result.stderr
    by_site = {(Path(row["file"]).parent.name, row["site"], row["started_at"][-6:]) for row in rows(result)}
    assert by_site == {("MOTH", "marsh", "+02:00"), ("GUANO", "", "+02:00"), ("NAMES", "hill", "+05:45")}
    result = chorus("analyze", card, "--pack", pack, "--sites", table, "--site", "dune")
    assert_told(result, "sites.csv:2: site is marsh here and dune by --site")
    assert result.stdout == ""


@pytest.fixture
def choosy(tmp_path: Path) -> Path:
    """Return a pack whose tones occur by latitude (500 Hz), by longitude (1 kHz), in a known week (2 kHz), or never."""
    pack = write_tone_pack(tmp_path / "choosy")
    add_occurrence(pack)
    return pack


TONES = [(500, 0.5, 1.5), (1000, 2.0, 3.0), (2000, 3.5, 4.5), (4000, 5.0, 6.0)]


def heard(result: subprocess.CompletedProcess[str]) -> dict[str, list[int]]:
    found = documents(result)
    return {
        name: [int(row["code"].removeprefix("tone_")) for row in each["detections"]] for name, each in found.items()
    }


def test_the_occurrence_filter_takes_each_files_own_week_and_place(choosy: Path, tmp_path: Path) -> None:
    night = tmp_path / "night"
    sound = write_tones(night / "nowhere.wav", 7.0, *TONES).read_bytes()
    for name, position in (("both.wav", "52 4"), ("north.wav", "52 -4"), ("east.wav", "-52 4")):
        (night / name).write_bytes(sound + guano("Timestamp: 2024-05-04T04:30:00Z", f"Loc Position: {position}"))
    (night / "undated.wav").write_bytes(sound + guano("Loc Position: 52 4"))
    assert heard(chorus("analyze", night, "--pack", choosy)) == {
        "both.wav": [500, 1000, 2000],
        "east.wav": [1000, 2000],
        "north.wav": [500, 2000],
        "nowhere.wav": [500, 1000, 2000, 4000],
        "undated.wav": [500, 1000],
    }
    everything = heard(chorus("analyze", night, "--pack", choosy, "--occurrence-min", 0))
    assert set(map(tuple, everything.values())) == {(500, 1000, 2000, 4000)}


def test_a_date_is_looked_up_in_place_of_each_files_own(choosy: Path, tmp_path: Path) -> None:
    recording = write_tones(tmp_path / "dawn.wav", 7.0, *TONES)
    place = ("--pack", choosy, "--latitude", 52, "--longitude", -4)
    assert heard(chorus("analyze", recording, *place)) == {"dawn.wav": [500]}
    assert heard(chorus("analyze", recording, *place, "--date", "2024-05-04")) == {"dawn.wav": [500, 2000]}
    assert heard(chorus("analyze", recording, *place, "--recorded-at", "20240504T043000Z")) == {"dawn.wav": [500, 2000]}


def test_only_a_place_that_was_asked_for_needs_a_pack_that_knows_places(pack: Path, card: Path) -> None:
    meter = card / "GUANO" / "SM4_20240504_013000.wav"
    assert chorus("analyze", meter, "--pack", pack).returncode == 0
    place = ("--latitude", 52, "--longitude", 4)
    assert_told(chorus("analyze", meter, "--pack", pack, *place), "pack tones knows nothing of places")
    assert chorus("analyze", meter, "--pack", pack, *place, "--occurrence-min", 0).returncode == 0


def test_a_clock_that_was_never_set_is_said(pack: Path, tmp_path: Path, pcm: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(wav(pcm, [info(audiomoth_comment("00:03:00 01/01/1970"))]))
    result = chorus("analyze", tmp_path / "a.wav", "--pack", pack)
    (document,) = documents(result).values()
    assert "recorded_at" not in document
    assert "never set" in result.stderr
