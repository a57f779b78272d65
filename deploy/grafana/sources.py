"""The two data sources, and queries on them: PromQL as it stands in a panel, SQL by name from `queries/*.sql`."""

import re
from pathlib import Path

from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

PROMETHEUS = DataSourceRef(type_val="prometheus", uid="prometheus")
POSTGRES = DataSourceRef(type_val="grafana-postgresql-datasource", uid="postgres")
"""As in `provisioning/datasources`."""

_QUERIES = Path(__file__).parent / "queries"
_NAMED = re.compile(r"^-- name: (\w+)\n(.*?);$", re.MULTILINE | re.DOTALL)
_PART = re.compile(r"\{(\w+)\}")
_COMMENT = re.compile(r"^--.*\n", re.MULTILINE)


class SqlQuery(Dataquery, Builder[Dataquery]):
    """A query on PostgreSQL, which the SDK does not know; it builds itself."""

    def __init__(self, sql: str, result: str) -> None:
        self._sql, self._result = sql, result

    def build(self) -> Dataquery:
        return self

    def to_json(self) -> dict[str, object]:
        return {
            "datasource": POSTGRES,
            "editorMode": "code",
            "format": self._result,
            "rawQuery": True,
            "rawSql": self._sql,
            "refId": "A",
        }


def query(expression: str, legend: str, *, ref: str = "A") -> prometheus.Dataquery:
    """Ask Prometheus for the panel's range; `legend` may name labels: `{{lane}}`."""
    asked = prometheus.Dataquery().datasource(PROMETHEUS).ref_id(ref)
    return asked.expr(expression).legend_format(legend).range()


def query_now(expression: str, legend: str) -> prometheus.Dataquery:
    """Ask Prometheus for the last value, as a table."""
    asked = prometheus.Dataquery().datasource(PROMETHEUS).ref_id("A").format(PromQueryFormat.TABLE)
    return asked.expr(expression).legend_format(legend).instant()


def read_sql(file: str, name: str) -> str:
    """Return a query of `queries/FILE.sql`; `{other}` in it stands for the query of that name in the same file."""
    queries = dict(_NAMED.findall((_QUERIES / f"{file}.sql").read_text()))
    text = _COMMENT.sub("", queries[name])
    return _PART.sub(lambda part: read_sql(file, part[1]), text)


def rows(file: str, name: str) -> SqlQuery:
    """Ask PostgreSQL for a table."""
    return SqlQuery(read_sql(file, name), "table")


def series(file: str, name: str) -> SqlQuery:
    """Ask PostgreSQL for series: columns `time`, `metric` (the legend) and `value`."""
    return SqlQuery(read_sql(file, name), "time_series")
