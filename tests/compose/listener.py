"""Somebody who is told of alerts: a process in the API's container, which Alertmanager reaches."""

import json
from typing import Any

import httpx

from tests.compose.stack import Stack
from tests.unit.deploy.dashboards import list_targets

ADDRESS = "http://api:9198/hook?to=me"
_HEARD = "/tmp/told"  # noqa: S108 - in a container of its own
_LISTEN = f"""
from http.server import BaseHTTPRequestHandler, HTTPServer
class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        told = self.rfile.read(int(self.headers["Content-Length"]))
        with open("{_HEARD}", "ab") as file:
            file.write(told + b"\\n")
        self.send_response(200)
        self.end_headers()
server = HTTPServer(("", 9198), Hook)
server.timeout = 150
server.handle_request()
"""
(_PANEL,) = (target for target in list_targets("prometheus") if target.panel["title"] == "What is wrong now")


def listen(stack: Stack) -> None:
    """Begin to listen, for one message."""
    stack.compose("exec", "-T", "--detach", "api", "python", "-c", _LISTEN)


def alerts_heard(stack: Stack) -> list[dict[str, Any]]:
    lines = stack.run_in("api", "sh", "-c", f"cat {_HEARD} || true").splitlines()
    return [alert for line in lines if line for alert in json.loads(line)["alerts"]]


def alerts_shown(stack: Stack) -> dict[str, str]:
    """Return the state of each alert in the panel, as Grafana would ask on Prometheus' published port."""
    asked = {"query": _PANEL.query["expr"]}
    answer = httpx.get(f"http://127.0.0.1:{stack.prometheus_port}/api/v1/query", params=asked).raise_for_status()
    rows = answer.json()["data"]["result"]
    return {row["metric"]["alertname"]: row["metric"].get("alertstate", "") for row in rows}
