"""The runbook speaks of log events in the words that the services write."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
RUNBOOK = (ROOT / "deploy" / "README.md").read_text()
TABLE = RUNBOOK.partition("## Log events")[2].partition("\n## ")[0]
LISTED = [
    event for row in re.findall(r"^\| (`.*?`) \|", TABLE, re.MULTILINE) for event in re.findall(r"`([^`]+)`", row)
]
SEARCHED = re.findall(r"grep [\"']([^\"']+)[\"']", RUNBOOK)
SOURCE = "".join(path.read_text() for path in (ROOT / "services" / "dawn_chorus").rglob("*.py"))


@pytest.mark.parametrize("event", sorted({*LISTED, *SEARCHED}))
def test_an_event_of_the_runbook_is_one_that_a_service_writes(event: str) -> None:
    assert event in SOURCE


def test_the_runbook_lists_and_searches_for_events() -> None:
    assert len(LISTED) > 20
    assert len(SEARCHED) > 4
