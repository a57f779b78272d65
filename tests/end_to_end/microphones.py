"""Recordings of several microphones, and what `chorus analyze` says of them."""

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from tests.packs import TONE_RATE_HZ

Samples = NDArray[np.float32]
RATE_HZ = 2 * TONE_RATE_HZ
LAYOUTS = {2: "stereo", 4: "4.0"}


def write(path: Path, *channels: Samples, rate_hz: int = RATE_HZ) -> Path:
    """Write channels in the format that the file's name says."""
    samples = np.stack(channels, axis=1)
    if path.suffix == ".m4a":
        return write_m4a(path, samples, rate_hz)
    soundfile.write(path, samples, rate_hz, format=path.suffix[1:].upper())
    return path


def write_m4a(path: Path, samples: Samples, rate_hz: int) -> Path:
    with av.open(str(path), "w", format="ipod") as output:
        stream = output.add_stream("aac", rate=rate_hz, layout=LAYOUTS[samples.shape[1]])
        assert isinstance(stream, av.AudioStream)
        stream.bit_rate = 64_000 * samples.shape[1]
        for start in range(0, len(samples), 1024):
            planes = np.ascontiguousarray(samples[start : start + 1024].T)
            frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=LAYOUTS[samples.shape[1]])
            frame.sample_rate, frame.pts, frame.time_base = rate_hz, start, Fraction(1, rate_hz)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def analyze(path: Path, pack: Path, *words: str) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    command = [sys.executable, "-m", "dawn_chorus.cli", "analyze", "--pack", str(pack), *words, str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return result, json.loads(result.stdout.splitlines()[0]) if result.stdout.startswith("{") else {}


def found(document: dict[str, Any]) -> list[tuple[str, int | None]]:
    return [(row["code"], row["channel"]) for row in document["detections"]]


def codes(document: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in document["warnings"]]


def analyze_all(folder: Path, pack: Path, channels: str) -> tuple[dict[str, dict[str, Any]], str]:
    """Return the documents of all recordings in a folder by name, and what was told on stderr."""
    result, _ = analyze(folder, pack, "--channels", channels)
    documents = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.returncode == 0, result.stderr
    return {Path(document["file"]).name: document for document in documents}, result.stderr
