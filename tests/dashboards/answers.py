"""What the panels of a dashboard are answered, and what is wrong with the answers."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

from tests.dashboards.choices import open_board
from tests.dashboards.watched import Watched
from tests.unit.deploy.dashboards import expand_promql, expand_sql, panels_of, read_dashboards

LOOK_BACK_S = 90.0
"""How far pictures look back; a board looks back for hours, of which the service has worked for a minute."""


@dataclass
class Line:
    """A series: what the legend calls it, and its points (Unix time in s, value)."""

    name: str
    points: list[tuple[float, float]]


@dataclass
class Answer:
    """What a panel has to show."""

    panel: dict[str, Any]
    lines: list[Line] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    @property
    def empty_means(self) -> str | None:
        """Return what the panel says where there is nothing to show; None: nothing, so that is a failure."""
        text: str | None = self.panel["fieldConfig"]["defaults"].get("noValue")
        return text


def ask_board(watched: Watched, name: str) -> list[Answer]:
    """Ask all queries of all panels as Grafana would on opening the board."""
    board = read_dashboards()[name]
    chosen = open_board(watched, board)
    return [ask_panel(watched, panel, chosen) for panel in panels_of(board)]


def ask_panel(watched: Watched, panel: dict[str, Any], chosen: dict[str, str]) -> Answer:
    """Ask the queries of one panel, with these values of variables."""
    answer = Answer(panel)
    for query in panel["targets"]:
        before = len(answer.lines) + len(answer.rows)
        try:
            _ask(watched, answer, query, chosen)
        except (AssertionError, psycopg.Error) as error:
            answer.troubles.append(f"query {query['refId']} fails: {error}")
        if len(answer.lines) + len(answer.rows) == before and answer.empty_means is None:
            answer.troubles.append(f"query {query['refId']}: No data")
    for transformation in panel.get("transformations") or []:
        _TRANSFORMATIONS[transformation["id"]](answer, transformation["options"])
    return answer


def _ask(watched: Watched, answer: Answer, query: dict[str, Any], chosen: dict[str, str]) -> None:
    if query["datasource"]["uid"] == "postgres":
        columns, rows = watched.read(expand_sql(query["rawSql"], chosen))
        if query["format"] == "table":
            answer.columns, answer.rows = columns, [list(row.values()) for row in rows]
        else:
            answer.lines += _lines_of(rows)
        return
    expression = expand_promql(query["expr"], chosen)
    if query.get("instant") and query.get("format") == "table":
        _read_table(answer, watched.prometheus.ask("/query", query=expression)["result"])
        return
    found = watched.prometheus.query_range(expression, last_s=LOOK_BACK_S)
    for series in found:
        points = [(float(at), float(text)) for at, text in series["values"] if math.isfinite(float(text))]
        answer.lines += [Line(_name(answer, query, series["metric"]), points)] if points else []


def _name(answer: Answer, query: dict[str, Any], labels: dict[str, str]) -> str:
    missing = [label for label in re.findall(r"\{\{(\w+)\}\}", query["legendFormat"]) if not labels.get(label)]
    answer.troubles += [f"query {query['refId']}: its legend lacks {label}" for label in missing]
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found[1], "?"), query["legendFormat"])


def _lines_of(rows: list[dict[str, Any]]) -> list[Line]:
    lines: dict[str, Line] = {}
    for row in rows:
        at = row["time"].timestamp() if isinstance(row["time"], datetime) else float(row["time"])
        lines.setdefault(row["metric"], Line(row["metric"], [])).points.append((at, float(row["value"])))
    return list(lines.values())


def _read_table(answer: Answer, found: list[dict[str, Any]]) -> None:
    names = sorted({label for series in found for label in series["metric"]})
    answer.columns = ["Time", *names, "Value"]
    for series in found:
        at, value = series["value"]
        labels = [series["metric"].get(name, "") for name in names]
        answer.rows.append([datetime.fromtimestamp(float(at)).astimezone(), *labels, float(value)])


def _pivot(answer: Answer, options: dict[str, Any]) -> None:
    """Do what Grafana's transformation `groupingToMatrix` does."""
    row_at, column_at, value_at = (answer.columns.index(options[f"{each}Field"]) for each in ("row", "column", "value"))
    columns = list(dict.fromkeys(row[column_at] for row in answer.rows))
    cells = {(row[row_at], row[column_at]): row[value_at] for row in answer.rows}
    names = list(dict.fromkeys(row[row_at] for row in answer.rows))
    answer.columns = [f"{options['rowField']}\\{options['columnField']}", *columns]
    answer.rows = [[name, *(cells.get((name, column)) for column in columns)] for name in names]


def _organize(answer: Answer, options: dict[str, Any]) -> None:
    """Do what Grafana's transformation `organize` does: leave columns out, order them, and name them."""
    order = options.get("indexByName", {})
    kept = [name for name in answer.columns if not options.get("excludeByName", {}).get(name)]
    kept.sort(key=lambda name: order.get(name, len(order)))
    places = [answer.columns.index(name) for name in kept]
    answer.rows = [[row[place] for place in places] for row in answer.rows]
    answer.columns = [options.get("renameByName", {}).get(name, name) for name in kept]


_TRANSFORMATIONS: dict[str, Callable[[Answer, dict[str, Any]], None]] = {
    "groupingToMatrix": _pivot,
    "organize": _organize,
}
