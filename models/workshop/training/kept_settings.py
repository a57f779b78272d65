"""What a run was started with, kept in its folder: a run with other settings is not resumed from its networks."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from models.workshop.data.whole_file import written_whole
from models.workshop.errors import BadInput
from models.workshop.recipe import Recipe

NAME = "settings.json"
LONGEST = 60
"""Characters of a setting that is written out where it differs."""


def keep_settings(
    folder: Path, recipes: Sequence[Recipe], options: Mapping[str, object], files: Mapping[str, Path | None]
) -> None:
    """Write what a run is started with into its folder; of files, what tells them from others, wherever they lie.

    Raises BadInput if networks of a run with other settings are there, and names the first that differs. Rounds may be
    added, if that changes no earlier one.
    """
    settings = {"recipes": {recipe.name: recipe.model_dump(mode="json") for recipe in recipes}, **options}
    settings |= {key: path and hashlib.sha256(path.read_bytes()).hexdigest() for key, path in files.items()}
    growing = {"gammas"} if len(recipes) == 1 and not recipes[0].pseudo.out_of_fold else set()
    path = folder / NAME
    if any(folder.rglob("*.pt")):
        if not path.exists():  # nobody knows what they were trained with
            return
        if differing := next(_find_differences(_read(path), json.loads(json.dumps(settings)), growing), None):
            raise BadInput(f"{folder}: holds a run with another {differing}: choose another folder, or remove it")
    folder.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as partial:
        partial.write_text(json.dumps(settings, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _read(path: Path) -> dict[str, Any]:
    try:
        kept = dict(json.loads(path.read_text(encoding="utf-8")))
        return kept | {"recipes": {name: _complete(table) for name, table in kept["recipes"].items()}}
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise BadInput(f"{path}: is not what this command writes: choose another folder") from error


def _complete(recipe: dict[str, Any]) -> dict[str, Any]:
    """Return a kept recipe with the defaults of the keys that recipes did not have yet; an invalid one as it is."""
    try:
        return Recipe.model_validate(recipe).model_dump(mode="json")
    except ValidationError:
        return recipe


def _find_differences(kept: Mapping[str, Any], now: Mapping[str, Any], growing: Collection[str]) -> Iterator[str]:
    """Yield each setting that differs, like `optimizer.lr (0.002, now 0.1)`; long ones by name alone."""
    for key in dict.fromkeys([*now, *kept]):
        before, after = kept.get(key), now.get(key)
        if isinstance(before, dict) and isinstance(after, dict):
            yield from (f"{key}.{differing}" for differing in _find_differences(before, after, growing))
        elif before != after and not (key in growing and _begins_with(after, before)):
            values = [json.dumps(value, ensure_ascii=False) for value in (before, after)]
            shown = f" ({values[0]}, now {values[1]})" if max(map(len, values)) <= LONGEST else ""
            yield f"{key}{shown}"


def _begins_with(longer: object, start: object) -> bool:
    return isinstance(longer, list) and isinstance(start, list) and longer[: len(start)] == start
