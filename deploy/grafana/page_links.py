"""Links from the dashboards to the page, where recordings are looked at and heard."""

from grafana_foundation_sdk.builders.dashboard import Dashboard, DashboardLink, QueryVariable
from grafana_foundation_sdk.models.dashboard import DashboardLinkType, VariableHide, VariableOption, VariableRefresh

from deploy.grafana.sources import PROMETHEUS

_ADDRESS = "http://localhost:8000"
_RECORDING = "${api}/recordings/${__data.fields.id}"
MOMENT = f"{_RECORDING}?t=${{__data.fields.Onset.numeric}}"
"""Of a row with the columns `id`, of the recording, and `Onset`."""
ANALYSIS = f"{_RECORDING}?analysis=${{__data.fields.Analysis}}"
"""Of a row with the columns `id`, of the recording, and `Analysis`."""


def link_page(board: Dashboard) -> Dashboard:
    """Let a dashboard lead to the page, whose address the API tells as a metric."""
    # On load Grafana asks for the last hours, whatever span the board shows.
    asked: dict[str, object] = {"query": "label_values(chorus_api_info, public_url)", "refId": "api"}
    address = QueryVariable("api").label("Address of the page").datasource(PROMETHEUS).query(asked)
    address = address.description("Where browsers reach Dawn Chorus: CHORUS_PUBLIC_URL, as the API tells it.")
    address = address.refresh(VariableRefresh.ON_DASHBOARD_LOAD).hide(VariableHide.HIDE_VARIABLE)
    address = address.current(VariableOption(selected=True, text=_ADDRESS, value=_ADDRESS))
    link = DashboardLink("Recordings").type(DashboardLinkType.LINK).url("${api}/").target_blank(True)
    link = link.icon("external link").tooltip("Look at recordings, and hear them.")
    return board.with_variable(address).link(link)
