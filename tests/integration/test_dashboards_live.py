"""The dashboards after real work: real processes, RabbitMQ and PostgreSQL, watched by a real Prometheus.

Every PromQL query must give numbers, and every SQL query must give rows to the role that only reads.
"""

import math
import os
import re
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.dashboards.answers import ask_board, ask_panel
from tests.dashboards.choices import open_board
from tests.dashboards.drawing import draw_board
from tests.dashboards.watched import PAGE, Watched, watch_work
from tests.end_to_end.ledger import query
from tests.servers.postgres import PostgresServer
from tests.servers.rabbitmq import RabbitNode
from tests.unit.deploy.dashboards import Target, expand_promql, expand_sql, list_targets, quote, read_dashboards

PROMQL = list_targets("prometheus")
SQL = list_targets("postgres")
OPEN = {"span": "all", "since": "2020-01-01", "until": "2036-01-01", "retired": "30"}
ALL = OPEN | {"site": "'*'", "taxon": "'*'", "pack": "'*'", "confidence": "0.1"}
ONE = OPEN | {
    "site": quote("O'Brien's pond"),
    "taxon": quote("Tonus 1000"),
    "pack": quote("tones"),
    "confidence": "0.5",
}
SEVERAL = OPEN | {
    "site": quote("O'Brien's pond", "hill", "(no site)"),
    "taxon": quote("Tonus 1000", "Tonus 500"),
    "pack": quote("tones", "birdnet"),
    "confidence": "0.25",
}


@pytest.fixture(scope="module")
def watched(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer, rabbit_node: RabbitNode
) -> Iterator[Watched]:
    with watch_work(tmp_path_factory.mktemp("watched"), postgres_server, rabbit_node) as working:
        yield working


def test_every_target_was_up(watched: Watched) -> None:
    # Not any more: the worker has been stopped, to leave work undone.
    up = {series["metric"]["job"]: max(finite(series)) for series in watched.prometheus.query_range("up", last_s=300)}
    assert up == dict.fromkeys(("api", "relay", "worker", "rabbitmq", "rabbitmq-queues", "postgres"), 1.0)


def finite(series: dict[str, Any]) -> list[float]:
    numbers = [float(text) for _, text in series["values"]]
    return [number for number in numbers if math.isfinite(number)]


@pytest.mark.parametrize("target", PROMQL, ids=lambda target: target.name)
@pytest.mark.parametrize("pack", [".*", "tones"])
def test_a_query_of_a_panel_gives_numbers_and_each_line_a_name(watched: Watched, target: Target, pack: str) -> None:
    found = watched.prometheus.query_range(expand_promql(target.query["expr"], {"pack": pack}), last_s=300)
    assert any(finite(series) for series in found), f"no data: {target.query['expr']}"
    for label in re.findall(r"\{\{(\w+)\}\}", target.query["legendFormat"]):
        assert all(series["metric"].get(label) for series in found)


def test_prometheus_fills_the_choice_of_packs(watched: Watched) -> None:
    variables = {each["name"]: each for each in read_dashboards()["pipeline"]["templating"]["list"]}
    variable = variables["pack"]
    asked = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"])
    assert asked
    assert "tones" in watched.prometheus.ask(f"/label/{asked[2]}/values", **{"match[]": asked[1]})


