"""A private Prometheus, and the exporter that watches PostgreSQL for it, from Debian's packages."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.servers.ports import find_free_ports
from tests.servers.programs import find_program

SHIPPED = Path(__file__).parents[2] / "deploy" / "prometheus"
START_S = 30.0
SCRAPE_S = 1.0
PORT_RANGE = range(9900, 10800)


class Prometheus:
    """A running server; asks it what a dashboard would."""

    def __init__(self, port: int) -> None:
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=30)

    def ask(self, path: str, **parameters: str) -> Any:
        answer = self._http.get(path, params=parameters)
        body = answer.json()
        assert body["status"] == "success", f"{parameters}: {body.get('error')}"
        return body["data"]

    def query_range(self, expression: str, *, last_s: float = 60.0) -> list[dict[str, Any]]:
        """Return the series of the last while: `metric` (labels) and `values` (time, text)."""
        now = time.time()
        series: list[dict[str, Any]] = self.ask(
            "/query_range", query=expression, start=str(now - last_s), end=str(now), step="1"
        )["result"]
        return series

    def targets(self) -> list[dict[str, Any]]:
        active: list[dict[str, Any]] = self.ask("/targets")["activeTargets"]
        return active

    def is_ready(self) -> bool:
        try:
            self.ask("/query", query="1")
        except (httpx.HTTPError, ValueError):
            return False
        return True


@contextmanager
def run_prometheus(
    folder: Path,
    targets: Mapping[str, list[str]],
    *,
    rules: Path = SHIPPED / "rules",
    alertmanager: str | None = None,
    runbook_url: str = "",
) -> Iterator[Prometheus]:
    """Run the shipped configuration and rules, every `SCRAPE_S`, on other targets; jobs without any are left out."""
    configuration = yaml.safe_load((SHIPPED / "prometheus.yml").read_text())
    every = f"{SCRAPE_S:g}s"
    configuration["global"] |= {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every}
    configuration["rule_files"] = [str(rules / "*.yml")]
    if alertmanager is None:
        del configuration["alerting"]
    else:
        configuration["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [alertmanager]}]}]
    jobs = {job["job_name"]: job for job in configuration["scrape_configs"]}
    assert set(targets) <= set(jobs)
    configuration["scrape_configs"] = [_aim(jobs[name], hosts) for name, hosts in targets.items()]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    (port,) = find_free_ports(1, PORT_RANGE)
    command = [
        find_program("prometheus"), f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}", f"--web.listen-address=127.0.0.1:{port}",
        f"--web.user-assets={SHIPPED / 'assets'}",
        # What fired before Alertmanager was found is told again soon; by itself only after a minute.
        "--rules.alert.resend-delay=1s",
        # Version 3 needs no leave to read variables.
        "--enable-feature=expand-external-labels",
    ]  # fmt: skip
    environment = {**os.environ, "CHORUS_RUNBOOK_URL": runbook_url or f"http://127.0.0.1:{port}/user/runbook.html"}
    with _running(command, folder / "prometheus.log", environment):
        server = Prometheus(port)
        _wait(server.is_ready, folder / "prometheus.log")
        yield server


def _aim(job: dict[str, Any], hosts: list[str]) -> dict[str, Any]:
    aimed = {key: what for key, what in job.items() if not key.endswith("_configs")}
    return aimed | {"static_configs": [{"targets": hosts}]}


@contextmanager
def run_alertmanager(folder: Path, alerts_to: str) -> Iterator[str]:
    """Return the address of an Alertmanager that its own script configures and starts; it groups for a second only."""
    shipped, programs = folder / "shipped", folder / "programs"
    programs.mkdir(parents=True)
    (programs / "alertmanager").symlink_to(find_program("prometheus-alertmanager"))
    shutil.copytree(SHIPPED, shipped)
    route = shipped / "alertmanager.yml"
    route.write_text(re.sub(r"(group_wait|group_interval): .*", r"\1: 1s", route.read_text()))
    (port,) = find_free_ports(1, PORT_RANGE)
    address, log = f"127.0.0.1:{port}", folder / "alertmanager.log"
    environment = {
        **os.environ, "CHORUS_ALERTS_TO": alerts_to, "TMPDIR": str(folder),
        "PATH": f"{programs}:{os.environ['PATH']}",
    }  # fmt: skip
    command = [
        "sh", str(shipped / "alertmanager-start"), f"--storage.path={folder / 'alerts'}",
        f"--web.listen-address={address}", "--cluster.listen-address=",
    ]  # fmt: skip

    def is_ready() -> bool:
        try:
            return httpx.get(f"http://{address}/-/ready", timeout=10).is_success
        except httpx.HTTPError:
            return False

    with _running(command, log, environment):
        _wait(is_ready, log)
        yield address


@contextmanager
def run_postgres_exporter(folder: Path, database_url: str) -> Iterator[str]:
    """Return the address of an exporter that watches the server of this database."""
    (port,) = find_free_ports(1, PORT_RANGE)
    address, log = f"127.0.0.1:{port}", folder / "postgres-exporter.log"
    environment = {**os.environ, "DATA_SOURCE_NAME": f"{database_url}?sslmode=disable"}

    def is_ready() -> bool:
        try:
            return "pg_up 1" in httpx.get(f"http://{address}/metrics", timeout=10).text
        except httpx.HTTPError:
            return False

    command = [find_program("prometheus-postgres-exporter"), f"--web.listen-address={address}"]
    with _running(command, log, environment):
        _wait(is_ready, log)
        yield address


@contextmanager
def _running(command: list[str], log: Path, environment: dict[str, str] | None = None) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, env=environment)
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


def _wait(condition: Any, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while not condition():
        assert time.monotonic() < deadline, f"it did not start:\n{log.read_text()[-4000:]}"
        time.sleep(0.1)
