"""The runbook speaks of log events in the words that the services write."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
RUNBOOK = (ROOT / "deploy" / "README.md").read_text()
TABLE = RUNBOOK.partition("## Log events")[2].partition("\n## ")[0]
LISTED = [
    event for row in re.findall(r"^\| (`.*?`) \|", TABLE, re.MULTILINE) for event in re.findall(r"`([^`]+)`", row)
]
SEARCHED = re.findall(r"grep [\"']([^\"']+)[\"']", RUNBOOK)


def logged_texts() -> Iterator[str]:
    """Yield the texts that calls of a logger have for an event."""
    for path in (ROOT / "services" / "dawn_chorus").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("log.", "_log.")) and node.args:
                yield from (str(part.value) for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant))


LOGGED = list(logged_texts())


@pytest.mark.parametrize("event", sorted({*LISTED, *SEARCHED}))
def test_an_event_of_the_runbook_is_one_that_a_service_writes(event: str) -> None:
    assert any(event in text for text in LOGGED)


def test_the_runbook_lists_and_searches_for_events() -> None:
    assert len(LISTED) > 20
    assert len(SEARCHED) > 4
