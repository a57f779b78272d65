"""Result files: whole or not there, and only as long right as what they were made of."""

import errno
import fcntl
import io
import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dawn_chorus.cli.analyze.json_document import WindowSpool, write_document
from dawn_chorus.cli.analyze.result_files import NO_RESULT, STATE_FILE, Making, ResultFiles, describe_making
from dawn_chorus.cli.analyze.segments import OpenedFile
from dawn_chorus.cli.sources import Source
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.event_rules import EventRules
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Grid

WREN = Taxon("eurwre", "Troglodytes troglodytes", "Eurasian Wren", "Aves")
FACTS = PackFacts("tones", "1.0.0", "CC0-1.0", "nobody", "0" * 64, Grid(5.0, 0.5), EventRules(), (WREN,))
SETTINGS = {"occurrence_min": 0.03, "event_rule": {"onset_threshold": 0.5}, "latitude": None}


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "dawn.wav"
    path.parent.mkdir()
    path.write_bytes(b"sound")
    os.utime(path, ns=(1_714_790_000_123_456_789, 1_714_790_000_123_456_789))
    return path


def making(recording: Path, version: str = "1.0.0", settings: dict[str, Any] | None = None) -> Making:
    return describe_making("tones", version, SETTINGS if settings is None else settings, recording)


def changed(recording: Path, change: Callable[[], object]) -> Path:
    change()
    return recording


def open_out(folder: Path, *recordings: Path, suffix: str = ".csv") -> ResultFiles:
    targets = {path: folder / (path.name + suffix) for path in recordings}
    return ResultFiles(folder, targets, are_documents=suffix == ".json")


def document(recording: Path, made: Making) -> str:
    out = io.StringIO()
    windows = WindowSpool(FACTS, 0.0, None)
    windows.add(0, np.full((3, 1), 0.5, np.float32))
    file = OpenedFile(Source(recording, Path(recording.name)), 15.0, 32000)
    write_document(out, file, FACTS, windows, detections=[], lost=[], made=made)
    return out.getvalue()


@pytest.fixture(params=[".csv", ".json"])
def analyze(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., ResultFiles]:
    """Write the result of a recording, as a table and as a document, and return the folder as the next run opens it."""

    def write(recording: Path, result: str = "succeeded") -> ResultFiles:
        made = {**making(recording), "result": result}
        with open_out(tmp_path / "out", recording, suffix=request.param).write(recording, made) as out:
            out.write(document(recording, made) if request.param == ".json" else "rows\n")
        return open_out(tmp_path / "out", recording, suffix=request.param)

    return write


def test_a_result_of_the_same_pack_settings_and_source_is_right(
    analyze: Callable[..., ResultFiles], recording: Path
) -> None:
    files = analyze(recording)
    assert files.why_again(recording, making(recording)) is None
    assert files.why_again(recording, making(recording, settings={**SETTINGS, "site": None})) is None


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (lambda path: making(path, version="1.0.1"), "another pack or version"),
        (lambda path: describe_making("birds", "1.0.0", SETTINGS, path), "another pack or version"),
        (lambda path: making(path, settings={**SETTINGS, "occurrence_min": 0.0}), "other settings"),
        (lambda path: making(path, settings={"occurrence_min": 0.03}), "other settings"),
        (lambda path: making(path, settings={**SETTINGS, "channels": "each"}), "other settings"),
        (lambda path: making(changed(path, lambda: path.write_bytes(b"sounds"))), "recordings have changed"),
        (lambda path: making(changed(path, lambda: os.utime(path, (0, 1)))), "recordings have changed"),
        (lambda path: making(changed(path, path.unlink)), "recordings have changed"),
    ],
    ids=["version", "pack", "filter", "one less", "one more", "size", "time", "gone"],
)
def test_a_result_of_anything_else_is_made_again(
    analyze: Callable[..., ResultFiles], recording: Path, now: Callable[[Path], Making], reason: str
) -> None:
    files = analyze(recording)
    found = files.why_again(recording, now(recording))
    assert found is not None
    assert reason in found


def test_a_partial_result_is_made_again(analyze: Callable[..., ResultFiles], recording: Path) -> None:
    assert analyze(recording, "partial").why_again(recording, making(recording)) == "they lack audio that was lost"


@pytest.mark.parametrize("kept", [0, 1, 0.5, -1])
def test_a_result_that_is_not_whole_is_made_again(
    analyze: Callable[..., ResultFiles], recording: Path, kept: float
) -> None:
    files = analyze(recording)
    target = files.target_of(recording)
    content = target.read_bytes()
    end = int(len(content) * kept) if isinstance(kept, float) else kept
    target.write_bytes(content[:end])
    assert files.why_again(recording, making(recording)) == "they do not say how they were made"


@pytest.mark.parametrize(
    "text",
    ["", "done before", '{"file": "a.wav", "windows": [], "detections": []}\n', "[1]\n", '{"a": 1, "windows": [}\n'],
)
@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_a_result_of_an_earlier_version_is_made_again(tmp_path: Path, recording: Path, text: str, suffix: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / f"dawn.wav{suffix}").write_text(text)
    files = open_out(out, recording, suffix=suffix)
    assert files.why_again(recording, making(recording)) == "they do not say how they were made"


