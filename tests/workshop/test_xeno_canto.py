"""Fetching from Xeno-canto, tested with a local server that behaves like it."""

import csv
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dawn_chorus.domain.errors import PermanentError
from models.workshop.data.license_terms import Terms
from models.workshop.data.manifest import load_dataset
from models.workshop.data.xeno_canto.api import DOWNLOAD_ATTEMPTS, XenoCanto
from models.workshop.data.xeno_canto.rate_limit import RateLimitedTransport
from tests.workshop.archive_server import API, KEY, Archive, describe
from tests.workshop.fetching import fetch, serve_sample


@pytest.fixture
def archive() -> Iterator[Archive]:
    with serve_sample() as running:
        yield running


def test_all_pages_are_read_and_every_permitted_recording_is_fetched(archive: Archive, tmp_path: Path) -> None:
    fetched = fetch(archive, tmp_path)
    searches = [path for path in archive.requests if path.startswith(API)]
    assert len(searches) == 3
    assert all("per_page=500" in path for path in searches)
    assert sorted(path.name for path in (tmp_path / "audio").glob("XC*")) == [
        "XC1.wav",
        "XC3.wav",
        "XC4.wav",
        "XC5.wav",
    ]
    assert (fetched.n_new, fetched.n_clips) == (4, 4)


def test_a_recording_that_forbids_derivatives_is_left_out_and_named(archive: Archive, tmp_path: Path) -> None:
    fetched = fetch(archive, tmp_path)
    (refused,) = fetched.refused
    assert (refused.recording, refused.license) == ("http://xeno-canto.org/2", "CC-BY-NC-ND-4.0")
    assert "/2/download" not in archive.downloads()
    assert "xeno-canto.org/2," in (tmp_path / "refused.csv").read_text()


def test_recordings_without_derivatives_can_be_allowed(archive: Archive, tmp_path: Path) -> None:
    fetched = fetch(archive, tmp_path, terms=Terms(allow_no_derivatives=True))
    assert fetched.refused == ()
    assert fetched.n_clips == 5


def test_the_manifest_names_taxa_licenses_and_sources(archive: Archive, tmp_path: Path) -> None:
    dataset = load_dataset(fetch(archive, tmp_path).manifest)
    assert [(taxon.code, taxon.common_name, taxon.taxonomic_class) for taxon in dataset.taxa] == [
        ("larus-fuscus", "the fuscus", "Aves"),
        ("rana-temporaria", "the temporaria", "Amphibia"),
    ]
    gull, frog, soundscape, _ = dataset.clips
    assert (gull.path, gull.labels, gull.license) == ("audio/XC1.wav", ("larus-fuscus",), "CC-BY-NC-SA-4.0")
    assert (frog.source, frog.duration_s) == ("http://xeno-canto.org/3", 1.0)
    assert gull.background == ("Turdus merula",)
    assert (soundscape.kind, soundscape.labels) == ("soundscape", ())


def test_recordists_are_credited_beside_the_audio(archive: Archive, tmp_path: Path) -> None:
    fetch(archive, tmp_path)
    with (tmp_path / "audio" / "attribution.csv").open() as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    assert set(rows) == {"XC1.wav", "XC3.wav", "XC4.wav", "XC5.wav"}
    assert rows["XC3.wav"]["recordist"] == "A. Recordist"
    assert rows["XC3.wav"]["license_url"] == "http://creativecommons.org/licenses/by/4.0/"


def test_existing_files_are_not_fetched_again(archive: Archive, tmp_path: Path) -> None:
    fetch(archive, tmp_path)
    archive.requests.clear()
    again = fetch(archive, tmp_path)
    assert archive.downloads() == []
    assert (again.n_new, again.n_clips) == (0, 4)


def test_a_later_search_adds_to_the_manifest(archive: Archive, tmp_path: Path) -> None:
    fetch(archive, tmp_path)
    archive.recordings[:] = [describe(9, "Larus canus", file=archive.recordings[0]["file"])]
    assert fetch(archive, tmp_path).n_clips == 5
    assert "XC1.wav" in (tmp_path / "audio" / "attribution.csv").read_text()


def test_an_interrupted_download_is_repeated(archive: Archive, tmp_path: Path) -> None:
    archive.broken["/3/download"] = 1
    assert fetch(archive, tmp_path).broken == ()
    assert (tmp_path / "audio" / "XC3.wav").read_bytes() == archive.sound


def test_a_download_that_fails_every_time_stays_partial_until_the_next_run(archive: Archive, tmp_path: Path) -> None:
    archive.broken["/3/download"] = DOWNLOAD_ATTEMPTS
    first = fetch(archive, tmp_path)
    assert len(first.broken) == 1
    assert not (tmp_path / "audio" / "XC3.wav").exists()
    assert (tmp_path / "audio" / "XC3.wav.part").stat().st_size < len(archive.sound)
    archive.requests.clear()
    assert fetch(archive, tmp_path).n_clips == 4
    assert archive.downloads() == ["/3/download"]


def test_a_search_without_tags_is_refused_before_any_request(archive: Archive) -> None:
    transport = RateLimitedTransport(httpx.URL(archive.url), KEY)
    with XenoCanto(transport) as client, pytest.raises(PermanentError, match="only searches by tags"):
        list(client.search("larus fuscus"))
    assert archive.requests == []


def test_a_missing_audio_file_is_left_out_and_the_others_are_fetched(archive: Archive, tmp_path: Path) -> None:
    archive.trouble.append(("/1/download", 404, {}))
    fetched = fetch(archive, tmp_path)
    assert fetched.n_clips == 3
    assert "404" in fetched.refused[1].reason


def test_audio_that_is_not_offered_is_not_requested(archive: Archive, tmp_path: Path) -> None:
    archive.recordings[0]["file"] = ""
    fetched = fetch(archive, tmp_path)
    assert fetched.refused[0].reason == "Xeno-canto does not offer its audio for download"
