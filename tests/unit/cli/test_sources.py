"""Which files a command works on."""

from pathlib import Path

import pytest

from dawn_chorus.cli.sources import Source, find_sources, targets_of
from dawn_chorus.domain.errors import PermanentError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.wav", "a.FLAC", "night/c.mp3", "notes.txt", "._a.wav", "night/log.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_audio_is_found_in_a_folder_at_any_depth_and_sorted(folder: Path) -> None:
    assert [str(source.name) for source in find_sources([folder])] == ["a.FLAC", "b.wav", "night/c.mp3"]


def test_a_given_file_is_kept_whatever_its_name_and_even_if_missing(folder: Path) -> None:
    named = [folder / "notes.txt", folder / "missing.wav"]
    assert [source.path for source in find_sources(named)] == named


def test_results_keep_the_folders_and_the_names_of_their_recordings(folder: Path) -> None:
    targets = targets_of(find_sources([folder]), Path("out"), ".json")
    assert targets[folder / "night" / "c.mp3"] == Path("out/night/c.mp3.json")


def test_two_recordings_are_not_written_to_one_file() -> None:
    sources = [Source(Path("x/a.wav"), Path("a.wav")), Source(Path("y/a.wav"), Path("a.wav"))]
    with pytest.raises(PermanentError, match=r"x/a\.wav and y/a\.wav would both be written to out/a\.wav\.csv"):
        targets_of(sources, Path("out"), ".csv")


def test_giving_a_recording_twice_is_no_conflict() -> None:
    twice = [Source(Path("a.wav"), Path("a.wav"))] * 2
    assert len(targets_of(twice, Path("out"), ".csv")) == 1
