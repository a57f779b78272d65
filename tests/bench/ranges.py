"""What 16 s in the middle of a long recording in a bucket take: requests, bytes, CPU; beside the budget for each.

A thread of this process answers for the bucket; the CPU time is that of the reader's thread alone.
"""

import tempfile
import time
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

import av
import numpy as np
import soundfile
from rich.console import Console
from rich.table import Table

from dawn_chorus.inference.audio.opening import open_source
from tests.bench.recordings import RATE_HZ, write_day
from tests.bench.settings import BenchSettings
from tests.unit.inference.lent_files import Ranges, facts_of, lent_ranges

STRETCH_S, BUDGET_BYTES = 16, 2_000_000
FORMATS = (
    ("wav", "wav", "pcm_s16le"),
    ("flac", "flac", "flac"),
    ("ogg", "OGG", "VORBIS"),
    ("opus", "ogg", "libopus"),
    ("m4a", "ipod", "aac"),
    ("mp3", "mp3", "libmp3lame"),
    ("aac", "adts", "aac"),
)
"""Suffix, container, coding: FFmpeg's names, and libsndfile's for Vorbis."""


def measure(settings: BenchSettings, console: Console) -> dict[str, Any]:
    """Print the table; return what it was made of."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="chorus-ranges-") as folder:
        original = write_day(Path(folder) / "original.flac", settings.audio_dir, 60.0 * settings.bench_minutes)
        for suffix, container, coding in FORMATS:
            path = _transcode(original, Path(folder) / f"long.{suffix}", container, coding)
            rows.append(_cost(path, 30.0 * settings.bench_minutes, settings.bench_rounds))
            path.unlink()
    table = Table("", "MB", "requests", "MB read", "budget MB", "CPU ms", "differs from decoding from the start")
    for row in rows:
        sizes = [f"{row[name] / 1e6:.2f}" for name in ("read_bytes", "budget_bytes")]
        costs = (f"{row['size_bytes'] / 1e6:.0f}", str(row["requests"]), *sizes, f"{row['cpu_ms']:.0f}")
        table.add_row(row["format"], *costs, f"{row['differs']:.1e}")
    console.print(table)
    return {"stretch_s": STRETCH_S, "minutes": settings.bench_minutes, "formats": rows}


def _cost(path: Path, start_s: float, rounds: int) -> dict[str, Any]:
    known, cpu_ms, ranges = facts_of(path), [], Ranges()
    first, end = round(start_s * RATE_HZ), round((start_s + STRETCH_S) * RATE_HZ)
    for _ in range(rounds):
        ranges = Ranges()
        with lent_ranges(path, ranges, known) as sound:
            began = time.thread_time()
            stretch = sound.read(first, end)
            cpu_ms.append(1000 * (time.thread_time() - began))
    with open_source(path) as source:
        usual = np.concatenate([piece.samples for piece in source.read_pieces(first, end)]).T
    return {
        "format": known["audio"]["format"],
        "size_bytes": known["size"],
        "requests": len(ranges.lengths),
        "read_bytes": sum(ranges.lengths),
        "budget_bytes": BUDGET_BYTES + STRETCH_S * known["size"] / known["audio"]["duration_s"],
        "cpu_ms": median(cpu_ms),
        "differs": float(np.abs(usual - stretch.samples).max()),
    }


def _transcode(original: Path, path: Path, container: str, coding: str) -> Path:
    if coding == "VORBIS":
        with soundfile.SoundFile(path, "w", RATE_HZ, 1, coding, format=container) as written:
            for block in soundfile.blocks(original, 65536):
                written.write(block)
        return path
    with av.open(str(original)) as source, av.open(str(path), "w", format=container) as output:
        options = {"aac_pns": "0"} if coding == "aac" else {}  # noise in the place of noise differs each time
        stream = output.add_stream(coding, rate=RATE_HZ, layout="mono", options=options)
        assert isinstance(stream, av.AudioStream)
        stream.codec_context.open()
        resampler, fifo, at = av.AudioResampler(stream.format.name, "mono", RATE_HZ), av.AudioFifo(), 0
        size = stream.frame_size or 4096
        for frame in source.decode(audio=0):
            frame.pts = None
            for converted in resampler.resample(frame):
                fifo.write(converted)
            for part in fifo.read_many(size):
                part.pts, part.time_base = at, Fraction(1, RATE_HZ)
                at += size
                output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    return path
