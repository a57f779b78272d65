"""The dashboards after real work: real processes, RabbitMQ and PostgreSQL, watched by a real Prometheus.

Every PromQL query must give numbers, and every SQL query must give rows to the role that only reads.
"""

import math
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from dawn_chorus.domain.jobs import Lane
from tests.end_to_end.ledger import query
from tests.end_to_end.recordings import cut_short, write_tone
from tests.end_to_end.service import Service, wait_until
from tests.integration.queues import publish_raw
from tests.packs import write_tone_pack
from tests.servers.postgres import PostgresServer
from tests.servers.prometheus import SCRAPE_S, Prometheus, run_postgres_exporter, run_prometheus
from tests.servers.rabbitmq import RabbitNode
from tests.unit.deploy.dashboards import Target, expand_promql, expand_sql, list_targets, quote, read_dashboards

PROMQL = list_targets("prometheus")
SQL = list_targets("postgres")
ALL = {"site": "'*'", "taxon": "'*'", "pack": "'*'", "confidence": "0.1"}
ONE = {"site": quote("O'Brien's pond"), "taxon": quote("Tonus 1000"), "pack": quote("tones"), "confidence": "0.5"}
SEVERAL = {
    "site": quote("O'Brien's pond", "hill", "(no site)"),
    "taxon": quote("Tonus 1000", "Tonus 500"),
    "pack": quote("tones", "birdnet"),
    "confidence": "0.25",
}


@dataclass(frozen=True)
class Watched:
    """A service that has worked, and who watched it."""

    service: Service
    prometheus: Prometheus


@pytest.fixture(scope="module")
def watched(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer, rabbit_node: RabbitNode
) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    write_tone_pack(folder / "packs" / "tones")
    database_url, broker_url = postgres_server.make_database(), rabbit_node.make_vhost()
    service = Service(folder, database_url, broker_url, folder / "packs", f"file://{folder}/audio")
    with ExitStack() as stack:
        stack.callback(postgres_server.drop_database, database_url)
        stack.callback(rabbit_node.drop_vhost, broker_url)
        stack.callback(service.close)
        service.open("api", "relay", "worker", segment_s="20", measure_every_s="0.5")
        exporter = stack.enter_context(run_postgres_exporter(folder, database_url))
        broker = f"127.0.0.1:{rabbit_node.metrics_port}"
        targets = {name: [f"127.0.0.1:{service.find(name).metrics_port}"] for name in ("api", "relay", "worker")}
        targets |= {"rabbitmq": [broker], "rabbitmq-queues": [broker], "postgres": [exporter]}
        prometheus = stack.enter_context(run_prometheus(folder, targets))
        # Twice: a rate wants a series that is there already when something happens.
        for _ in range(2):
            work(service)
            wait_scraped(prometheus, len(targets))
        leave_work_undone(service)
        yield Watched(service, prometheus)


def work(service: Service) -> None:
    """Have recordings analyzed, with a date and without, at several sites, one broken; and a message nobody knows."""
    now = datetime.now(UTC)
    onset_s = 1.0 + now.microsecond / 1e6
    for site, age_h, offset_s in (("O'Brien's pond", 2, 40.0), ("hill", 30, 50.0), ("", 6, 60.0), ("hill", 0, 30.0)):
        place = {"site": site} if site else {}
        date = {"recorded_at": (now - timedelta(hours=age_h)).isoformat()} if age_h else {}
        path = write_tone(service.folder / f"{now.timestamp()}-{age_h}.wav", 60.0, onset_s=onset_s, offset_s=offset_s)
        service.wait_finished(service.submit(path, **place, **date))
    broken = write_tone(service.folder / f"{now.timestamp()}.flac", 90.0, onset_s=onset_s)
    service.wait_finished(service.submit(cut_short(broken, 0.3)))
    publish_raw(service.broker_url, Lane.EXPRESS, b"not a job")


def wait_scraped(prometheus: Prometheus, jobs: int) -> None:
    """Wait until every target was read twice more."""
    since_s = time.time() + 2 * SCRAPE_S

    def is_read() -> bool:
        read = prometheus.ask("/query", query=f"timestamp(up) > {since_s}")["result"]
        return len(read) == jobs

    wait_until(is_read, "Prometheus has read all targets")


def leave_work_undone(service: Service) -> None:
    wait_until(lambda: query(service.database_url, "SELECT FROM dead_letters"), "the dead letters are written down")
    service.find("worker").stop()
    service.submit(write_tone(service.folder / "later.wav", 45.0, onset_s=2.5))


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


def read(watched: Watched, statement: str) -> tuple[list[str], list[dict[str, Any]]]:
    """Run a statement as Grafana would; return its columns and rows."""
    with psycopg.connect(watched.service.database_url, row_factory=dict_row) as connection:
        connection.read_only = True
        connection.execute("SET ROLE reader")
        cursor = connection.execute(statement.encode())
        assert cursor.description is not None
        return [column.name for column in cursor.description], cursor.fetchall()


@pytest.mark.parametrize("target", SQL, ids=lambda target: target.name)
@pytest.mark.parametrize("chosen", [ALL, ONE, SEVERAL], ids=["all", "one", "several"])
def test_a_query_on_postgres_gives_rows_to_who_may_only_read(
    watched: Watched, target: Target, chosen: dict[str, str]
) -> None:
    columns, rows = read(watched, expand_sql(target.query["rawSql"], chosen))
    assert rows
    if target.query["format"] == "time_series":
        assert columns == ["time", "metric", "value"]
        assert all(row["metric"] for row in rows)


@pytest.mark.parametrize("target", SQL, ids=lambda target: target.name)
def test_a_panel_dresses_columns_that_its_query_has(watched: Watched, target: Target) -> None:
    columns, _ = read(watched, expand_sql(target.query["rawSql"], ALL))
    named = {target.panel.get("options", {}).get("xField")} - {None}
    for override in target.panel["fieldConfig"]["overrides"]:
        options = override["matcher"]["options"]
        by_pattern = override["matcher"]["id"] == "byRegexp"
        named |= {name for name in columns if re.fullmatch(options, name)} if by_pattern else {options}
        named |= set(re.findall(r"__data\.fields\.(\w+)", str(override["properties"])))
    assert named <= set(columns)


def test_the_variables_offer_what_there_is_to_choose(watched: Watched) -> None:
    offered = {
        variable["name"]: read(watched, variable["query"])
        for variable in read_dashboards()["species-activity"]["templating"]["list"]
        if variable["type"] == "query"
    }
    sites, taxa, packs = (offered[name] for name in ("site", "taxon", "pack"))
    assert {row["coalesce"] for row in sites[1]} == {"O'Brien's pond", "hill", "(no site)"}
    assert {"__value": "Tonus 1000", "__text": "1000 Hz tone · Tonus 1000"} in taxa[1]
    assert [row["name"] for row in packs[1]] == ["tones"]


def value_of(watched: Watched, title: str, chosen: dict[str, str]) -> int:
    (target,) = (target for target in SQL if target.panel["title"] == title)
    _, rows = read(watched, expand_sql(target.query["rawSql"], chosen))
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
    _, (row,) = read(watched, expand_sql(target.query["rawSql"], {**ALL, "site": quote("hill")}))
    _, moments = read(watched, "SELECT heard_at FROM detections_heard WHERE site = 'hill' AND heard_at > '-infinity'")
    local = {(each["heard_at"].astimezone(UTC) + timedelta(hours=13)).hour for each in moments}
    assert {f"{hour:02}" for hour in local} == {name for name in row if name.isdigit() and row[name]}
