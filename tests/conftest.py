"""What every test may use: where the real recordings are."""

import os
import signal
from pathlib import Path

import pytest

import dawn_chorus.one_blas_thread  # noqa: F401 - before numpy

pytest_plugins = [
    "tests.birdnet",
    "tests.logged_lines",
    "tests.slowest_first",
    "tests.servers.rabbitmq",
    "tests.servers.seaweedfs",
    "tests.servers.postgres",
    "tests.servers.api",
    "tests.servers.tus_client",
]


def pytest_configure() -> None:
    """A shell that runs the tests in the background has them ignore Ctrl-C, and so would all that they start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


NO_AUDIO = "none"
"""As CHORUS_AUDIO_DIR: there are no recordings, and that is known."""
AUDIO_DIR = Path(os.environ.get("CHORUS_AUDIO_DIR", Path(__file__).parents[2] / "shared" / "audio"))


@pytest.fixture(scope="session")
def audio_dir() -> Path:
    """Real recordings; absent from most machines, but never from CI, unless it says that it has none."""
    if str(AUDIO_DIR) == NO_AUDIO:
        pytest.skip(f"CHORUS_AUDIO_DIR is {NO_AUDIO}: no real recordings")
    if not (AUDIO_DIR / "index.csv").exists():
        if os.environ.get("CI"):
            pytest.fail(f"no recordings in {AUDIO_DIR}: set CHORUS_AUDIO_DIR")
        pytest.skip(f"no recordings in {AUDIO_DIR}: set CHORUS_AUDIO_DIR")
    return AUDIO_DIR
