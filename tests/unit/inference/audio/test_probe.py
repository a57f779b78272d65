"""Headers are read in caged children: they answer for any file, and hold no more than that takes."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dawn_chorus.cage.limits import Limits
from dawn_chorus.cage.messages import receive_message
from dawn_chorus.cage.server_process import ServerProcess
from tests.unit.inference.audio_files import declare_flac_samples, write_sound


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with ServerProcess("dawn_chorus.inference.pictures") as server:
        server.wait_until_ready()
        yield server


def read_header(server: ServerProcess, path: Path) -> dict[str, Any]:
    file = os.open(path, os.O_RDONLY)
    request = {"name": path.name, "size": path.stat().st_size, "version": (0, 0)}
    child = server.fork("header", request, Limits(256 << 20, wall_s=60), [file])
    os.close(file)
    try:
        return receive_message(child.connection)
    finally:
        child.close()


def test_the_facts_are_read(server: ServerProcess, tmp_path: Path) -> None:
    path = write_sound(tmp_path / "dawn.flac", np.zeros((96_000, 2), np.float32), 32000, coding="PCM_24")
    facts = {"format": "flac/pcm_24", "duration_s": 3.0, "sample_rate_hz": 32000, "channels": 2}
    assert read_header(server, path) == facts


def test_a_small_file_that_declares_a_month_has_the_length_of_its_samples(
    server: ServerProcess, tmp_path: Path
) -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, 5 * 8000).astype(np.float32)
    path = declare_flac_samples(write_sound(tmp_path / "month.flac", sound, 8000), 30 * 86400 * 8000)
    assert read_header(server, path)["duration_s"] == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("content", "kind"), [(b"not a sound\n" * 100, "not_audio"), (b"", "empty"), (b"RIFF....WAVEfmt ", "undecodable")]
)
def test_a_file_is_refused_with_a_reason(server: ServerProcess, tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "upload.wav"
    path.write_bytes(content)
    refusal = read_header(server, path)
    assert refusal["error"] == kind
    assert "upload.wav" in refusal["detail"]


def test_the_server_loads_none_of_the_heavy_libraries(server: ServerProcess) -> None:
    mapped = Path(f"/proc/{server.pid}/maps").read_text()
    assert "soundfile" in mapped
    assert [name for name in ("librosa", "numba", "soxr", "scipy/", "onnxruntime") if name in mapped] == []
