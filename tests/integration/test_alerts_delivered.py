"""An alert that fires on purpose, from the committed rules to whoever is told: real Prometheus, real Alertmanager."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, ClassVar

import httpx

from deploy.grafana.alarms import NOTHING
from tests.end_to_end.service import wait_until
from tests.servers.ports import find_free_ports
from tests.servers.prometheus import PORT_RANGE, SHIPPED, Prometheus, run_alertmanager, run_prometheus
from tests.unit.deploy.dashboards import list_targets

(PANEL,) = (target for target in list_targets("prometheus") if target.panel["title"] == "What is wrong now")


@contextmanager
def serve(handler: type[BaseHTTPRequestHandler], port: int) -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


class Worker(BaseHTTPRequestHandler):
    """Answers Prometheus well once it is back."""

    is_back = Event()

    def do_GET(self) -> None:
        self.send_response(200 if self.is_back.is_set() else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing: the test reads what arrives."""


class Webhook(BaseHTTPRequestHandler):
    """Keeps what it is sent."""

    received: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        self.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing: the test reads what arrives."""


def copy_without_patience(folder: Path) -> Path:
    """Return a folder with the committed rules, which fire as soon as they hold."""
    shutil.copytree(SHIPPED / "rules", folder)
    for path in folder.iterdir():
        path.write_text(re.sub(r"^( +for): .*$", r"\1: 0s", path.read_text(), flags=re.MULTILINE))
    return folder


def shown(prometheus: Prometheus) -> dict[str, tuple[str, float]]:
    """Return what the panel shows: for each alert its state and since when, in ms."""
    rows = prometheus.ask("/query", query=PANEL.query["expr"])["result"]
    return {row["metric"]["alertname"]: (row["metric"].get("alertstate", ""), float(row["value"][1])) for row in rows}


def test_a_worker_that_is_gone_is_seen_on_the_board_told_by_webhook_and_told_again_when_it_is_back(
    tmp_path: Path,
) -> None:
    worker, webhook = find_free_ports(2, PORT_RANGE)
    targets = {"worker": [f"127.0.0.1:{worker}"]}
    rules = copy_without_patience(tmp_path / "rules")

    def messages(status: str) -> list[dict[str, Any]]:
        alerts = [alert for message in Webhook.received for alert in message["alerts"]]
        return [each for each in alerts if each["labels"]["alertname"] == "NoWorker" and each["status"] == status]

    with ExitStack() as stack:
        stack.enter_context(serve(Webhook, webhook))
        stack.enter_context(serve(Worker, worker))
        alertmanager = stack.enter_context(run_alertmanager(tmp_path / "am", f"http://127.0.0.1:{webhook}/hook?to=me"))
        prometheus = stack.enter_context(run_prometheus(tmp_path, targets, rules=rules, alertmanager=alertmanager))
        wait_until(lambda: shown(prometheus).get("NoWorker", ("",))[0] == "firing", "the panel shows the alert")
        assert shown(prometheus)["NoWorker"][1] > 1.6e12
        assert NOTHING not in shown(prometheus)
        wait_until(lambda: messages("firing"), "the webhook is told", within_s=60)
        (first, *_) = messages("firing")
        assert first["labels"] == {"alertname": "NoWorker", "severity": "critical"}
        page, _, anchor = first["annotations"]["runbook_url"].partition("#")
        assert f'id="{anchor}"' in httpx.get(page).raise_for_status().text
        Worker.is_back.set()
        wait_until(lambda: messages("resolved"), "the webhook is told that it is over", within_s=90)
        assert "NoWorker" not in shown(prometheus)


def test_the_board_says_so_when_nothing_is_wrong(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    with run_prometheus(tmp_path, {}, rules=rules) as prometheus:
        assert list(shown(prometheus)) == [NOTHING]
