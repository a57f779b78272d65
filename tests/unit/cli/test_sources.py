"""Which files a command works on, and what it says of the others."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dawn_chorus.cli.sources import Found, Source, find_sources, report_passed_over, targets_of
from dawn_chorus.domain.errors import PermanentError

NOBODY = 65534


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.wav", "a.FLAC", "night/c.mp3", "notes.txt", "._a.wav", "night/log.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that everybody can enter: pytest's own are root's alone."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    for below, _, _ in os.walk(path):
        Path(below).chmod(0o755)
    shutil.rmtree(path)


def find_as_nobody(folder: Path) -> Found:
    """Search without root's right to read everything."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(NOBODY)
    try:
        return find_sources([folder])
    finally:
        os.seteuid(was)


def names(found: Found) -> list[str]:
    return [str(source.name) for source in found.sources]


def missed(found: Found) -> dict[str, bool]:
    """Return the names of what was passed over, and whether it could be sound."""
    return {each.path.name: each.could_be_sound for each in found.passed_over}


def make(folder: Path, *files: str) -> None:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_audio_is_found_in_a_folder_at_any_depth_and_sorted(folder: Path) -> None:
    found = find_sources([folder])
    assert names(found) == ["a.FLAC", "b.wav", "night/c.mp3"]
    assert found.passed_over == ()


def test_a_given_file_is_kept_whatever_its_name_and_even_if_missing(folder: Path) -> None:
    named = [folder / "notes.txt", folder / "missing.wav"]
    assert [source.path for source in find_sources(named).sources] == named


def test_what_is_given_twice_is_read_once(folder: Path) -> None:
    found = find_sources([folder / "b.wav", folder / "night", folder, folder])
    assert names(found) == ["b.wav", "c.mp3", "a.FLAC"]


@pytest.mark.parametrize(
    ("link", "leads_to", "could_be_sound"),
    [
        ("dawn.wav", "/media/card/dawn.wav", True),
        ("dawn.MP3", "dawn.MP3", True),
        ("old.tta", "gone.tta", True),
        ("card-2", "/media/card-2", True),
        ("2026.05.03", "/media/card/2026.05.03", True),
        ("notes.txt", "/media/card/notes.txt", False),
    ],
)
def test_a_broken_link_is_told_and_fails_where_it_could_be_sound(
    tmp_path: Path, link: str, leads_to: str, could_be_sound: bool
) -> None:
    make(tmp_path, "a.wav")
    (tmp_path / link).symlink_to(leads_to)
    found = find_sources([tmp_path])
    assert names(found) == ["a.wav"]
    assert missed(found) == {link: could_be_sound}


def test_folders_and_files_without_permission_are_told(open_folder: Path) -> None:
    make(open_folder, "a.wav", "closed/b.wav", "listed/c.wav", "d.wav", "notes.txt")
    for name, mode in (("closed", 0o000), ("listed", 0o744), ("d.wav", 0o000), ("notes.txt", 0o000)):
        (open_folder / name).chmod(mode)
    found = find_as_nobody(open_folder)
    assert names(found) == ["a.wav"]
    assert missed(found) == {"closed": True, "c.wav": True, "d.wav": True}


def test_a_given_folder_that_cannot_be_opened_is_told(open_folder: Path) -> None:
    make(open_folder, "closed/b.wav", "closed/below/c.wav")
    (open_folder / "closed").chmod(0o000)
    assert missed(find_as_nobody(open_folder / "closed")) == {"closed": True}
    below = find_as_nobody(open_folder / "closed" / "below")
    assert [source.path.name for source in below.sources] == ["below"], "told when it is read"


@pytest.mark.parametrize("name", ["a.3gp", "a.tta", "a.AC3", "a.wac", "a.ape", "a.w4v", "a.mpc"])
def test_other_audio_is_named(tmp_path: Path, name: str) -> None:
    make(tmp_path, name)
    found = find_sources([tmp_path])
    assert (names(found), missed(found)) == ([], {name: True})


def test_a_pipe_and_a_socket_are_told_and_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.wav"))
        os.mkfifo(tmp_path / "control")
        found = find_sources([tmp_path])
    assert missed(found) == {"pipe.wav": True, "socket.wav": True}


@pytest.mark.parametrize(
    "name",
    ["._a.wav", ".DS_Store", "Thumbs.db", ".Trashes/a.wav", "@eaDir/a.wav/x.wav", "__MACOSX/a.wav", "desktop.ini"],
)
def test_what_operating_systems_leave_is_passed_over_in_silence(tmp_path: Path, name: str) -> None:
    make(tmp_path, "a.wav", name)
    found = find_sources([tmp_path])
    assert (names(found), missed(found)) == (["a.wav"], {})