def test_prometheus_evaluates_every_rule(watched: Watched) -> None:
    groups = watched.prometheus.ask("/rules")["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) > 10
    assert {rule["name"]: rule["lastError"] for rule in rules if rule["health"] != "ok"} == {}


@pytest.mark.parametrize("target", SQL, ids=lambda target: target.name)
@pytest.mark.parametrize("chosen", [ALL, ONE, SEVERAL], ids=["all", "one", "several"])
def test_a_query_on_postgres_gives_rows_to_who_may_only_read(
    watched: Watched, target: Target, chosen: dict[str, str]
) -> None:
    columns, rows = watched.read(expand_sql(target.query["rawSql"], chosen))
    assert rows
    if target.query["format"] == "time_series":
        assert columns == ["time", "metric", "value"]
        assert all(row["metric"] for row in rows)


@pytest.mark.parametrize("target", SQL, ids=lambda target: target.name)
def test_a_panel_dresses_columns_that_its_query_has(watched: Watched, target: Target) -> None:
    columns = ask_panel(watched, target.panel, ALL).columns
    named = {target.panel.get("options", {}).get("xField")} - {None}
    for override in target.panel["fieldConfig"]["overrides"]:
        options = override["matcher"]["options"]
        by_pattern = override["matcher"]["id"] == "byRegexp"
        named |= {name for name in columns if re.fullmatch(options, name)} if by_pattern else {options}
        named |= set(re.findall(r"__data\.fields\.(\w+)", str(override["properties"])))
    assert named <= set(columns)


def test_the_variables_offer_what_there_is_to_choose(watched: Watched) -> None:
    offered = {
        variable["name"]: watched.read(variable["query"])
        for variable in read_dashboards()["species-activity"]["templating"]["list"]
        if variable["type"] == "query" and variable["name"] in ("site", "taxon", "pack")
    }
    sites, taxa, packs = (offered[name] for name in ("site", "taxon", "pack"))
    assert {row["coalesce"] for row in sites[1]} == {"O'Brien's pond", "hill", "marsh", "old oak", "(no site)"}
    assert {"__value": "Tonus 1000", "__text": "1000 Hz tone · Tonus 1000"} in taxa[1]
    assert [row["name"] for row in packs[1]] == ["tones"]


def value_of(watched: Watched, title: str, chosen: dict[str, str]) -> int:
    (target,) = (target for target in SQL if target.panel["title"] == title)
    _, rows = watched.read(expand_sql(target.query["rawSql"], chosen))
    return int(next(iter(rows[0].values())))


def test_choices_narrow_what_is_counted(watched: Watched) -> None:
    everything = value_of(watched, "Detections", ALL)
    assert 0 < value_of(watched, "Detections", ONE) < everything
    assert value_of(watched, "Detections", {**ALL, "taxon": quote("Tonus 500")}) == 0
    assert value_of(watched, "Detections", {**ALL, "confidence": "1.1"}) == 0
    assert value_of(watched, "Undated", ALL) > 0


def test_hours_of_the_day_are_those_at_the_recorder(watched: Watched) -> None:
    with psycopg.connect(watched.service.database_url) as connection:
        connection.execute(
            "UPDATE recordings SET recorded_utc_offset_s = 13 * 3600 WHERE site = 'hill' AND recorded_at IS NOT NULL"
        )
    (target,) = (target for target in SQL if target.panel["title"] == "Hour of day")
    _, (row,) = watched.read(expand_sql(target.query["rawSql"], {**ALL, "site": quote("hill")}))
    _, moments = watched.read("SELECT heard_at FROM detections_heard WHERE site = 'hill' AND heard_at > '-infinity'")
    local = {(each["heard_at"].astimezone(UTC) + timedelta(hours=13)).hour for each in moments}
    assert {f"{hour:02}" for hour in local} == {name for name in row if name.isdigit() and row[name]}


def test_links_lead_to_the_address_that_the_api_is_told(watched: Watched) -> None:
    assert {open_board(watched, board)["api"] for board in read_dashboards().values()} == {PAGE}


def test_the_recorder_that_fell_silent_comes_first_and_the_retired_one_last(watched: Watched) -> None:
    (target,) = (target for target in SQL if target.panel["title"] == "Which recorder fell silent")
    _, rows = watched.read(expand_sql(target.query["rawSql"], ALL))
    states = {row["Site"]: row["State"] for row in rows}
    assert (rows[0]["Site"], states["marsh"], states["old oak"], rows[-1]["Site"]) == (
        "marsh",
        "silent",
        "retired",
        "old oak",
    )
    assert 86_000 < rows[0]["Usual pause"] < 87_000
    assert value_of(watched, "Silent", ALL) == list(states.values()).count("silent")


def test_effort_is_what_was_analyzed(watched: Watched) -> None:
    (target,) = (target for target in SQL if target.panel["title"] == "Listened")
    _, (row,) = watched.read(expand_sql(target.query["rawSql"], {**ALL, "site": quote("marsh", "hill")}))
    # Four times 30 s in the marsh, twice 60 s on the hill with a date; two more without one are of no day.
    assert row["Listened"] == pytest.approx((4 * 30 + 2 * 60) / 3600)


def test_the_board_opens_on_what_there_is_however_old(watched: Watched) -> None:
    chosen = open_board(watched, read_dashboards()["species-activity"])
    newest = query(watched.service.database_url, "SELECT max(recorded_at) AS at FROM recordings")[0]["at"]
    assert chosen["since"] < newest.astimezone(UTC).isoformat()[:19] < chosen["until"]


@pytest.mark.parametrize("name", read_dashboards())
def test_every_panel_of_a_board_is_drawn_with_data(watched: Watched, name: str, tmp_path: Path) -> None:
    answers = ask_board(watched, name)
    draw_board(name, answers, Path(os.environ.get("CHORUS_DASHBOARDS_PREVIEW", tmp_path)) / f"{name}.png")
    assert [f"{each.panel['title']}: {trouble}" for each in answers for trouble in each.troubles] == []


@pytest.mark.parametrize(
    ("broken", "trouble"),
    [
        ({"expr": "chorus_nothing"}, "query B: No data"),
        ({"legendFormat": "{{nobody}}"}, "query B: its legend lacks nobody"),
        ({"expr": "("}, "query B fails: "),
    ],
)
def test_one_query_of_several_that_is_broken_is_named(watched: Watched, broken: dict[str, str], trouble: str) -> None:
    (panel,) = {target.panel["id"]: target.panel for target in PROMQL if target.panel["title"] == "Messages"}.values()
    first, second, *others = panel["targets"]
    answer = ask_panel(watched, {**panel, "targets": [first, second | broken, *others]}, {"pack": ".*"})
    assert [each for each in answer.troubles if each.startswith(trouble)] != []
    assert [each for each in answer.troubles if not each.startswith("query B")] == []
