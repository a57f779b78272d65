"""What we wrote down of Camtrap-DP says what its own files say, where they are."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.readers.camtrap_dp import PROFILE, TABLES, table_schema

FOR_PEOPLE = ("description", "example", "unit", "skos:exactMatch", "skos:broadMatch", "skos:narrowMatch")


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_those_of_the_official_schemas(camtrap_standard: Path, name: str) -> None:
    official = json.loads((camtrap_standard / f"{name}-table-schema.json").read_text())
    assert {official.pop("name"), official.pop("title").lower()} == {name}
    official.pop("description")
    fields = official.pop("fields")
    ours = table_schema(name)
    written_down = ours.pop("fields")
    assert [each["name"] for each in written_down] == [each["name"] for each in fields]
    for field, expected in zip(written_down, fields, strict=True):
        assert field == {key: value for key, value in expected.items() if key not in FOR_PEOPLE}
    assert ours == official


def test_the_short_profile_is_a_part_of_the_official_one(camtrap_standard: Path) -> None:
    official = json.loads((camtrap_standard / "camtrap-dp-profile.json").read_text())["allOf"][1]
    assert PROFILE["required"] == official["required"]
    assert missing(PROFILE, official) == []


def missing(ours: Any, official: Any, at: str = "") -> list[str]:
    """Return the places at which the official document lacks what ours says."""
    if isinstance(ours, dict) and isinstance(official, dict):
        return [
            place
            for key, value in ours.items()
            for place in (missing(value, official[key], f"{at}/{key}") if key in official else [f"{at}/{key}"])
        ]
    return [] if ours == official else [at]
