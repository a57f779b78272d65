"""`chorus analyze`, as a user types it: real files in, documents and rows out, bad files told and passed over."""

import csv
import io
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.packs import TONE_RATE_HZ, write_tone_pack


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tone_pack(tmp_path_factory.mktemp("packs") / "tones")


def chorus(*words: object, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dawn_chorus.cli", *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, **(env or {})}
    )


def write_tones(path: Path, duration_s: float, *sung: tuple[int, float, float], rate_hz: int = TONE_RATE_HZ) -> Path:
    """Write silence with sines in it: (frequency, onset, offset)."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    sound = np.zeros(len(time_s), np.float32)
    for tone_hz, onset_s, offset_s in sung:
        on = (time_s >= onset_s) & (time_s < offset_s)
        sound += 0.2 * np.sin(2 * np.pi * tone_hz * time_s) * on
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(os.fsencode(path), sound, rate_hz, subtype="PCM_16")
    return path


def document(result: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert result.returncode == 0, result.stderr
    return dict(json.loads(result.stdout))


def events(document: dict[str, Any]) -> list[tuple[str, float, float]]:
    return [(row["code"], row["onset_s"], row["offset_s"]) for row in document["detections"]]


def error_lines(result: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in result.stderr.splitlines() if line.startswith("error:")]


def assert_told(result: subprocess.CompletedProcess[str], *names: str) -> None:
    """One line for each, no traceback, exit code 1."""
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    lines = error_lines(result)
    assert len(lines) == len(names)
    for name, line in zip(names, lines, strict=True):
        assert name in line


def codes_by_file(rows: Iterable[dict[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(Path(row["file"]).name, []).append(row["code"])
    return found


def test_one_recording_gives_one_document_with_windows_and_detections(pack: Path, tmp_path: Path) -> None:
    recording = write_tones(tmp_path / "dawn.wav", 12.0, (1000, 2.0, 4.0), (4000, 6.0, 9.0))
    found = document(chorus("analyze", recording, "--pack", pack))
    assert [key for key in found if key not in ("result", "settings", "source")] == [
        "file",
        "duration_s",
        "sample_rate_hz",
        "pack",
        "windows",
        "detections",
        "warnings",
    ]
    assert found["file"] == str(recording)
    assert (found["duration_s"], found["sample_rate_hz"]) == (12.0, TONE_RATE_HZ)
    assert found["pack"] == {"name": "tones", "version": "1.0.0", "license": "CC0-1.0"}
    assert [(window["start_s"], window["end_s"]) for window in found["windows"]] == [(0, 5), (5, 10), (10, 15)]
    assert found["windows"][0]["scores"]["Tonus 1000"] > 0.9
    assert "Tonus 4000" in found["windows"][1]["scores"]
    assert events(found) == [("tone_1000", 2.0, 4.0), ("tone_4000", 6.0, 9.0)]
    assert list(found["detections"][0]) == [
        "scientific_name",
        "common_name",
        "code",
        "onset_s",
        "offset_s",
        "confidence",
        "channel",
        "spread",
    ]


def test_a_minimum_score_of_0_gives_every_taxon_of_every_window(pack: Path, tmp_path: Path) -> None:
    recording = write_tones(tmp_path / "dawn.wav", 7.0, (1000, 2.0, 4.0))
    found = document(chorus("analyze", recording, "--pack", pack, "--min-score", 0))
    assert [len(window["scores"]) for window in found["windows"]] == [4, 4]


def test_a_song_across_the_border_of_two_segments_is_one_detection(pack: Path, tmp_path: Path) -> None:
    recording = write_tones(tmp_path / "long.wav", 610.0, (1000, 298.0, 302.0), (2000, 600.0, 610.0))
    found = document(chorus("analyze", recording, "--pack", pack))
    assert events(found) == [("tone_1000", 298.0, 302.0), ("tone_2000", 600.0, 610.0)]
    assert len(found["windows"]) == 122


def test_thresholds_move_the_borders_of_detections(pack: Path, tmp_path: Path) -> None:
    recording = write_tones(tmp_path / "dawn.wav", 10.0, (1000, 2.0, 3.0), (1000, 4.5, 6.0))
    apart = document(chorus("analyze", recording, "--pack", pack))
    joined = document(chorus("analyze", recording, "--pack", pack, "--min-gap-s", 2))
    long_only = document(chorus("analyze", recording, "--pack", pack, "--min-event-s", 1.2))
    assert events(apart) == [("tone_1000", 2.0, 3.0), ("tone_1000", 4.5, 6.0)]
    assert events(joined) == [("tone_1000", 2.0, 6.0)]
    assert events(long_only) == [("tone_1000", 4.5, 6.0)]


def test_a_folder_with_bad_files_in_it_gives_the_others_in_order_and_tells_why(pack: Path, tmp_path: Path) -> None:
    night = tmp_path / "night"
    write_tones(night / "a.wav", 400.0, (500, 1.0, 2.0))
    (night / "b.wav").write_text("this is no sound")
    write_tones(night / "c.flac", 6.0, (2000, 1.0, 2.0))
    (night / "d.wav").touch()
    (night / "notes.txt").write_text("rain from four o'clock on")
    result = chorus("analyze", night, "--pack", pack)
    assert_told(result, "b.wav", "d.wav")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [Path(each["file"]).name for each in found] == ["a.wav", "c.flac"]
    assert events(found[1]) == [("tone_2000", 1.0, 2.0)]


def test_a_file_that_was_named_but_is_missing_or_no_audio_is_told(pack: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("rain")
    recording = write_tones(tmp_path / "dawn.wav", 6.0, (500, 1.0, 2.0))
    result = chorus("analyze", tmp_path / "missing.wav", tmp_path / "notes.txt", recording, "--pack", pack)
    assert_told(result, "missing.wav", "notes.txt")
    assert json.loads(result.stdout)["file"] == str(recording)


def test_a_truncated_flac_gives_what_can_be_heard_and_says_what_is_lost(pack: Path, tmp_path: Path) -> None:
    whole = write_tones(tmp_path / "whole.flac", 60.0, (1000, 2.0, 4.0))
    noise = np.random.default_rng(1).normal(0, 0.05, 60 * TONE_RATE_HZ)
    sound, _ = soundfile.read(whole)
    soundfile.write(whole, sound + noise, TONE_RATE_HZ)
    content = whole.read_bytes()
    torn = tmp_path / "torn.flac"
    torn.write_bytes(content[: len(content) // 2])
    result = chorus("analyze", torn, "--pack", pack)
    assert result.returncode == 1
    assert "torn.flac: lost" in result.stderr
    found = json.loads(result.stdout)
    assert ("tone_1000", 2.0, 4.0) in events(found)
    lost_s = sum(part["end_s"] - part["start_s"] for part in found["lost"])
    assert 20 < lost_s < 40
    assert found["duration_s"] == 60.0


def test_a_claim_far_beyond_the_sound_is_told_in_one_line(pack: Path, tmp_path: Path) -> None:
    header_bytes, dawn = 44, write_tones(tmp_path / "dawn.wav", 60.0, (500, 1.0, 2.0), (500, 58.0, 60.0))
    sound = dawn.read_bytes()
    claim = (600 * TONE_RATE_HZ * 2).to_bytes(4, "little")
    dawn.write_bytes(sound[: header_bytes - 4] + claim + sound[header_bytes:])
    result = chorus("analyze", dawn, "--pack", pack)
    assert result.returncode == 1
    assert result.stderr.count("lost 60.000 s to 600.000 s") == result.stderr.count("lost") == 1
    found = json.loads(result.stdout)
    assert events(found) == [("tone_500", 1.0, 2.0), ("tone_500", 58.0, 60.0)]
    assert len(found["windows"]) == 60, "as in the service, of segments that are lost as a whole there are no scores"


def test_rows_of_many_files_come_under_one_header(pack: Path, tmp_path: Path) -> None:
    write_tones(tmp_path / "a.wav", 6.0, (500, 1.0, 2.0))
    write_tones(tmp_path / "b.wav", 6.0, (2000, 1.0, 2.0), (4000, 3.0, 4.0))
    result = chorus("analyze", tmp_path, "--pack", pack, "--format", "csv")
    assert result.returncode == 0, result.stderr
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert codes_by_file(rows) == {"a.wav": ["tone_500"], "b.wav": ["tone_2000", "tone_4000"]}


@pytest.mark.parametrize(
    ("wanted", "name", "first_line"),
    [
        ("raven", "dawn.wav.selections.txt", "Selection\tView\tChannel"),
        ("audacity", "dawn.wav.labels.txt", "1.000\t2.000\t500 Hz tone"),
        ("audacity-birdnet", "dawn.BirdNET.results.txt", "1.000\t2.000\tTonus 500, 500 Hz tone\t0."),
        ("birdnet", "dawn.BirdNET.results.csv", "Start (s),End (s),Scientific name"),
        ("ndjson", "dawn.wav.ndjson", '{"scientific_name": "Tonus 500"'),
    ],
)
def test_every_format_goes_to_a_file_of_its_own(
    pack: Path, tmp_path: Path, wanted: str, name: str, first_line: str
) -> None:
    recording = write_tones(tmp_path / "dawn.wav", 6.0, (500, 1.0, 2.0))
    result = chorus("analyze", recording, "--pack", pack, "--format", wanted, "--out", tmp_path / "out")
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    assert (tmp_path / "out" / name).read_text().startswith(first_line)


def test_a_raven_table_of_many_recordings_runs_on(pack: Path, tmp_path: Path) -> None:
    write_tones(tmp_path / "a.wav", 6.5, (500, 1.0, 2.0))
    write_tones(tmp_path / "b" / "silent.wav", 10.0)
    (tmp_path / "b" / "torn.wav").touch()
    write_tones(tmp_path / "c.wav", 6.0, (2000, 1.0, 2.0), (4000, 3.0, 4.0))
    result = chorus("analyze", tmp_path, "--pack", pack, "--format", "raven")
    assert_told(result, "torn.wav")
    rows = list(csv.DictReader(io.StringIO(result.stdout), delimiter="\t"))
    assert [(row["Begin File"], float(row["Begin Time (s)"]), float(row["File Offset (s)"])) for row in rows] == [
        ("a.wav", 1.0, 1.0),
        ("c.wav", 17.5, 1.0),
        ("c.wav", 19.5, 3.0),
    ]
    assert [row["Begin Path"] for row in rows] == [str(tmp_path / row["Begin File"]) for row in rows]
    assert [row["Selection"] for row in rows] == ["1", "2", "3"]


def test_labels_of_many_recordings_need_files_of_their_own(pack: Path, tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        write_tones(tmp_path / "in" / name, 6.0, (500, 1.0, 2.0))
    refused = chorus("analyze", tmp_path / "in", "--pack", pack, "--format", "audacity")
    assert_told(refused, "--out")
    assert refused.stdout == ""
    assert chorus("analyze", tmp_path / "in" / "a.wav", "--pack", pack, "--format", "audacity").returncode == 0
    out = tmp_path / "out"
    assert chorus("analyze", tmp_path / "in", "--pack", pack, "--format", "audacity", "-o", out).returncode == 0
    assert list(read_results(out)) == ["a.wav.labels.txt", "b.wav.labels.txt"]


def read_results(folder: Path) -> dict[str, str]:
    """Return the visible files below a folder, by name."""
    return {path.name: path.read_text() for path in sorted(folder.rglob("[!.]*")) if path.is_file()}


@pytest.mark.parametrize("wanted", ["csv", "birdnet"])
def test_excel_is_given_a_byte_order_mark_on_request(pack: Path, tmp_path: Path, wanted: str) -> None:
    recording = write_tones(tmp_path / "dawn.wav", 6.0, (500, 1.0, 2.0))
    words = ("analyze", recording, "--pack", pack, "-f", wanted)
    plain, marked = chorus(*words), chorus(*words, "--bom")
    assert marked.stdout == "\ufeff" + plain.stdout
    assert chorus(*words, "--bom", "-o", tmp_path / "out").returncode == 0
    assert list(read_results(tmp_path / "out").values()) == [marked.stdout]
    assert_told(chorus("analyze", recording, "--pack", pack, "--bom"), "--bom is for --format csv and birdnet")


def test_a_batch_that_was_interrupted_goes_on_where_it_was(pack: Path, tmp_path: Path) -> None:
    recordings, out = tmp_path / "in", tmp_path / "out"
    write_tones(recordings / "a.wav", 6.0, (500, 1.0, 2.0))
    first = chorus("analyze", recordings, "--pack", pack, "--out", out)
    assert (first.returncode, first.stderr) == (0, "")
    written = (out / "a.wav.json").stat().st_mtime_ns
    write_tones(recordings / "night" / "b.wav", 6.0, (2000, 1.0, 2.0))
    result = chorus("analyze", recordings, "--pack", pack, "--out", out, "--resume")
    assert (result.returncode, result.stderr) == (0, "1 of 2 recordings already have a result\n")
    assert (out / "a.wav.json").stat().st_mtime_ns == written
    assert json.loads((out / "night" / "b.wav.json").read_text())["detections"][0]["code"] == "tone_2000"
    assert sorted(path.name for path in out.rglob("*") if path.is_file()) == ["a.wav.json", "b.wav.json"]


@pytest.mark.parametrize("wanted", ["json", "raven", "csv"])
def test_results_made_otherwise_are_made_again(pack: Path, tmp_path: Path, wanted: str) -> None:
    recordings, out = tmp_path / "in", tmp_path / "out"
    for name in ("a.wav", "b.wav"):
        write_tones(recordings / name, 6.0, (500, 1.0, 2.0), (500, 3.0, 4.0))
    words = ("analyze", recordings, "--pack", pack, "--out", out, "-f", wanted, "--resume")
    apart = chorus(*words)
    assert (apart.returncode, apart.stderr) == (0, "")
    before = read_results(out)
    joined = chorus(*words, "--min-gap-s", 2)
    assert joined.stderr == "made again: 2 results, because they were made with other settings\n"
    assert read_results(out).keys() == before.keys()
    assert read_results(out) != before
    write_tones(recordings / "a.wav", 6.0, (500, 1.0, 2.0), (500, 3.0, 4.5))
    changed = chorus(*words, "--min-gap-s", 2)
    assert changed.stderr.splitlines() == [
        "1 of 2 recordings already have a result",
        "made again: 1 results, because their recordings have changed",
    ]
    assert chorus(*words, "--min-gap-s", 2, "--workers", 1).stderr == "2 of 2 recordings already have a result\n"


def test_partial_results_and_those_of_earlier_versions_are_made_again(pack: Path, tmp_path: Path) -> None:
    recordings, out = tmp_path / "in", tmp_path / "out"
    torn = write_tones(recordings / "torn.wav", 12.0, (500, 1.0, 2.0))
    torn.write_bytes(torn.read_bytes()[: -4 * TONE_RATE_HZ])
    write_tones(recordings / "old.wav", 6.0, (500, 1.0, 2.0))
    out.mkdir()
    (out / "old.wav.json").write_text(json.dumps({"file": "old.wav", "windows": [], "detections": []}) + "\n")
    words = ("analyze", recordings, "--pack", pack, "--out", out, "--resume")
    first, second = chorus(*words), chorus(*words)
    assert first.returncode == second.returncode == 1
    assert "made again: 1 results, because they do not say how they were made" in first.stderr
    assert "1 of 2 recordings already have a result\nmade again: 1 results, because they lack audio" in second.stderr
    assert json.loads((out / "torn.wav.json").read_text())["result"] == "partial"
    assert events(json.loads((out / "old.wav.json").read_text())) == [("tone_500", 1.0, 2.0)]


@pytest.mark.parametrize("wanted", ["json", "csv"])
def test_a_result_that_cannot_be_written_is_told_and_the_rest_go_on(pack: Path, tmp_path: Path, wanted: str) -> None:
    recordings, out = tmp_path / "in", tmp_path / "out"
    for name in ("a" * 248 + ".wav", "b.wav", "c.wav", "night/d.wav"):
        write_tones(recordings / name, 6.0, (500, 1.0, 2.0))
    (out / f"b.wav.{wanted}").mkdir(parents=True)
    (out / "night").touch()
    result = chorus("analyze", recordings, "--pack", pack, "--out", out, "-f", wanted)
    assert_told(result, "aaa.wav", f"b.wav.{wanted}: there is a folder of this name", "out/night")
    assert f"c.wav.{wanted}" in read_results(out)
    assert not list(out.rglob("*.part"))


def limit_files(size_bytes: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, size_bytes))


def test_a_result_that_is_too_large_for_its_disk_is_told_and_the_rest_go_on(pack: Path, tmp_path: Path) -> None:
    recordings, out = tmp_path / "in", tmp_path / "out"
    write_tones(recordings / "a.wav", 1500.0, (500, 1.0, 2.0))
    write_tones(recordings / "b.wav", 6.0, (500, 1.0, 2.0))
    command = [sys.executable, "-m", "dawn_chorus.cli", "analyze", recordings, "--pack", pack, "--out", out]
    result = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, preexec_fn=limit_files(8192)
    )
    assert_told(result, "a.wav.json: File too large")
    assert list(read_results(out)) == ["b.wav.json"]
    assert not list(out.rglob("*.part"))


@pytest.mark.parametrize("wanted", ["json", "csv"])
def test_a_full_disk_ends_the_run_with_the_path(pack: Path, tmp_path: Path, wanted: str) -> None:
    recordings, out = tmp_path / "in", tmp_path / "disk" / "out"
    for name in ("a.wav", "b.wav", "c.wav"):
        write_tones(recordings / name, 6.0, (500, 1.0, 2.0))
    (tmp_path / "disk").mkdir()
    command = [
        sys.executable,
        "-m",
        "dawn_chorus.cli",
        "analyze",
        recordings,
        "--pack",
        pack,
        "--out",
        out,
        "-f",
        wanted,
    ]
    script = 'mount -t tmpfs -o size=8k none "$0" && "$@"; code=$?; ls -A "$0/out"; exit $code'
    words = ["unshare", "-rm", "sh", "-c", script, str(tmp_path / "disk"), *map(str, command)]
    if subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine allows no mounts")
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    assert_told(result, f".wav.{wanted}: No space left on device: make room, then go on with --resume")
    assert "c.wav" not in result.stdout
    assert ".part" not in result.stdout


@pytest.mark.parametrize("wanted", ["json", "csv", "raven"])
def test_a_full_standard_output_is_one_line(pack: Path, tmp_path: Path, wanted: str) -> None:
    recording = write_tones(tmp_path / "dawn.wav", 6.0, (500, 1.0, 2.0))
    command = [sys.executable, "-m", "dawn_chorus.cli", "analyze", str(recording), "--pack", str(pack), "-f", wanted]
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (result.returncode, result.stderr) == (1, "error: standard output: No space left on device\n")


def test_how_many_work_at_once_changes_nothing(pack: Path, tmp_path: Path) -> None:
    recording = write_tones(tmp_path / "long.wav", 1000.0, (1000, 298.0, 302.0), (500, 890.0, 910.0))
    one = chorus("analyze", recording, "--pack", pack, "--workers", 1)
    four = chorus("analyze", recording, "--pack", pack, "--workers", 4)
    assert one.stdout == four.stdout
    assert document(one)["detections"]


ODD_NAMES = [
    b"r\xe9veil.wav",
    b"\xff.flac",
    b"a:b.wav",
    "می\u200cخواهم\u00a0.wav".encode(),
    b"n\xe9/dawn.wav",
    b"a\nb.wav",
]


@pytest.mark.parametrize(
    ("wanted", "locale"), [("json", "POSIX"), ("ndjson", "C"), ("csv", "C.UTF-8"), ("birdnet", "C"), ("raven", "POSIX")]
)
def test_names_of_any_bytes_are_analyzed_and_shown(pack: Path, tmp_path: Path, wanted: str, locale: str) -> None:
    for name in ODD_NAMES:
        write_tones(tmp_path / "in" / os.fsdecode(name), 6.0, (500, 1.0, 2.0))
    result = chorus("analyze", tmp_path / "in", "--pack", pack, "-f", wanted, env={"LC_ALL": locale})
    assert (result.returncode, result.stderr) == (0, "")
    for name in ODD_NAMES[:-1]:
        assert name.decode(errors="replace") in result.stdout
    assert result.stdout.count("one_500" if wanted != "birdnet" else "Tonus 500") >= len(ODD_NAMES)


def test_output_is_utf8_whatever_the_terminal_takes(pack: Path, tmp_path: Path) -> None:
    recording = write_tones(tmp_path / "Höhe 森.wav", 6.0, (500, 1.0, 2.0))
    result = chorus("analyze", recording, "--pack", pack, env={"PYTHONIOENCODING": "ascii"})
    assert document(result)["file"] == str(recording)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_a_terminal_of_another_encoding_ends_no_command(encoding: str) -> None:
    result = chorus("analyze", "--help", env={"PYTHONIOENCODING": encoding})
    assert (result.returncode, result.stderr) == (0, "")


def test_a_bad_name_of_a_bad_file_does_not_end_the_batch(pack: Path, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"a\xe9.wav")).write_text("this is no sound")
    write_tones(tmp_path / os.fsdecode(b"b\xe9.wav"), 6.0, (500, 1.0, 2.0))
    result = chorus("analyze", tmp_path, "--pack", pack, "--out", tmp_path / "out")
    assert_told(result, "a\ufffd.wav")
    written = tmp_path / "out" / os.fsdecode(b"b\xe9.wav.json")
    assert json.loads(written.read_text())["file"] == str(tmp_path / "b\ufffd.wav")


def test_what_is_passed_over_is_told_and_the_exit_code_is_1(pack: Path, tmp_path: Path) -> None:
    write_tones(tmp_path / "in" / "a.wav", 6.0, (500, 1.0, 2.0))
    (tmp_path / "in" / "b.wav").symlink_to("/media/card/b.wav")
    (tmp_path / "in" / "c.3gp").touch()
    (tmp_path / "in" / "._a.wav").touch()
    (tmp_path / "in" / "again").symlink_to(".")
    result = chorus("analyze", tmp_path / "in", "--pack", pack)
    assert result.returncode == 1
    assert [line.split(":")[1] for line in result.stderr.splitlines()] == [
        " 1 passed over (broken link)",
        " 1 passed over (not a format that is looked for; convert it, or name the file itself to have it tried)",
    ]
    assert json.loads(result.stdout)["file"].endswith("a.wav")


def as_others_may(*words: object) -> subprocess.CompletedProcess[str]:
    """Run `chorus` without root's right to read and write everything."""
    command = [sys.executable, "-m", "dawn_chorus.cli", *map(str, words)]
    if os.geteuid() == 0:
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *command]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_what_may_not_be_read_is_told_and_the_rest_go_on(pack: Path, tmp_path: Path) -> None:
    for name in ("a.wav", "secret.wav", "closed/b.wav"):
        write_tones(tmp_path / "in" / name, 6.0, (500, 1.0, 2.0))
    secret, closed = tmp_path / "in" / "secret.wav", tmp_path / "in" / "closed"
    secret.chmod(0)
    closed.chmod(0)
    for paths in ([tmp_path / "in"], [secret, closed, tmp_path / "in" / "a.wav"]):
        result = as_others_may("analyze", *paths, "--pack", pack, "-f", "csv")
        assert result.returncode == 1
        for name in ("secret.wav", "closed"):
            assert [name in line and "Permission denied" in line for line in result.stderr.splitlines()].count(
                True
            ) == 1
        rows = csv.DictReader(io.StringIO(result.stdout))
        assert codes_by_file(rows) == {"a.wav": ["tone_500"]}
    closed.chmod(0o755)


