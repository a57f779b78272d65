"""What the variables of a dashboard stand for when it is opened: Grafana's part, done here."""

import re
from typing import Any

from tests.dashboards.watched import Watched
from tests.unit.deploy.dashboards import expand_sql, quote


def open_board(watched: Watched, board: dict[str, Any]) -> dict[str, str]:
    """Return the text that each variable puts into queries.

    A choice that is not offered gives way to the first that is, or to all.
    """
    chosen: dict[str, str] = {}
    for variable in board["templating"]["list"]:
        chosen[variable["name"]] = _choose(variable, _offered(watched, variable, chosen))
    return chosen


def _offered(watched: Watched, variable: dict[str, Any], chosen: dict[str, str]) -> list[str]:
    if variable["type"] == "custom":
        return [each["value"] for each in variable["options"]]
    if variable["type"] == "textbox":
        return [variable["current"]["value"]]
    if variable["datasource"]["uid"] == "postgres":
        columns, rows = watched.read(expand_sql(variable["query"], chosen))
        column = "__value" if "__value" in columns else columns[0]
        return [str(row[column]) for row in rows]
    asked = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"])
    assert asked, f"{variable['name']}: what Grafana makes of this is not known here"
    values: list[str] = watched.prometheus.ask(f"/label/{asked[2]}/values", **{"match[]": asked[1]})
    return values


def _choose(variable: dict[str, Any], offered: list[str]) -> str:
    assert offered, f"the variable {variable['name']} offers nothing"
    first = variable.get("current", {}).get("value")
    if not variable.get("multi"):
        return first if first in offered else offered[0]
    known = isinstance(first, list) and set(first) <= set(offered)
    return quote(*first) if known else str(variable["allValue"])