def test_a_linked_folder_is_followed(tmp_path: Path) -> None:
    make(tmp_path, "card/dawn.wav", "archive/a.wav")
    (tmp_path / "archive" / "card").symlink_to(tmp_path / "card")
    assert names(find_sources([tmp_path / "archive"])) == ["a.wav", "card/dawn.wav"]


@pytest.mark.parametrize(
    "links",
    [
        {"night/up": ".."},
        {"night/self": "."},
        {"0": "night", "1": "night", "night/2": "../night"},
        {"0": "1", "1": "night"},
        {"night/all": "{folder}"},
    ],
    ids=["to the parent", "to itself", "three to one", "a link to a link", "absolute"],
)
def test_each_folder_is_read_once_under_its_own_name(tmp_path: Path, links: dict[str, str]) -> None:
    make(tmp_path, "a.wav", "night/b.wav")
    for link, leads_to in links.items():
        (tmp_path / link).symlink_to(leads_to.format(folder=tmp_path))
    found = find_sources([tmp_path])
    assert names(found) == ["a.wav", "night/b.wav"]
    assert found.passed_over == ()


def test_a_folder_that_several_links_lead_to_is_read_once(tmp_path: Path) -> None:
    make(tmp_path, "card/dawn.wav", "all/x.txt")
    for link in ("a", "b"):
        (tmp_path / "all" / link).symlink_to(tmp_path / "card")
    (tmp_path / "card" / "back").symlink_to(tmp_path / "all")
    assert names(find_sources([tmp_path / "all"])) == ["a/dawn.wav"]


def test_links_in_a_circle_are_broken(tmp_path: Path) -> None:
    (tmp_path / "a.wav").symlink_to("b.wav")
    (tmp_path / "b.wav").symlink_to("a.wav")
    assert missed(find_sources([tmp_path])) == {"a.wav": True, "b.wav": True}


@pytest.mark.parametrize("name", [b"r\xe9veil.wav", b"\xff\xfe.flac", b"n\xe9/dawn.wav"])
def test_a_name_that_is_no_utf8_is_found_and_shown_with_replacement(tmp_path: Path, name: bytes) -> None:
    make(tmp_path, os.fsdecode(name))
    (source,) = find_sources([tmp_path]).sources
    assert os.fsencode(source.name) == name
    assert source.shown.endswith(name.decode(errors="replace"))


def test_what_was_passed_over_is_grouped_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, "a.wac", "n\x1b[31m.tta")
    for number in range(7):
        (tmp_path / f"{number}.wav").symlink_to("gone")
    assert report_passed_over(find_sources([tmp_path])) is False
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("warning: 7 passed over (broken link): ")
    assert lines[0].endswith("4.wav and 2 more")
    assert lines[1].startswith("warning: 2 passed over (not a format that is looked for")
    assert lines[1].endswith("a.wac, " + str(tmp_path / "n\ufffd[31m.tta"))


def test_a_broken_link_that_cannot_be_sound_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").symlink_to("gone")
    assert report_passed_over(find_sources([tmp_path])) is True


def test_results_keep_the_folders_and_the_names_of_their_recordings(folder: Path) -> None:
    targets = targets_of(find_sources([folder]).sources, Path("out"), ".json")
    assert targets[folder / "night" / "c.mp3"] == Path("out/night/c.mp3.json")


def test_two_recordings_are_not_written_to_one_file() -> None:
    sources = [Source(Path("x/a.wav"), Path("a.wav")), Source(Path("y/a.wav"), Path("a.wav"))]
    with pytest.raises(PermanentError, match=r"x/a\.wav and y/a\.wav would both be written to out/a\.wav\.csv"):
        targets_of(sources, Path("out"), ".csv")


def test_giving_a_recording_twice_is_no_conflict() -> None:
    twice = [Source(Path("a.wav"), Path("a.wav"))] * 2
    assert len(targets_of(twice, Path("out"), ".csv")) == 1


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["dawn.wav"], ["dawn.csv"]),
        (["a.b.wav", "night/a.b.flac"], ["a.b.csv", "night/a.b.csv"]),
        (["dawn.wav", "dawn.flac", "dusk.wav"], ["dawn.wav.csv", "dawn.flac.csv", "dusk.csv"]),
        (["dawn"], ["dawn.csv"]),
        (["\udce9.wav"], ["\udce9.csv"]),
    ],
)
def test_a_suffix_gives_way_where_a_reader_wants_it(names: list[str], expected: list[str]) -> None:
    sources = [Source(Path("in") / name, Path(name)) for name in names]
    targets = targets_of(sources, Path("out"), ".csv", keeps_suffix=False)
    assert list(targets.values()) == [Path("out") / name for name in expected]
