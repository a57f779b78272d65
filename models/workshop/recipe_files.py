"""Reads recipes: TOML files, each complete or on top of another (`extends`), and overrides of single keys."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from models.workshop.errors import BadInput
from models.workshop.recipe import TRAINED, Recipe

RECIPES = Path(__file__).parent / "recipes"
REASONS = {
    "missing": "is missing", "tuple_type": "must be a list, like [1, 2]", "model_type": "must be a table",
    "int_type": "must be a whole number, like 3", "float_type": "must be a number, like 0.5",
    "finite_number": "must be a number, like 0.5", "bool_type": "must be true or false",
    "string_type": "must be a text; write it in quotes",
}  # fmt: skip
"""Why a key is refused, where pydantic speaks of Python."""


def load_recipe(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe, and the one that it extends, if any; then set keys (`optimizer.epochs=3`, values as in TOML).

    Raises BadInput with the file, or the override, and the first invalid key.
    """
    table = _read(path, ())
    for override in overrides:
        _merge(table, _parse_override(override))
    return parse_recipe(table, f"{path} with {', '.join(overrides)}" if overrides else path)


def find_recipe(name: str) -> Recipe:
    """Return the recipe of this name that comes with the workshop."""
    return load_recipe(RECIPES / f"{name}.toml")


def parse_recipe(table: Mapping[str, Any], source: Path | str, *, trained: bool = False) -> Recipe:
    """Return the recipe of a table read from `source`, that of a network yet to be trained or a trained one.

    Raises BadInput with the source and the first invalid key.
    """
    try:
        return Recipe.model_validate(table, context=TRAINED if trained else None)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            raise BadInput(f"{source}: {key}: no such key in a recipe; check its spelling") from error
        reason = REASONS.get(first["type"], first["msg"].removeprefix("Value error, "))
        raise BadInput(f"{source}: {key}{': ' * bool(key)}{reason}") from error


def _read(path: Path, extending: Sequence[Path]) -> dict[str, Any]:
    if path.resolve() in extending:
        raise BadInput(f"{path}: extends: recipes extend each other in a circle")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        name = f"{extending[-1]}: extends: " if extending else ""
        raise BadInput(f"{name}{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BadInput(f"{path}: is not TOML: {error}") from error
    base = table.pop("extends", None)
    if base is None:
        return table
    if not isinstance(base, str):
        raise BadInput(f"{path}: extends: is not the name of a file")
    return _merge(_read(path.parent / base, (*extending, path.resolve())), table)


def _merge(under: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Put the keys of a table over those of another, tables within it likewise."""
    for key, value in over.items():
        if isinstance(value, Mapping) and isinstance(under.get(key), dict):
            _merge(under[key], value)
        else:
            under[key] = value
    return under


def _parse_override(text: str) -> dict[str, Any]:
    """Return `a.b=value` as a table; a value that is not TOML is a string, so that names need no quotes."""
    key, equals, value = text.partition("=")
    for written in (value, json.dumps(value.strip(), ensure_ascii=False)) if equals else ():
        with suppress(tomllib.TOMLDecodeError):
            return tomllib.loads(f"{key} = {written}")
    raise BadInput(f"{text!r}: write KEY=VALUE, like optimizer.epochs=3")