def test_a_folder_of_results_without_permission_is_told(pack: Path, tmp_path: Path) -> None:
    for name in ("a.wav", "night/b.wav"):
        write_tones(tmp_path / "in" / name, 6.0, (500, 1.0, 2.0))
    out = tmp_path / "out"
    (out / "night").mkdir(parents=True)
    (out / "night").chmod(0o555)
    assert_told(as_others_may("analyze", tmp_path / "in", "--pack", pack, "-o", out), "b.wav.json: Permission denied")
    assert list(read_results(out)) == ["a.wav.json"]
    assert_told(as_others_may("analyze", tmp_path / "in", "--pack", pack, "-o", out / "night"), "choose another folder")


def test_a_pack_that_is_not_installed_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    recording = write_tones(tmp_path / "dawn.wav", 6.0)
    result = chorus("analyze", recording, "--pack", "owls", env={"CHORUS_DATA_DIR": str(tmp_path / "data")})
    assert_told(result, "chorus models install")


def test_a_folder_without_recordings_is_told(tmp_path: Path, pack: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert_told(chorus("analyze", tmp_path / "empty", "--pack", pack), "no recordings in")


def test_every_recording_of_a_file_that_holds_several_is_heard_at_its_place(tmp_path: Path, pack: Path) -> None:
    links = [
        write_tones(tmp_path / "silence.flac", 12.0, rate_hz=8000),
        write_tones(tmp_path / "song.wav", 12.0, (1000, 4.0, 8.0)),
        write_tones(tmp_path / "fast.flac", 12.0, (1000, 2.0, 6.0), rate_hz=48000),
    ]
    several = tmp_path / "several.flac"
    several.write_bytes(b"".join(link.read_bytes() for link in links))
    found = document(chorus("analyze", "--pack", pack, several))
    assert found["duration_s"] == 36.0
    assert events(found) == [("tone_1000", 16.0, 20.0), ("tone_1000", 26.0, 30.0)]
