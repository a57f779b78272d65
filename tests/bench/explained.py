"""How long PostgreSQL works for what the API asks of it: each statement is explained, then run."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self, cast

from dawn_chorus.adapters.postgres.database import Connection

_TIMES = 7
_EXECUTION = re.compile(r"^Execution Time: ([\d.]+) ms", re.MULTILINE)
_PLANNING = re.compile(r"^Planning Time: ([\d.]+) ms", re.MULTILINE)
_UNTIMED, _TIMED = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF)", "EXPLAIN (ANALYZE, BUFFERS)"


@dataclass(frozen=True)
class Question:
    """What is asked of the database, by the functions that the API calls; `ask` returns how many it was given."""

    name: str
    ask: Callable[[Connection], int]
    goal_ms: float = 10.0


@dataclass(frozen=True)
class Answered:
    """What PostgreSQL says of a question."""

    name: str
    ms: float
    """Execution of all statements together, the least of several runs: others disturb on a shared machine."""
    planning_ms: float
    statements: int
    items: int
    goal_ms: float
    plans: str
    """Of each statement, with its text, timed."""


def answer(connection: Connection, question: Question) -> Answered:
    """Ask some times, with warm caches; each time in a transaction that is rolled back."""
    runs = [_ask(connection, question, _UNTIMED) for _ in range(_TIMES)]
    items, timed = _ask(connection, question, _TIMED)
    return Answered(
        question.name,
        min(_sum(_EXECUTION, explained) for _, explained in runs),
        min(_sum(_PLANNING, explained) for _, explained in runs),
        len(timed),
        items,
        question.goal_ms,
        "\n\n".join(timed),
    )


def _ask(connection: Connection, question: Question, explain: str) -> tuple[int, list[str]]:
    explaining = Explaining(connection, explain)
    with connection.transaction(force_rollback=True):
        items = question.ask(cast("Any", explaining))
    return items, explaining.explained


def _sum(pattern: re.Pattern[str], explained: list[str]) -> float:
    return sum(float(found) for each in explained for found in pattern.findall(each))


class Explaining:
    """A connection that explains each statement before it runs it; just what the API asks of a connection."""

    def __init__(self, connection: Connection, explain: str) -> None:
        self._connection, self._explain = connection, explain
        self.explained: list[str] = []

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        return _Cursor(self._connection.cursor(*args, **kwargs), self._explain, self.explained)

    def execute(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
        return self.cursor().execute(statement, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class _Cursor:
    def __init__(self, cursor: Any, explain: str, explained: list[str]) -> None:
        self._cursor, self._explain, self._explained = cursor, explain, explained

    def execute(self, statement: str, *args: Any, **kwargs: Any) -> Any:
        if not re.match(r"\s*(--[^\n]*\n\s*)*(SELECT|WITH)\b", statement):
            return self._cursor.execute(statement, *args, **kwargs)
        self._cursor.execute(f"{self._explain} {statement}", *args, **kwargs)
        plan = "\n".join(row["QUERY PLAN"] if isinstance(row, dict) else row[0] for row in self._cursor.fetchall())
        self._explained.append(f"{statement.strip()}\n{plan}")
        return self._cursor.execute(statement, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def __enter__(self) -> Self:
        self._cursor.__enter__()
        return self

    def __exit__(self, *args: object) -> None:
        self._cursor.__exit__(*args)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor)
