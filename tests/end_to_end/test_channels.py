"""Recordings of several microphones, some of them broken: what the mix loses is told, and `each` finds it again.

By `chorus analyze` and by the API, in the formats that recorders and phones write.
"""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pytest
import soundfile

from tests.end_to_end.microphones import RATE_HZ, Samples, analyze, analyze_all, codes, found, write
from tests.end_to_end.service import Service
from tests.packs import write_tone_pack

LENGTH_S = 12.0
TIME_S = np.arange(round(LENGTH_S * RATE_HZ)) / RATE_HZ


def noise(level: float, seed: int = 1) -> Samples:
    return (level * np.random.default_rng(seed).standard_normal(len(TIME_S))).astype(np.float32)


def make_song() -> Samples:
    """Return a tone of 1 kHz from second 4 to 7, in a little noise."""
    tone = 0.3 * np.sin(2 * np.pi * 1000 * TIME_S) * ((TIME_S >= 4) & (TIME_S < 7))
    return tone.astype(np.float32) + noise(0.001)


SONG = make_song()
BROKEN = {
    "silence": np.zeros_like(SONG),
    "noise": noise(0.1, seed=2),
    "hum": (0.2 * np.sin(2 * np.pi * 50 * TIME_S)).astype(np.float32),
    "whisper": noise(0.00001, seed=3),
}


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tone_pack(tmp_path_factory.mktemp("packs") / "tones")


def test_inverted_wiring_is_told_and_each_channel_hears_what_the_mix_lost(tmp_path: Path, pack: Path) -> None:
    names = [write(tmp_path / f"inverted.{suffix}", SONG, -SONG).name for suffix in ("wav", "flac", "mp3", "m4a")]
    names += [write(tmp_path / f"half.{suffix}", SONG, -SONG, SONG, -SONG).name for suffix in ("wav", "flac", "m4a")]
    documents, stderr = analyze_all(tmp_path, pack, "mix")
    assert {name: (found(documents[name]), codes(documents[name])) for name in names} == dict.fromkeys(
        names, ([], ["channels_cancel"])
    )
    assert len([line for line in stderr.splitlines() if "channels_cancel" in line]) == len(names)
    for channels, heard in (("each", {1, 2, 3, 4}), ("1", {1}), ("2", {2})):
        documents, _ = analyze_all(tmp_path, pack, channels)
        for name in names:
            ((code, channel),) = found(documents[name])
            assert code == "tone_1000"
            assert channel in heard
            assert codes(documents[name]) == ["channels_cancel"]


def test_one_broken_microphone_is_told_and_the_others_hear(tmp_path: Path, pack: Path) -> None:
    kinds = [(suffix, 2) for suffix in ("wav", "flac", "mp3", "m4a")] + [
        (suffix, 4) for suffix in ("wav", "flac", "m4a")
    ]
    recordings = {
        write(tmp_path / f"{fault}-{n}.{suffix}", BROKEN[fault], *[SONG] * (n - 1)).name: (fault, n)
        for fault in BROKEN
        for suffix, n in kinds
    }
    mix, _ = analyze_all(tmp_path, pack, "mix")
    for name, (fault, n) in recordings.items():
        assert codes(mix[name]) == ["channels_differ"], name
        known = n == 4 or fault in ("silence", "whisper")  # of two that are as loud, nobody knows which is broken
        assert mix[name]["warnings"][0]["channel"] == (1 if known else None), name
    for channels, heard in (("each", {2, 3, 4}), ("2", {2})):
        documents, _ = analyze_all(tmp_path, pack, channels)
        for name in recordings:
            ((code, channel),) = found(documents[name])
            assert code == "tone_1000", name
            assert channel in heard, name
    broken, _ = analyze_all(tmp_path, pack, "1")
    assert [name for name, document in broken.items() if found(document)] == []


def test_of_32_channels_each_is_scored_and_of_33_none(tmp_path: Path, pack: Path) -> None:
    quiet = 0.01 * SONG
    path = write(tmp_path / "array.wav", *[quiet] * 30, SONG, quiet)
    result, document = analyze(path, pack, "--channels", "each")
    assert found(document) == [("tone_1000", 31)]
    path = write(tmp_path / "larger.wav", *[quiet] * 32, SONG)
    result, _ = analyze(path, pack, "--channels", "each")
    assert result.returncode == 1
    assert "33 channels: each scores at most 32" in result.stderr
    assert found(analyze(path, pack, "--channels", "33")[1]) == [("tone_1000", 33)]


def test_a_channel_that_a_recording_lacks_costs_that_recording_only(tmp_path: Path, pack: Path) -> None:
    write(tmp_path / "a_mono.wav", SONG)
    write(tmp_path / "b_stereo.wav", 0 * SONG, SONG)
    result, document = analyze(tmp_path, pack, "--channels", "2")
    assert result.returncode == 1
    assert "a_mono.wav: the recording has 1 channel: there is no channel 2" in result.stderr
    assert found(document) == [("tone_1000", 2)]


