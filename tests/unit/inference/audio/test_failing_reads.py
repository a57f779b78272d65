"""A disk that fails within a file: no library takes that for the file's end, and whoever reads again reads it all."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dawn_chorus.domain.errors import TransientError
from dawn_chorus.inference.audio.containers.audio_file import AudioFile
from dawn_chorus.inference.audio.containers.byte_ranges import FileBytes
from dawn_chorus.inference.audio.opening import open_source
from dawn_chorus.inference.audio.probe import measure_duration_s, probe_audio, probe_beginning
from dawn_chorus.inference.pictures.byte_index import build_index
from tests.unit.inference.audio_files import WRITERS, real_sound, write_as


class Disk:
    """Reads descriptors, but for the reads from one number on, as long as it is broken."""

    def __init__(self) -> None:
        self.breaks_at: int | None = None
        self.reads, self.has_failed = 0, False
        self._read = os.preadv

    def preadv(self, descriptor: int, buffers: Any, position: int) -> int:
        self.reads += 1
        if self.breaks_at is not None and self.reads > self.breaks_at:
            self.has_failed = True
            raise OSError(errno.EIO, "Input/output error")
        return self._read(descriptor, buffers, position)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    monkeypatch.setattr(os, "preadv", disk.preadv)
    return disk


@pytest.fixture(params=[*WRITERS, "joined.flac"])
def file(request: pytest.FixtureRequest, audio_dir: Path, tmp_path: Path) -> Iterator[AudioFile]:
    samples, rate_hz = real_sound(audio_dir)
    name = "pcm_16.flac" if request.param == "joined.flac" else request.param
    path = write_as(name, tmp_path, samples[: 3 * rate_hz], rate_hz)
    if request.param == "joined.flac":
        path.write_bytes(path.read_bytes() * 2)
    descriptor = os.open(path, os.O_RDONLY)
    yield AudioFile(path.name, path.stat().st_size, (path.stat().st_ino, 0), descriptor=descriptor)
    os.close(descriptor)


def _samples(file: AudioFile) -> Any:
    with open_source(file) as source:
        mono, lost = source.read(0, source.length())
    return mono.tobytes(), lost


USES: dict[str, Callable[[AudioFile], Any]] = {
    "probe": probe_audio,
    "beginning": lambda file: probe_beginning(file, 2 * file.size),
    "measure": measure_duration_s,
    "samples": _samples,
    "index": lambda file: build_index(FileBytes(file)) if file.name.endswith((".mp3", ".aac")) else None,
}


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")  # of a library's callback
@pytest.mark.parametrize("use", USES)
def test_whatever_reads_a_file_tells_that_it_could_not(
    file: AudioFile, disk: Disk, capfd: pytest.CaptureFixture[str], use: str
) -> None:
    whole = USES[use](file)
    reads = disk.reads
    for breaks_at in sorted({0, 1, 2, 3, reads // 2, reads - 1}):
        disk.reads, disk.has_failed, disk.breaks_at = 0, False, breaks_at
        try:
            found, failure = USES[use](file), ""
        except TransientError as error:
            found, failure = whole, str(error)
        assert found == whole
        assert failure == ("the file could not be read: Input/output error" if disk.has_failed else "")
    disk.breaks_at = None
    assert USES[use](file) == whole
    assert "Traceback" not in capfd.readouterr().err
