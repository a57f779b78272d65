"""No process of the service looks for code in the folder where it is started."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "services").rglob("*.py"))
DEPLOYED = sorted(
    path
    for path in (ROOT / "docker-compose.yml", *(ROOT / "deploy").rglob("*"))
    if path.is_file() and path.suffix in ("", ".yml", ".yaml", ".sh")
)
_CHILD = re.compile(r"\bsys\.executable\s*,(?P<next>[^,\])]*)")
_PYTHON = re.compile(r"\bpython3?(?:[\"']?,)?\s+[\"']?(?P<next>-\w+)")
_MULTIPROCESSING = re.compile(r"^\s*(?:import|from) (?:multiprocessing|concurrent\.futures\.process)\b", re.MULTILINE)


def children(text: str) -> list[str]:
    """Return what stands after the interpreter in each command that starts one."""
    return [found["next"].strip() for found in _CHILD.finditer(text)]


def test_every_child_process_is_started_safely() -> None:
    found = {path: children(path.read_text()) for path in SOURCES}
    assert sum(map(len, found.values())) >= 3
    for path, words in found.items():
        assert set(words) <= {'"-P"', '"-I"'}, path


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_library_starts_interpreters_of_its_own(path: Path) -> None:
    text = path.read_text()
    assert not _MULTIPROCESSING.search(text), "it starts `python -c` without -P"
    assert "ProcessPoolExecutor" not in text


@pytest.mark.parametrize("path", DEPLOYED, ids=lambda path: str(path.relative_to(ROOT)))
def test_images_and_stacks_start_python_safely(path: Path) -> None:
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        return
    for line in text.splitlines():
        if "pip" in line or "venv" in line or (line.lstrip().startswith("#") and not line.startswith("#!")):
            continue
        for found in _PYTHON.finditer(line):
            assert found["next"].startswith(("-P", "-I")), line
