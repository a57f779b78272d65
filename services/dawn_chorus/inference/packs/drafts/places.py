"""Places in a pack.toml: `member[0].mel.n_fft` is ("member", 0, "mel", "n_fft")."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, get_args

from pydantic.fields import FieldInfo

from dawn_chorus.inference.packs.manifest import Manifest
from dawn_chorus.inference.packs.names import shown
from dawn_chorus.inference.packs.table import Table

Place = tuple[str | int, ...]

_LEADING = re.compile(r"[a-z_0-9]+(\[[0-9]+\])?(\.[a-z_0-9]+)*(?=: )")
_PART = re.compile(r"[a-z_0-9]+")


def name_place(place: Place) -> str:
    """Return a place as it stands in messages, or nothing for the whole file."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{shown(part)}" for part in place).lstrip(".")


def leading_place(line: str) -> Place:
    """Return the place that a line begins with, as rules between keys do."""
    found = _LEADING.match(line)
    parts = _PART.findall(found[0]) if found else []
    return tuple(int(part) if part.isdigit() else part for part in parts)


@cache
def fields_of(model: type[Table] | None) -> dict[str, FieldInfo]:
    """Return the keys of a table, as pack.toml calls them."""
    return {} if model is None else {field.alias or name: field for name, field in model.model_fields.items()}


def table_at(place: Place) -> type[Table] | None:
    """Return what a table at this place holds; None: there is no such table."""
    model: type[Table] | None = Manifest
    for part in place:
        if isinstance(part, str):
            model = _tables_in(model).get(part)
    return model


@cache
def _tables_in(model: type[Table] | None) -> dict[str, type[Table]]:
    """Return the tables within a table, and the lists of tables, by key."""
    found = {key: _table_of(field.annotation) for key, field in fields_of(model).items()}
    return {key: table for key, table in found.items() if table is not None}


def _table_of(annotation: Any) -> type[Table] | None:
    if isinstance(annotation, type) and issubclass(annotation, Table):
        return annotation
    return next((model for each in get_args(annotation) if (model := _table_of(each))), None)


def find_field(loc: Place) -> Place:
    """Return the place of the key, or of the entry of a list of tables, to which an error of pydantic belongs.

    `loc` may go on into a list of numbers, or name one of several types.
    """
    for length in range(1, len(loc) + 1):
        place = loc[:length]
        if isinstance(place[-1], str) and place[0] != "files" and table_at(place) is None:
            return place
    return loc


class ReadingOrder:
    """Sorts places as they follow each other in a pack.toml; a key that is missing comes first in its table."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._table = table
        self._orders: dict[int, dict[str, int]] = {}

    def position(self, place: Place) -> tuple[int, ...]:
        node: Any = self._table
        found: list[int] = []
        for part in place:
            if isinstance(node, Mapping):
                if id(node) not in self._orders:
                    self._orders[id(node)] = {key: number for number, key in enumerate(node)}
                found.append(self._orders[id(node)].get(str(part), -1))
                node = node.get(str(part))
            elif isinstance(node, list) and isinstance(part, int):
                found.append(part)
                node = node[part] if part < len(node) else None
            else:
                break
        return tuple(found)
