"""How long PostgreSQL works for what the API asks of it: each statement is explained, then run."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
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
    median_ms: float
    cpu_ms: float | None
    """Of the server's process, with planning, the least of several runs; None: the server is not on this machine."""
    planning_ms: float
    statements: int
    items: int
    goal_ms: float
    plans: str
    """Of each statement, with its text, timed."""


def answer(connection: Connection, question: Question) -> Answered:
    """Ask some times, with warm caches; each time in a transaction that is rolled back."""
    runs = [_ask(connection, question, _UNTIMED) for _ in range(_TIMES)]
    asked = _ask(connection, question, _TIMED)
    times_ms = [_sum(_EXECUTION, run.explained) for run in runs]
    cpu_ms = [run.cpu_ms for run in runs if run.cpu_ms is not None]
    return Answered(
        question.name,
        min(times_ms),
        median(times_ms),
        min(cpu_ms, default=None),
        min(_sum(_PLANNING, run.explained) for run in runs),
        len(asked.explained),
        asked.items,
        question.goal_ms,
        "\n\n".join(asked.explained),
    )


@dataclass(frozen=True)
class _Asked:
    items: int
    explained: list[str]
    cpu_ms: float | None


def _ask(connection: Connection, question: Question, explain: str) -> _Asked:
    explaining = Explaining(connection, explain)
    with connection.transaction(force_rollback=True):
        items = question.ask(cast("Any", explaining))
    return _Asked(items, explaining.explained, explaining.cpu_ms)


def _sum(pattern: re.Pattern[str], explained: list[str]) -> float:
    return sum(float(found) for each in explained for found in pattern.findall(each))


class Explaining:
    """A connection that explains each statement before it runs it; just what the API asks of a connection."""

    def __init__(self, connection: Connection, explain: str) -> None:
        self._connection, self._explain = connection, explain
        self.explained: list[str] = []
        self.cpu_ms = 0.0 if self._read_cpu_ms() is not None else None
        """What the server's process took to explain them."""

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        return _Cursor(self._connection.cursor(*args, **kwargs), self.explain)

    def execute(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
        return self.cursor().execute(statement, *args, **kwargs)

    def explain(self, cursor: Any, statement: str, *args: Any, **kwargs: Any) -> None:
        """Run it once for its plan."""
        before_ms = self._read_cpu_ms()
        cursor.execute(f"{self._explain} {statement}", *args, **kwargs)
        plan = "\n".join(row["QUERY PLAN"] if isinstance(row, dict) else row[0] for row in cursor.fetchall())
        if self.cpu_ms is not None and before_ms is not None:
            self.cpu_ms += (self._read_cpu_ms() or before_ms) - before_ms
        self.explained.append(f"{statement.strip()}\n{plan}")

    def _read_cpu_ms(self) -> float | None:
        used = Path(f"/proc/{self._connection.info.backend_pid}/schedstat")
        if self._connection.info.host not in ("127.0.0.1", "localhost") or not used.exists():
            return None
        return int(used.read_text().split()[0]) / 1e6

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class _Cursor:
    def __init__(self, cursor: Any, explain: Callable[..., None]) -> None:
        self._cursor, self._explain = cursor, explain

    def execute(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
        if re.match(r"\s*(--[^\n]*\n\s*)*(SELECT|WITH)\b", statement):
            self._explain(self._cursor, statement, *args, **kwargs)
        return self._cursor.execute(statement, *args, **kwargs)

    def stream(self, statement: Any, values: Any, **kwargs: Any) -> Any:
        self._explain(self._cursor, statement, values)
        return self._cursor.stream(statement, values, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def __enter__(self) -> Self:
        self._cursor.__enter__()
        return self

    def __exit__(self, *args: object) -> None:
        self._cursor.__exit__(*args)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor)
