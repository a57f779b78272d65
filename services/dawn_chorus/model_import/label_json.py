"""Labels as Hugging Face keeps them: `id2label` in a model's config.json."""

import json
from typing import Any

from dawn_chorus.domain.errors import PermanentError

_ADVICE = 'give a file with one name a line, or a config.json with {"id2label": {"0": "first name", "1": …}}'


def is_json(text: str) -> bool:
    """Return whether this is an object of JSON, not a list of names: no name begins with a brace."""
    return text.lstrip().startswith("{")


def read_names(text: str, name: str) -> list[str]:
    """Return the names in the order of their numbers. Raises PermanentError where there are none, or gaps."""
    try:
        table: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PermanentError(f"{name}: is not JSON, though it begins with a brace: {_ADVICE}") from error
    found = table.get("id2label")
    if not isinstance(found, dict) or not found:
        raise PermanentError(f"{name}: is JSON without id2label: {_ADVICE}")
    names = [found.get(str(number)) for number in range(len(found))]
    for number, label in enumerate(names):
        if not isinstance(label, str) or not label.strip():
            raise PermanentError(f"{name}: id2label: has no name for {number}: it numbers all columns, from 0")
    return [str(label).strip() for label in names]
