"""The committed dashboards, taken apart; and Grafana's part in a query: macros and variables."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GRAFANA = Path(__file__).parents[3] / "deploy" / "grafana"
FROM, TO = "2026-01-01T00:00:00Z", "2036-01-01T00:00:00Z"


@dataclass(frozen=True)
class Target:
    """One query of a panel."""

    dashboard: str
    panel: dict[str, Any]
    query: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.dashboard}/{self.panel['title']}/{self.query['refId']}".replace(" ", "-")


def read_dashboards() -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_text()) for path in sorted((GRAFANA / "dashboards").glob("*.json"))}


def panels_of(board: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the panels that show something; rows only name."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def variables_of(board: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {variable["name"]: variable for variable in board.get("templating", {}).get("list", [])}


def list_targets(source: str) -> list[Target]:
    """Return all queries on the data source with this uid."""
    return [target for target in _targets() if target.query["datasource"]["uid"] == source]


def _targets() -> Iterator[Target]:
    for name, board in read_dashboards().items():
        for panel in panels_of(board):
            for query in panel["targets"]:
                yield Target(name, panel, query)


def expand_promql(expression: str, variables: Mapping[str, str]) -> str:
    """Put values where Grafana puts them; a scrape every second makes 4 s the shortest rate."""
    for name, value in {"__rate_interval": "30s", **variables}.items():
        expression = expression.replace(f"${name}", value)
    return expression


def expand_sql(sql: str, variables: Mapping[str, str]) -> str:
    """Expand macros as Grafana's PostgreSQL data source does: a macro ends at the first closing parenthesis."""
    for name, value in {"__interval": "1m", **variables}.items():
        sql = re.sub(rf"\${name}\b", value.replace("\\", "\\\\"), sql)
    return re.sub(r"\$(\w+)\(([^)]*)\)", _expand_macro, sql)


def _expand_macro(call: re.Match[str]) -> str:
    arguments = [each.strip() for each in call[2].split(",")]
    match call[1]:
        case "__timeFilter":
            return f"{arguments[0]} BETWEEN '{FROM}' AND '{TO}'"
        case "__timeGroup":
            seconds = {"1m": 60}[arguments[1]]
            return f"floor(extract(epoch from {arguments[0]})/{seconds})*{seconds}"
        case unknown:
            raise AssertionError(f"Grafana has no macro {unknown}, or the tests do not know it")


def quote(*values: str) -> str:
    """Write the chosen values of a list variable as Grafana does."""
    return ",".join("'" + value.replace("'", "''") + "'" for value in values)
