"""Shared by the tests of fetching: a small archive, a simulated clock, and a run."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import soundfile
from rich.console import Console
from rich.progress import Progress

from models.workshop.data.license_terms import Terms
from models.workshop.data.recordings import DatasetOptions
from models.workshop.data.xeno_canto.api import XenoCanto
from models.workshop.data.xeno_canto.fetch import Fetched, fetch_recordings
from models.workshop.data.xeno_canto.rate_limit import RateLimit, RateLimitedTransport
from tests.workshop.archive_server import KEY, Archive, describe, serve


def one_second_of_tone() -> bytes:
    file = io.BytesIO()
    soundfile.write(file, 0.1 * np.sin(np.arange(16000) * 0.2), 16000, format="WAV")
    return file.getvalue()


@contextmanager
def serve_sample() -> Iterator[Archive]:
    """Run an archive with two gulls, a frog, a soundscape, and a gull whose license forbids derivatives."""
    recordings = [
        describe(1, "Larus fuscus"),
        describe(2, "Larus fuscus", "by-nc-nd"),
        describe(3, "Rana temporaria", "by", grp="frogs"),
        describe(4, "Sonus naturalis", "by-sa", en="Soundscape", grp="soundscape"),
        describe(5, "Larus fuscus", "by-nc"),
    ]
    with serve(Archive(recordings, one_second_of_tone())) as running:
        yield running


@dataclass
class Clock:
    """A simulated clock: time passes only while `sleep` is called."""

    now_s: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds

    def time(self) -> float:
        return self.now_s


def fetch(
    archive: Archive,
    folder: Path,
    *,
    key: str = KEY,
    clock: Clock | None = None,
    terms: Terms | None = None,
    attempts: int = 5,
) -> Fetched:
    clock = clock or Clock()
    transport = RateLimitedTransport(httpx.URL(archive.url), key, RateLimit(attempts=attempts), clock.sleep, clock.time)
    with XenoCanto(transport) as client, Progress(console=Console(file=io.StringIO())) as progress:
        return fetch_recordings(client, ["grp:birds"], folder, DatasetOptions(terms=terms or Terms()), progress)