@pytest.mark.parametrize("value", ["0", "-1", "both", "٣"])
def test_another_word_for_channels_is_refused_in_one_line(tmp_path: Path, pack: Path, value: str) -> None:
    result, _ = analyze(write(tmp_path / "mono.wav", SONG), pack, f"--channels={value}")
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_one_channel_is_scored_to_the_bit_whatever_is_chosen(tmp_path: Path, pack: Path) -> None:
    for suffix in ("wav", "flac", "mp3"):
        write(tmp_path / f"mono.{suffix}", SONG)
    mix, each, first = (analyze_all(tmp_path, pack, channels)[0] for channels in ("mix", "each", "1"))
    for name, document in mix.items():
        assert document["windows"] == each[name]["windows"] == first[name]["windows"] != []
        assert (found(document), found(each[name]), found(first[name])) == (
            [("tone_1000", None)],
            [("tone_1000", 1)],
            [("tone_1000", 1)],
        )
        assert document["warnings"] == []


def test_tables_name_the_channel_and_the_warnings(tmp_path: Path, pack: Path) -> None:
    path = write(tmp_path / "broken.wav", 0 * SONG, SONG)
    words = ("--channels", "each", "--format")
    (row,) = csv.DictReader(io.StringIO(analyze(path, pack, *words, "csv")[0].stdout))
    assert (row["channel"], row["warnings"]) == ("2", "channels_differ")
    line = json.loads(analyze(path, pack, *words, "ndjson")[0].stdout)
    assert (line["channel"], line["warnings"]) == (2, "channels_differ")
    (selection,) = csv.DictReader(io.StringIO(analyze(path, pack, *words, "raven")[0].stdout), delimiter="\t")
    assert selection["Channel"] == "2"
    for other in ("audacity", "birdnet"):
        assert "channels_differ" not in analyze(path, pack, *words, other)[0].stdout


def write_long(path: Path, change: Callable[[Samples], list[Samples]]) -> Path:
    """Write two segments: the song every 12 seconds."""
    soundfile.write(path, np.stack(change(np.tile(SONG, 27)), axis=1), RATE_HZ)
    return path


def silent_across_the_edge(song: Samples) -> list[Samples]:
    song[round(297.5 * RATE_HZ) : round(302.75 * RATE_HZ)] = 0.0
    return [song, song.copy()]


def clipped_from_the_second_segment_on(song: Samples) -> list[Samples]:
    loud = song.copy()
    loud[300 * RATE_HZ :] *= 50
    return [song, np.clip(loud, -1, 1)]


LONG = {
    "silent.flac": silent_across_the_edge,
    "clipped.flac": clipped_from_the_second_segment_on,
    "inverted.flac": lambda song: [song, -song],
    "odd.flac": lambda song: [song, np.random.default_rng(4).normal(0, 0.1, len(song)).astype(np.float32), song],
}


def test_the_api_gives_the_warnings_and_channels_of_the_command_line(
    service: Service, tmp_path: Path, packs_dir: Path
) -> None:
    service.open("api", "relay", "worker")
    folder = tmp_path / "card"
    folder.mkdir()
    paths = [write_long(folder / name, change) for name, change in LONG.items()]
    paths += [write(folder / f"broken.{suffix}", 0 * SONG, SONG) for suffix in ("wav", "mp3", "m4a")]
    choices = ("mix", "each", "2")
    submitted = {
        (path.name, each): service.submit(path, channels=each, site=each) for path in paths for each in choices
    }
    documents = {each: analyze_all(folder, packs_dir / "tones", each)[0] for each in choices}
    for (name, chosen), analysis_id in submitted.items():
        service.wait_finished(analysis_id, within_s=120.0)
        analysis, detections = answers(service, analysis_id)
        document = documents[chosen][name]
        assert analysis["result"] == "succeeded"
        assert analysis["settings"]["channels"] == (2 if chosen == "2" else chosen)
        assert analysis["warnings"] == document["warnings"] != []
        assert sorted(spans({"items": detections})) == sorted(spans({"items": document["detections"]}))
        assert {row["warnings"] for row in detections} <= {";".join(dict.fromkeys(codes(document)))}
        # Cut again from the stored scores, events name their channels too.
        url = f"{service.api.status_url}/v1/analyses/{analysis_id}/detections?min_event_s=0"
        assert sorted(spans(httpx.get(url).json())) == sorted(spans({"items": detections}))


def spans(document: dict[str, Any]) -> list[tuple[str, float, float, int]]:
    return [(row["code"], row["onset_s"], row["confidence"], row["channel"] or 0) for row in document["items"]]


def answers(service: Service, analysis_id: UUID) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    url = f"{service.api.status_url}/v1/analyses/{analysis_id}"
    return httpx.get(url).json(), httpx.get(f"{url}/detections").json()["items"]


def test_warnings_of_neighboring_segments_are_one(tmp_path: Path, pack: Path) -> None:
    for name, change in LONG.items():
        write_long(tmp_path / name, change)
    documents, _ = analyze_all(tmp_path, pack, "mix")
    spans = {
        name: [(each["code"], each["start_s"], each["end_s"], each["channel"]) for each in document["warnings"]]
        for name, document in documents.items()
    }
    assert spans["silent.flac"] == [("silence", 297.5, 302.75, None)]
    assert ("clipped", 300.0, 324.0, 2) in spans["clipped.flac"]
    assert spans["inverted.flac"] == [("channels_cancel", 0.0, 324.0, None)]
    assert spans["odd.flac"] == [("channels_differ", 0.0, 324.0, 2)]
