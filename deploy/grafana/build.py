"""Dashboards as code: `python -m deploy.grafana.build` writes `dashboards/*.json`, which Grafana reads.

The JSON is committed, so that nobody needs this to run the stack; a test keeps both the same.
"""

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.grafana.pipeline import build_pipeline
from deploy.grafana.servers import build_servers
from deploy.grafana.species import build_species

DASHBOARDS = Path(__file__).parent / "dashboards"
_BUILDERS: dict[str, Callable[[], Dashboard]] = {
    "pipeline": build_pipeline,
    "species-activity": build_species,
    "broker-and-database": build_servers,
}


def render_dashboards() -> dict[str, str]:
    """Return the text of each dashboard's file, by file name."""
    return {f"{name}.json": _render(build()) for name, build in _BUILDERS.items()}


def _render(board: Dashboard) -> str:
    built: dict[str, Any] = json.loads(JSONEncoder().encode(board.build()))
    for number, panel in zip(count(1), built["panels"], strict=False):
        panel["id"] = number
    return json.dumps(built, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for file, text in render_dashboards().items():
        (DASHBOARDS / file).write_text(text)
