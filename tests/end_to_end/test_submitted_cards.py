"""A card as it comes from the field, through `chorus submit` and a real API: when and where each file was recorded."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.test_cli_analyze import chorus
from tests.recorder_files import real_pcm, wav, write_card
from tests.servers.api import StartedApi

FILES = 6


@pytest.fixture
def card(audio_dir: Path, tmp_path: Path) -> Path:
    return write_card(tmp_path / "card", real_pcm(audio_dir, 1.0), files=FILES)


def stored(api: StartedApi) -> dict[str, dict[str, Any]]:
    items = api.client.get("/v1/recordings", params={"limit": 100}).json()["items"]
    return {item["id"]: item for item in items}


def by_name(api: StartedApi, prefix: str) -> list[tuple[str, str | None, str | None]]:
    return sorted(
        (item["filename"], item["site"], item["recorded_at"])
        for item in stored(api).values()
        if item["filename"].startswith(prefix)
    )


def submit(api: StartedApi, *words: object) -> subprocess.CompletedProcess[str]:
    return chorus("submit", *words, "--url", api.url)


def test_audiomoths_and_song_meters_need_no_option(api: StartedApi, card: Path) -> None:
    result = submit(api, card / "MOTH", card / "GUANO")
    assert result.returncode == 0, result.stderr
    assert "without a time" not in result.stderr
    times = [f"2024-05-04T{number // 2:02}:{number % 2 * 30:02}:00+02:00" for number in range(FILES)]
    assert [recorded_at for _, _, recorded_at in by_name(api, "AM")] == times
    assert [recorded_at for _, _, recorded_at in by_name(api, "SM4")] == times
    places = {item["latitude"] for item in stored(api).values() if item["filename"].startswith("SM4")}
    assert places == {52.37}


def test_names_alone_are_stored_without_a_time_which_is_said_and_mended(api: StartedApi, card: Path) -> None:
    result = submit(api, card / "NAMES")
    assert result.returncode == 0, result.stderr
    assert f"without a time: {FILES} recordings, such as" in result.stderr
    assert "time zone" in result.stderr
    assert {recorded_at for _, _, recorded_at in by_name(api, "SM4")} == {None}
    first = set(stored(api))
    result = submit(api, card / "NAMES", "--time-zone", "Europe/Amsterdam")
    assert result.returncode == 0, result.stderr
    assert "without a time" not in result.stderr
    assert set(stored(api)) == first, "the same recordings, which now have a time"
    assert by_name(api, "SM4")[3][2] == "2024-05-04T01:30:00+02:00"


def test_a_repeated_hour_costs_its_file_and_not_the_batch(api: StartedApi, card: Path, audio_dir: Path) -> None:
    (card / "NAMES" / "20241027_023000.wav").write_bytes(wav(real_pcm(audio_dir, 1.0, shift_s=0.5)))
    result = submit(api, card / "NAMES", "--time-zone", "Europe/Amsterdam")
    assert result.returncode == 1
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("error:")]
    assert "20241027_023000.wav" in line
    assert "2024-10-27T02:30:00+02:00 or 2024-10-27T02:30:00+01:00" in line
    assert len(stored(api)) == FILES


def test_a_table_says_the_site_of_each_folder(api: StartedApi, card: Path, tmp_path: Path) -> None:
    table = tmp_path / "sites.csv"
    table.write_text("folder,site,latitude,longitude,time_zone\nMOTH,marsh,52.1,4.2,\nNAMES,hill,,,Asia/Kathmandu\n")
    result = submit(api, card / "MOTH", card / "NAMES", "--sites", table)
    assert result.returncode == 0, result.stderr
    assert by_name(api, "AM")[0] == ("AM000.WAV", "marsh", "2024-05-04T00:00:00+02:00")
    assert by_name(api, "SM4")[0] == ("SM4_20240504_000000.wav", "hill", "2024-05-04T00:00:00+05:45")
    result = submit(api, card, "--sites", table, "--site", "dune")
    assert result.returncode == 1
    assert "sites.csv:2: site is marsh here and dune by --site" in result.stderr


def test_one_start_is_for_one_recording(api: StartedApi, card: Path) -> None:
    result = submit(api, card / "MOTH", "--recorded-at", "20240504T033000Z")
    assert result.returncode == 1
    assert f"start of one recording, and there are {FILES}" in result.stderr
    assert stored(api) == {}
    result = submit(api, card / "MOTH" / "AM000.WAV", "--recorded-at", "20240504T033000Z")
    assert result.returncode == 0, result.stderr
    assert by_name(api, "AM") == [("AM000.WAV", None, "2024-05-04T03:30:00Z")]