def test_a_recording_without_a_result_has_none(tmp_path: Path, recording: Path) -> None:
    assert open_out(tmp_path / "out", recording).why_again(recording, making(recording)) == NO_RESULT


def test_the_state_of_a_run_that_was_killed_is_read_up_to_there(tmp_path: Path, recording: Path) -> None:
    files = open_out(tmp_path / "out", recording)
    with files.write(recording, {**making(recording), "result": "succeeded"}) as out:
        out.write("rows\n")
    state = tmp_path / "out" / STATE_FILE
    state.write_text(state.read_text() + '{"file": "dawn.wav.csv", "pa')
    assert open_out(tmp_path / "out", recording).why_again(recording, making(recording)) is None


def test_the_last_line_of_the_state_counts(tmp_path: Path, recording: Path) -> None:
    for result in ("succeeded", "partial"):
        with open_out(tmp_path / "out", recording).write(recording, {**making(recording), "result": result}):
            pass
    assert open_out(tmp_path / "out", recording).why_again(recording, making(recording)) is not None


def test_names_that_are_no_utf8_are_found_again(tmp_path: Path) -> None:
    recording = tmp_path / os.fsdecode(b"r\xe9veil.wav")
    recording.write_bytes(b"sound")
    with open_out(tmp_path / "out", recording).write(recording, {**making(recording), "result": "succeeded"}):
        pass
    assert open_out(tmp_path / "out", recording).why_again(recording, making(recording)) is None


def test_a_file_without_a_plausible_time_is_described(recording: Path) -> None:
    os.utime(recording, (-1e9, -1e9))
    assert making(recording)["source"] == {"size_bytes": 5, "modified_s": -1e9}


def test_an_error_halfway_leaves_the_old_result_and_no_part(tmp_path: Path, recording: Path) -> None:
    files = open_out(tmp_path / "out", recording)
    files.target_of(recording).write_text("before")
    with suppress(OSError), files.write(recording, {}) as out:
        out.write("half")
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    assert [(path.name, path.read_text()) for path in (tmp_path / "out").iterdir()] == [("dawn.wav.csv", "before")]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_where_nothing_can_be_written_any_more_the_run_ends_with_the_path(
    tmp_path: Path, recording: Path, code: int
) -> None:
    files = open_out(tmp_path / "out", recording)
    with pytest.raises(PermanentError, match=r"out/dawn\.wav\.csv: .*--resume"), files.write(recording, {}):
        raise OSError(code, os.strerror(code))
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "prepare", "obstacle"),
    [
        ("a" * 252, lambda _: None, "File name too long"),
        ("ü" * 126, lambda _: None, "File name too long"),
        ("dawn.wav", lambda target: target.mkdir(), "a folder of this name"),
        ("dawn.wav", lambda target: target.symlink_to("."), None),
        ("a" * 251, lambda _: None, None),
        ("dawn.wav", lambda target: target.write_text("before"), None),
    ],
    ids=["252 bytes", "252 bytes of UTF-8", "a folder", "a link", "251 bytes", "a file"],
)
def test_what_cannot_be_written_is_known_beforehand(
    tmp_path: Path, name: str, prepare: Callable[[Path], None], obstacle: str | None
) -> None:
    recording = tmp_path / name
    files = open_out(tmp_path / "out", recording)
    prepare(files.target_of(recording))
    found = files.obstacle(recording)
    assert (obstacle is None) == (found is None)
    assert obstacle is None or obstacle in (found or "")
    if obstacle is None:
        with files.write(recording, {}) as out:
            out.write("rows\n")
        assert files.target_of(recording).read_text() == "rows\n"
        assert not files.target_of(recording).is_symlink()


@pytest.mark.parametrize("out", ["file", "file/below", "a" * 256])
def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, out: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PermanentError, match="choose another folder"):
        open_out(tmp_path / out)


def test_parts_of_killed_runs_are_removed_and_those_of_running_ones_are_not(tmp_path: Path, recording: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    dead, alive, other = (out / f".chorus-{letter * 32}.part" for letter in "abz")
    for part in (dead, alive, other):
        part.touch()
    with alive.open("a") as writing:
        fcntl.flock(writing, fcntl.LOCK_EX)
        open_out(out, recording)
    assert sorted(out.iterdir()) == [alive, other]


def test_a_state_line_has_what_the_document_has(tmp_path: Path, recording: Path) -> None:
    made = {**making(recording), "result": "succeeded"}
    with open_out(tmp_path / "out", recording).write(recording, made):
        pass
    line = json.loads((tmp_path / "out" / STATE_FILE).read_text())
    whole = json.loads(document(recording, made))
    for key in ("settings", "source", "result"):
        assert line[key] == whole[key]
    assert line["pack"] == {key: whole["pack"][key] for key in ("name", "version")}
    assert whole["settings"] == {"occurrence_min": 0.03, "event_rule": {"onset_threshold": 0.5}}
    assert whole["source"] == {"size_bytes": 5, "modified_s": 1714790000.123457}
