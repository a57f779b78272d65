"""What a check says: a level and a line."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is; the values are those of `--json`."""

    OK = "ok"
    WARNING = "warning"
    """Not wrong yet, or not for everybody."""
    WRONG = "wrong"
    SKIPPED = "not looked at"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    check: str
    level: Level
    text: str
    """What was found and, where it is not well, what to do."""


def ok(check: str, text: str) -> Finding:
    return Finding(check, Level.OK, text)


def warning(check: str, text: str) -> Finding:
    return Finding(check, Level.WARNING, text)


def wrong(check: str, text: str) -> Finding:
    return Finding(check, Level.WRONG, text)


def skipped(check: str, why: str) -> Finding:
    return Finding(check, Level.SKIPPED, f"not looked at: {why}")
