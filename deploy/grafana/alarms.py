"""*What is wrong now*: the alerts that fire or are about to, since when, about what, and their place in the runbook."""

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.builders.dashboard import Dashboard, QueryVariable
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, VariableOption, VariableRefresh

from deploy.grafana.panels import Face, link_column, name_row, show_table
from deploy.grafana.sources import PROMETHEUS, query_now

RUNBOOK = "http://127.0.0.1:9090/user/runbook.html"
"""The page that Prometheus serves, as docker-compose.yml publishes it."""
NOTHING = "Nothing is wrong"
# Without any alert a line that says so: an empty answer would be "No data", which could mean anything.
_ALERTS = (
    '1000 * (ALERTS_FOR_STATE * ignoring (alertstate) group_right () ALERTS{alertstate=~"firing|pending"})'
    f' or on () label_replace(vector(1000 * time()), "alertname", "{NOTHING}", "", "")'
)
_COLUMNS = {
    "alertname": "Alert",
    "alertstate": "State",
    "severity": "Severity",
    "Value": "Since",
    "job": "Job",
    "instance": "Instance",
    "lane": "Lane",
    "reason": "Reason",
}


def add_alarms(board: Dashboard) -> Dashboard:
    """Add the row and its table, and where the runbook is, as the API tells it: whoever looks may type another."""
    asked: dict[str, object] = {"query": "label_values(chorus_api_info, runbook_url)", "refId": "runbook"}
    where = QueryVariable("runbook").label("Runbook").datasource(PROMETHEUS).query(asked)
    where = where.description("Where browsers reach the runbook: CHORUS_RUNBOOK_URL, as the API tells it.")
    where = where.refresh(VariableRefresh.ON_DASHBOARD_LOAD)
    where = where.current(VariableOption(selected=True, text=RUNBOOK, value=RUNBOOK))
    return board.with_variable(where).with_row(name_row("What is wrong")).with_panel(_list_alerts())


def _list_alerts() -> table.Panel:
    face = Face(
        "What is wrong now",
        "Alerts that fire, and pending ones, which fire if it lasts. Each leads to what it means and what to do.",
        "string",
        24,
        6,
    )
    panel = show_table(face, query_now(_ALERTS, "alerts"), units={"Since": "dateTimeFromNow"}).no_value(NOTHING)
    order = {name: place for place, name in enumerate(_COLUMNS)}
    options = {"excludeByName": {"Time": True}, "indexByName": order, "renameByName": _COLUMNS}
    panel = panel.with_transformation(DataTransformerConfig(id_val="organize", options=options))
    return link_column(panel, "Alert", "What it means, and what to do", "${runbook}#${__data.fields.Alert}")
