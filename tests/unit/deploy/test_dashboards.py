"""The dashboards as they lie in the repository: up to date, complete, and asking only for what there is."""

import re
from itertools import combinations
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.models import units

from dawn_chorus.api.settings import ApiSettings
from deploy.grafana.build import render_dashboards
from tests.unit.deploy.dashboards import (
    GRAFANA,
    Target,
    list_targets,
    panels_of,
    read_dashboards,
    variables_of,
)
from tests.unit.deploy.expressions import FROM_EXPORTERS, list_own_metrics, names_in

BOARDS = read_dashboards()
PANELS = [
    pytest.param(panel, id=f"{name}-{panel['title']}") for name, board in BOARDS.items() for panel in panels_of(board)
]
UNITS = {value for name, value in vars(units).items() if isinstance(value, str) and not name.startswith("_")}


def provisioned(kind: str) -> Any:
    return yaml.safe_load((GRAFANA / "provisioning" / kind / f"{kind}.yml").read_text())


def named_in(text: str) -> set[str]:
    """Return the variables that a text asks for, without Grafana's own."""
    names = {first or second for first, second in re.findall(r"\$(?:(\w+)|\{(\w+)[^}]*\})", text)}
    return {name for name in names if not name.startswith("__")}


def test_what_is_committed_is_what_the_code_builds() -> None:
    committed = {path.name: path.read_text() for path in (GRAFANA / "dashboards").iterdir()}
    assert committed == render_dashboards(), "run: python -m deploy.grafana.build"


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_says_what_it_shows_and_in_what_unit(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"].endswith(".")
    shown = [panel["fieldConfig"]["defaults"]["unit"]]
    for override in panel["fieldConfig"]["overrides"]:
        shown += [each["value"] for each in override["properties"] if each["id"] == "unit"]
    assert all(unit in UNITS or unit.startswith("suffix:") for unit in shown)


@pytest.mark.parametrize("panel", PANELS)
def test_the_queries_of_a_panel_have_names_of_their_own(panel: dict[str, Any]) -> None:
    refs = [query["refId"] for query in panel["targets"]]
    assert len(refs) == len(set(refs)) > 0


@pytest.mark.parametrize("target", list_targets("prometheus"), ids=lambda target: target.name)
def test_a_legend_is_never_empty_and_names_only_labels_that_the_query_keeps(target: Target) -> None:
    legend, expression = target.query["legendFormat"], target.query["expr"]
    assert legend
    kept = set(re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", expression))))
    assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= kept | {"instance"}


@pytest.mark.parametrize("target", list_targets("prometheus"), ids=lambda target: target.name)
def test_a_query_names_metrics_that_exist(target: Target) -> None:
    asked = names_in(target.query["expr"])
    assert asked
    assert asked <= list_own_metrics() | FROM_EXPORTERS


def test_exporters_are_asked_for_what_is_listed_and_nothing_is_listed_in_vain() -> None:
    asked = set().union(*(names_in(target.query["expr"]) for target in list_targets("prometheus")))
    assert asked >= FROM_EXPORTERS


@pytest.mark.parametrize("name", BOARDS)
def test_a_dashboard_asks_only_data_sources_that_are_provisioned(name: str) -> None:
    known = {(source["uid"], source["type"]) for source in provisioned("datasources")["datasources"]}
    asked = [panel["datasource"] for panel in panels_of(BOARDS[name])]
    asked += [query["datasource"] for panel in panels_of(BOARDS[name]) for query in panel["targets"]]
    asked += [variable["datasource"] for variable in variables_of(BOARDS[name]).values() if "datasource" in variable]
    assert {(source["uid"], source["type"]) for source in asked} <= known


@pytest.mark.parametrize("name", BOARDS)
def test_a_dashboard_has_the_variables_that_it_uses_and_uses_those_that_it_has(name: str) -> None:
    used = named_in(str(BOARDS[name].get("links", "")))
    used |= named_in(str([variable["query"] for variable in variables_of(BOARDS[name]).values()]))
    for panel in panels_of(BOARDS[name]):
        used |= set().union(*(named_in(query.get("expr", "") + query.get("rawSql", "")) for query in panel["targets"]))
        used |= named_in(str(panel["fieldConfig"]["overrides"]))
    assert used == set(variables_of(BOARDS[name]))


def test_species_activity_is_chosen_by_site_taxon_pack_and_confidence() -> None:
    assert {"site", "taxon", "pack", "confidence"} <= set(variables_of(BOARDS["species-activity"]))


def test_species_activity_begins_with_the_pack_that_the_api_takes_by_default() -> None:
    chosen = variables_of(BOARDS["species-activity"])["pack"]["current"]
    assert chosen["value"] == [ApiSettings.model_fields["default_pack"].default]


@pytest.mark.parametrize("name", BOARDS)
def test_panels_lie_side_by_side(name: str) -> None:
    places = [panel["gridPos"] for panel in BOARDS[name]["panels"]]
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above
    assert all(place["x"] + place["w"] <= 24 for place in places)


def test_grafana_reads_the_dashboards_where_they_are_mounted() -> None:
    (provider,) = provisioned("dashboards")["providers"]
    assert provider["options"]["path"] == "/etc/grafana/dashboards"
    assert len({board["uid"] for board in BOARDS.values()}) == len(BOARDS) == 3


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_a_dashboard_leads_to_the_page(board: dict[str, Any]) -> None:
    assert [link["url"] for link in board["links"]] == ["${api}/"]


def test_a_table_of_recordings_leads_to_each_by_columns_that_it_has() -> None:
    found = [
        (link["url"], board, panel["targets"][0].get("rawSql", ""))
        for board, panel in ((name, panel) for name, board in BOARDS.items() for panel in panels_of(board))
        for override in panel["fieldConfig"]["overrides"]
        for each in override["properties"]
        if each["id"] == "links"
        for link in each["value"]
        if "recordings" in link["url"]
    ]
    assert [board for _, board, _ in found] == ["broker-and-database"] * 2 + ["species-activity"]
    for url, _, asked in found:
        assert url.startswith("${api}/recordings/${__data.fields.id}?")
        assert all(f'AS "{column}"' in asked for column in re.findall(r"__data\.fields\.(\w+)", url))
