"""The same file, place and day give the same detections by `chorus submit` and by `chorus analyze`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.end_to_end.test_cli_analyze import write_tones
from tests.packs import write_tone_pack
from tests.recorder_files import chunk, guano
from tests.servers.chorus_up import Service, make_service

NORTH, SOUTH = ("--latitude", 52.5, "--longitude", 13.4), ("--latitude", -33.9, "--longitude", 18.4)
AUTUMN = ("--recorded-at", "2025-11-01T04:30:00+01:00")


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with make_service() as shared:
        write_tone_pack(shared.folder / "data" / "packs" / "placed", name="placed", occurrence=True)
        shared.start()
        yield shared


@pytest.fixture
def recording(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """All tones sound, one after the other, in a file of other bytes for each test."""
    sung = ((tone, 1.0 + 4 * number, 4.0 + 4 * number) for number, tone in enumerate(TONES))
    return say_where(write_tones(tmp_path / "dawn.wav", 20.0, *sung), f"Note: {request.node.name}")


TONES = (500, 1000, 2000, 4000)


def say_where(recording: Path, *lines: str) -> Path:
    """Write a recorder's note into the header."""
    content = recording.read_bytes() + guano(*lines)
    recording.write_bytes(chunk(b"RIFF", content[8:], padded=False))
    return recording


def submitted(service: Service, *words: object) -> list[tuple[object, ...]]:
    result = service.chorus("submit", *words, "--wait", "--json")
    assert result.returncode == 0, result.stderr
    found = []
    for answer in json.loads(result.stdout):
        rows = httpx.get(f"{service.url}/v1/analyses/{answer['analysis_id']}/detections?format=ndjson", timeout=30)
        found += [essence(json.loads(line)) for line in rows.text.splitlines()]
    return found


def analyzed(service: Service, *words: object) -> list[tuple[object, ...]]:
    result = service.chorus("analyze", *words)
    assert result.returncode == 0, result.stderr
    return [essence(row) for line in result.stdout.splitlines() for row in json.loads(line)["detections"]]


def essence(row: dict[str, Any]) -> tuple[object, ...]:
    return tuple(row[key] for key in ("code", "onset_s", "offset_s", "confidence"))


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ((), "500 1000 2000 4000"),
        (NORTH, "500 1000 2000"),
        ((*NORTH, *AUTUMN), "500 1000"),
        ((*SOUTH, *AUTUMN), "500"),
        (AUTUMN, "500 1000 2000 4000"),
        ((*SOUTH, *AUTUMN, "--occurrence-min", 0), "500 1000 2000 4000"),
        ((*NORTH, *AUTUMN, "--occurrence-min", 0.01), "500 1000 4000"),
        ((*NORTH, "--occurrence-min", 0.95), ""),
        ((*NORTH, "--onset-threshold", 0.99999, "--min-gap-s", 0), ""),
        ((*NORTH, "--onset-threshold", 0.01, "--min-event-s", 1), "500 1000 2000"),
    ],
    ids=str,
)
def test_the_same_question_has_the_same_answer(
    service: Service, recording: Path, words: tuple[object, ...], codes: str
) -> None:
    local = analyzed(service, recording, "--pack", "placed", *words)
    assert submitted(service, recording, "--pack", "placed", *words) == local
    assert {code for code, *_ in local} == {f"tone_{code}" for code in codes.split()}


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ((), "500"),
        (("--start", "none"), "500 1000 2000 4000"),
        (NORTH, "500 1000"),
        (("--occurrence-min", 0), "500 1000 2000 4000"),
    ],
    ids=str,
)
def test_a_place_in_the_header_counts_as_if_it_were_given(
    service: Service, recording: Path, words: tuple[object, ...], codes: str
) -> None:
    say_where(recording, "Timestamp: 2025-11-01T04:30:00+01:00", "Loc Position: -33.9 18.4")
    local = analyzed(service, recording, "--pack", "placed", *words)
    assert submitted(service, recording, "--pack", "placed", *words) == local
    assert {code for code, *_ in local} == {f"tone_{code}" for code in codes.split()}


def test_each_file_of_a_card_has_its_own_place_by_sites_csv(service: Service, tmp_path: Path) -> None:
    for folder, shift_s in (("north", 0.5), ("south", 1.0), ("nowhere", 1.5)):
        write_tones(tmp_path / "card" / folder / "a.wav", 12.0, *((tone, shift_s, 4.0) for tone in TONES))
    sites = tmp_path / "sites.csv"
    sites.write_text("folder,site,latitude,longitude\nnorth,marsh,52.5,13.4\nsouth,cape,-33.9,18.4\n")
    words = (tmp_path / "card", "--pack", "placed", "--sites", sites)
    local = analyzed(service, *words)
    assert submitted(service, *words) == local
    assert [code for code, *_ in local].count("tone_1000") == 2


def test_a_pack_that_knows_nothing_of_places_keeps_all(service: Service, recording: Path) -> None:
    """The header says where; nobody asked for species to be left out."""
    say_where(recording, "Loc Position: -33.9 18.4")
    local = analyzed(service, recording, "--pack", "tones")
    assert submitted(service, recording, "--pack", "tones") == local
    assert len(local) == 4
    listed = {pack["name"]: pack["has_occurrence"] for pack in httpx.get(f"{service.url}/v1/packs").json()["items"]}
    assert listed == {"placed": True, "tones": False}


def test_birdnet_leaves_out_the_same_species_either_way(birdnet_packs: Path, audio_dir: Path) -> None:
    magpie = audio_dir / "birdnet" / "Pica_pica_30s.wav"
    question = (magpie, "--pack", "birdnet-native", "--onset-threshold", 0.1, "--offset-threshold", 0.1)
    arctic = ("--latitude", 78.2, "--longitude", 15.6, *AUTUMN)
    with make_service() as service:
        (service.folder / "data" / "packs" / "birdnet-native").symlink_to(birdnet_packs / "birdnet-native")
        service.start()
        filtered, whole = analyzed(service, *question, *arctic), analyzed(service, *question)
        assert submitted(service, *question, *arctic) == filtered
        assert submitted(service, *question, *AUTUMN, "--occurrence-min", 0) == whole
    assert len(filtered) < len(whole)
