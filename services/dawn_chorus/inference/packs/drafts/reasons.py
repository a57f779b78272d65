"""What pydantic finds wrong with a key, in the words of a pack.toml."""

from typing import Any

_PLAIN = {
    "missing": "is missing",
    "dict_type": "Input should be a table",
    "model_type": "Input should be a table",
    "list_type": "Input should be a list",
    "tuple_type": "Input should be a list",
}
_SHOULD_BE = "Input should be "


def describe(error: Any, *, is_file: bool) -> str:
    """Return the reason of one of pydantic's errors; `is_file`: the key is a file of [files]."""
    message: str = _PLAIN.get(error["type"], error["msg"]).replace(" after validation", "")
    if error["type"] == "string_pattern_mismatch" and (is_file or error["loc"][-1] == "sha256"):
        return "is no sha256, which is 64 of 0-9 and a-f: run `chorus models seal FOLDER`"
    return message.replace("Tuple should", "List should").replace("Dictionary should", "Table should")


def join(reasons: list[str]) -> str:
    """Return one reason for a key of which several types are possible, and none fits."""
    first, *others = dict.fromkeys(reasons)
    return " or ".join([first, *(other.removeprefix(_SHOULD_BE) for other in others)])
