"""Exports that the real service has written before: `make test-readers` does both. Runs in `.venv-readers`."""

import importlib.util
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXPORTS = Path(os.environ.get("CHORUS_EXPORTS", ROOT / "build" / "exports"))


@pytest.fixture(scope="session")
def rows() -> list[dict[str, Any]]:
    """What the API says of all detections, latest first."""
    found: list[dict[str, Any]] = json.loads((EXPORTS / "rows.json").read_text())
    return found


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    """Save what a URL answered in a format under the name that the service gave it."""

    def save(url: str, export_format: str, name: str | None = None) -> Path:
        headers = json.loads((EXPORTS / url / f"{export_format}.headers.json").read_text())
        plain = headers["content-disposition"].split('filename="')[1].split('"')[0]
        path = tmp_path / (name or plain)
        path.write_bytes((EXPORTS / url / export_format).read_bytes())
        return path

    return save


@pytest.fixture
def camtrap_standard() -> Path:
    """The standard's own schemas and profile: not ours to carry; `tests/readers/camtrap_dp.py` says what they say."""
    folder = os.environ.get("CHORUS_CAMTRAP_SCHEMAS")
    if not folder:
        pytest.skip("CHORUS_CAMTRAP_SCHEMAS names no folder with the schemas of tdwg/camtrap-dp, tag 1.0.2")
    return Path(folder)


def open_without_its_rest(package: str) -> None:
    """Make a package's modules importable without running its `__init__`, which imports all of PyTorch or TensorFlow.

    The modules themselves, and what they import, are the package's own.
    """
    if package in sys.modules:
        return
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    bare = ModuleType(package)
    bare.__path__ = list(spec.submodule_search_locations)
    sys.modules[package] = bare
