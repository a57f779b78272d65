"""In a cage a file says and sounds what it does outside, and nothing is missed: no import, no other file."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dawn_chorus.cage.limits import Limits
from dawn_chorus.cage.messages import receive_message
from dawn_chorus.cage.server_process import ServerProcess
from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.errors import ChorusError
from dawn_chorus.inference.audio.failures import describe_failure
from dawn_chorus.inference.audio.probe import describe_facts, measure_duration_s, probe_audio
from dawn_chorus.inference.audio.reader import Samples
from dawn_chorus.inference.decoders import pool
from dawn_chorus.inference.decoders.pool import DecoderPool
from dawn_chorus.inference.waveforms.loading import LoadedAudio, WaveformFormat, load_audio
from tests.recorder_files import audiomoth_comment, bext, guano, info, real_pcm, wav
from tests.servers.caged_scripts import scripts_on_path
from tests.unit.inference.audio_files import WRITERS, damage, declare_flac_samples, real_sound, truncate, write_as

FORMATS = [WaveformFormat(48000, "kaiser_fast"), WaveformFormat(32000, "soxr_vhq")]


def short_sound(audio_dir: Path) -> tuple[Samples, int]:
    sound, rate_hz = real_sound(audio_dir)
    return sound[: 6 * rate_hz], rate_hz


def noted(folder: Path, audio_dir: Path) -> Iterator[Path]:
    pcm = real_pcm(audio_dir, 2.0)
    chunks = {
        "moth": [info(audiomoth_comment("02:30:00 04/05/2024", "+5:45"))],
        "guano": [guano("Timestamp: 2024-05-04T04:30:00+02:00", "Loc Position: 52.37 4.9", "Battery: 4.1V")],
        "odd guano": [guano("Timestamp: 4/5/2024 04:30", "Loc Position: north", "Note: r\xe9veil")],
        "bext": [bext("2024-05-04", "02:30:00")],
        "latin": [info(b"r\xe9veil Recorded at 02:30:00 04/05/2024 (UTC) by AudioMoth 24F319055FDF2902")],
    }
    for name, extra in chunks.items():
        path = folder / f"{name}.wav"
        path.write_bytes(wav(pcm, after=extra))
        yield path


def broken(folder: Path, audio_dir: Path) -> Iterator[Path]:
    sound = short_sound(audio_dir)
    changes: dict[str, Callable[[Path], Path]] = {
        "cut": lambda path: truncate(path, 0.5),
        "damaged": lambda path: damage(path, 0.5, 3000),
        "begins wrong": lambda path: damage(path, 0.0, 30),
    }
    for kind in [
        "pcm_16.wav",
        "pcm_16.flac",
        "vorbis.ogg",
        "opus.opus",
        "mp3.mp3",
        "aac.m4a",
        "opus.webm",
        "wma.wma",
    ]:
        for name, change in changes.items():
            sub = folder / f"{name} {kind}"
            sub.mkdir()
            yield change(write_as(kind, sub, *sound))
    month = folder / "month"
    month.mkdir()
    yield declare_flac_samples(write_as("pcm_16.flac", month, *sound), 30 * 86400 * 44100)
    for name, content in {"diary.txt": b"a field diary\n" * 100, "r\udce9veil.wav": b"RIFF....WAVEfmt "}.items():
        (folder / name).write_bytes(content)
        yield folder / name


def joined(folder: Path, audio_dir: Path) -> Iterator[Path]:
    sound, rate_hz = short_sound(audio_dir)
    for kind, other_hz in [("pcm_16.wav", 1), ("pcm_16.flac", 2), ("vorbis.ogg", 1), ("opus.opus", 1)]:
        first = write_as(kind, folder, sound, rate_hz).read_bytes()
        second = write_as(kind, folder, sound[::other_hz], rate_hz // other_hz).read_bytes()
        path = folder / f"joined.{kind}"
        path.write_bytes(first + second)
        yield path


@pytest.fixture(scope="module")
def files(audio_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("files")
    whole = [write_as(kind, folder, *short_sound(audio_dir)) for kind in WRITERS]
    more = [make(tmp_path_factory.mktemp("more"), audio_dir) for make in (noted, broken, joined)]
    return [*whole, *(path for paths in more for path in paths)]


def outside(read: Callable[[Path], Any], path: Path) -> Any:
    try:
        return read(path)
    except ChorusError as error:
        return describe_failure(error)


def test_headers_say_the_same(files: list[Path]) -> None:
    with scripts_on_path(), ServerProcess("tests.servers.watched_headers") as server:
        server.wait_until_ready()
        for path in files:
            file = os.open(path, os.O_RDONLY)
            request = {"name": path.name, "size": path.stat().st_size, "version": (0, 0)}
            with closing(server.fork("header", request, Limits(256 << 20, wall_s=60), [file])) as child:
                os.close(file)
                answer, tried = receive_message(child.connection), receive_message(child.connection)["tried"]
            assert answer == outside(lambda path: describe_facts(probe_audio(path)), path), path
            assert tried == [], path


def test_sounds_are_the_same(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "SERVER_MODULE", "tests.servers.watched_decoders")
    with scripts_on_path(), DecoderPool(processes=1) as decoders:
        for path in files:
            length_s = outside(measure_duration_s, path)
            assert outside(decoders.measure_duration_s, path) == length_s, path
            if isinstance(length_s, float):
                segment = Segment(0, 0.5, length_s)

                def load(path: Path, using: Callable[..., LoadedAudio], segment: Segment = segment) -> LoadedAudio:
                    return using(path, -1.0, segment.end_s, FORMATS, duration_s=segment.end_s, measured=segment)

                caged, plain = load(path, decoders.load), load(path, load_audio)
                assert (caged.lost, caged.warnings, caged.goes_on) == (plain.lost, plain.warnings, plain.goes_on), path
                for wanted in FORMATS:
                    np.testing.assert_array_equal(caged.waveforms[wanted], plain.waveforms[wanted], str(path))
                assert list(caged.stage_s) == [], path
