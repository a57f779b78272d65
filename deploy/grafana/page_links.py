"""Links from the dashboards to the page, where recordings are looked at and heard."""

from grafana_foundation_sdk.builders.dashboard import Dashboard, DashboardLink, TextBoxVariable
from grafana_foundation_sdk.models.dashboard import DashboardLinkType, VariableOption

_ADDRESS = "http://localhost:8000"
_RECORDING = "${api}/recordings/${__data.fields.id}"
MOMENT = f"{_RECORDING}?t=${{__data.fields.Onset.numeric}}"
"""Of a row with the columns `id`, of the recording, and `Onset`."""
ANALYSIS = f"{_RECORDING}?analysis=${{__data.fields.Analysis}}"
"""Of a row with the columns `id`, of the recording, and `Analysis`."""


def link_page(board: Dashboard) -> Dashboard:
    """Let a dashboard lead to the page, whose address those who look at it may change."""
    address = TextBoxVariable("api").label("Address of the page").default_value(_ADDRESS)
    address = address.description("Where your browser reaches Dawn Chorus: links to recordings begin so.")
    address = address.current(VariableOption(selected=True, text=_ADDRESS, value=_ADDRESS))
    link = DashboardLink("Recordings").type(DashboardLinkType.LINK).url("${api}/").target_blank(True)
    link = link.icon("external link").tooltip("Look at recordings, and hear them.")
    return board.with_variable(address).link(link)
