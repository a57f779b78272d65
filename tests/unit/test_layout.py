"""Rooms stay small, and each says at its door what is in it."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = sorted(
    {path.parent for top in ("services/dawn_chorus", "models/workshop") for path in (ROOT / top).rglob("*.py")}
)
FLAT = "services/dawn_chorus/adapters/postgres"
"""Sub-folders made imports run upwards there."""


def named(room: Path) -> str:
    return str(room.relative_to(ROOT))


def modules(room: Path) -> list[str]:
    return [path.stem for path in room.glob("*.py") if not path.stem.startswith("__")]


@pytest.mark.parametrize("room", [room for room in ROOMS if named(room) != FLAT], ids=named)
def test_a_room_holds_at_most_fifteen_modules(room: Path) -> None:
    assert len(modules(room)) <= 15


@pytest.mark.parametrize("room", ROOMS, ids=named)
def test_three_files_that_share_a_prefix_are_a_folder(room: Path) -> None:
    prefixes = Counter(name.split("_")[0] for name in modules(room))
    assert [prefix for prefix, count in prefixes.items() if count > 2] == []


@pytest.mark.parametrize("room", ROOMS, ids=named)
def test_a_room_names_all_that_is_in_it_and_says_what_it_may_touch(room: Path) -> None:
    door = ast.get_docstring(ast.parse((room / "__init__.py").read_text()))
    assert door
    assert "May " in door
    inside = [*modules(room), *(path.name for path in room.iterdir() if (path / "__init__.py").exists())]
    assert {name for name in inside if not re.search(rf"\b{name}\b", door)} - {"settings"} == set()
