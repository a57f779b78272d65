"""The alert rules: valid, tested by promtool, and each with a word for whoever is called at night."""

import re
import subprocess
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.runbook_page import PAGE, render_page
from tests.servers.programs import find_program
from tests.unit.deploy.expressions import (
    FROM_EXPORTERS,
    list_exporter_metrics,
    list_own_metrics,
    list_rabbitmq_metrics,
    names_in,
)

ROOT = Path(__file__).parents[3]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULE_FILES = sorted((PROMETHEUS / "rules").glob("*.yml"))
TEST_FILES = sorted((PROMETHEUS / "tests").glob("*.yml"))
ALERTS: list[dict[str, Any]] = [
    rule for path in RULE_FILES for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]
]
RUNBOOK = (ROOT / "deploy" / "README.md").read_text()


def run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def anchors(markdown: str) -> set[str]:
    """Return the anchors that headings get on GitHub and GitLab."""
    headings = re.findall(r"^#+ (.+)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.stem)
def test_prometheus_understands_the_rules(path: Path) -> None:
    run(find_program("promtool"), "check", "rules", path)


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.stem)
def test_alerts_fire_when_they_should_and_only_then(path: Path) -> None:
    run(find_program("promtool"), "test", "rules", path)


def test_every_alert_is_seen_to_fire_and_seen_not_to() -> None:
    seen: dict[bool, set[str]] = {True: set(), False: set()}
    tests = chain.from_iterable(yaml.safe_load(path.read_text())["tests"] for path in TEST_FILES)
    for each in chain.from_iterable(test["alert_rule_test"] for test in tests):
        seen[bool(each["exp_alerts"])].add(each["alertname"])
    names = {rule["alert"] for rule in ALERTS}
    assert seen[True] == names
    assert seen[False] == names


def test_prometheus_and_alertmanager_understand_their_configuration() -> None:
    run(find_program("promtool"), "check", "config", PROMETHEUS / "prometheus.yml")
    run(find_program("amtool"), "check-config", PROMETHEUS / "alertmanager.yml")


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_what_to_do_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"warning", "critical"}
    what, _, to_do = rule["annotations"]["summary"].partition(": ")
    assert what
    assert to_do
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert page == "{{ $externalLabels.runbook }}"
    assert anchor == rule["alert"].lower()
    assert anchor in anchors(RUNBOOK)
    assert {anchor, rule["alert"]} <= set(re.findall(r'id="(\w+)"', PAGE.read_text()))


def test_the_page_that_prometheus_serves_is_what_the_runbook_says() -> None:
    assert PAGE.read_text() == render_page(), "run: python -m deploy.runbook_page"


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_watches_metrics_that_exist(rule: dict[str, Any]) -> None:
    assert names_in(rule["expr"]) <= list_own_metrics() | FROM_EXPORTERS


def test_rabbitmq_4_3_has_every_metric_that_rules_and_dashboards_ask_it_for() -> None:
    asked = {name for name in FROM_EXPORTERS if name.startswith("rabbitmq_")}
    asked |= {name for rule in ALERTS for name in names_in(rule["expr"]) if name.startswith("rabbitmq_")}
    assert asked <= list_rabbitmq_metrics()
    assert "rabbitmq_alarms_file_descriptor_limit" not in list_rabbitmq_metrics()


def test_the_exporter_of_postgresql_has_every_metric_that_rules_and_dashboards_ask_it_for() -> None:
    asked = {name for name in FROM_EXPORTERS if name.startswith("pg_")}
    asked |= {name for rule in ALERTS for name in names_in(rule["expr"]) if name.startswith("pg_")}
    assert asked <= list_exporter_metrics()
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert compose["services"]["postgres-exporter"]["image"].partition(":")[2].startswith("v0.19.")


def test_the_runbook_explains_no_alert_that_is_gone() -> None:
    explained = set(re.findall(r"^### (\w+)$", RUNBOOK.partition("## What each alert means")[2], re.MULTILINE))
    assert explained == {rule["alert"] for rule in ALERTS}


def test_alerts_that_are_kept_quiet_exist() -> None:
    configuration = yaml.safe_load((PROMETHEUS / "alertmanager.yml").read_text())
    matchers = [
        matcher
        for rule in configuration["inhibit_rules"]
        for matcher in (*rule["source_matchers"], *rule["target_matchers"])
    ]
    named = {name for matcher in matchers for name in re.findall(r'"(.*)"', matcher)[0].split("|")}
    assert named <= {rule["alert"] for rule in ALERTS}
