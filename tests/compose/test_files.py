"""What Compose makes of the files that `.env` names."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.compose.engine import Engine

CHECKOUT = "docker-compose.yml:docker-compose.override.yml"
GPU = "deploy/docker/gpu.yml"
BUILT = "deploy/docker/gpu.build.yml"


def read_worker(engine: Engine, checkout: Path, *settings: str) -> dict[str, Any]:
    engine.run(["make", "secrets"], cwd=checkout)
    (checkout / ".env").write_text("\n".join(settings))
    told = engine.run(["docker", "compose", "config", "--format", "json"], cwd=checkout)
    assert told.stderr == ""
    worker: dict[str, Any] = json.loads(told.stdout)["services"]["worker"]
    return worker


@pytest.mark.parametrize(
    ("files", "image", "target"),
    [
        (CHECKOUT, "worker", "worker"),
        ("docker-compose.yml", "worker", None),
        (f"{CHECKOUT}:{GPU}:{BUILT}", "worker-gpu", "worker-gpu"),
        (f"docker-compose.yml:{GPU}", "worker-gpu", None),
        (f"{CHECKOUT}:{GPU}", "worker-gpu", None),
    ],
)
def test_a_worker_is_built_or_pulled_under_its_own_name(
    engine: Engine, checkout: Path, files: str, image: str, target: str | None
) -> None:
    worker = read_worker(engine, checkout, f"COMPOSE_FILE={files}", "CHORUS_IMAGES=here.example/dc", "CHORUS_WORKERS=3")
    assert worker["image"] == f"here.example/dc/{image}:0.1.0"
    assert worker.get("build", {}).get("target") == target
    assert worker["deploy"]["replicas"] == 3
    assert ("devices" in worker["deploy"]["resources"].get("reservations", {})) == (image == "worker-gpu")


def test_a_checkout_builds_without_a_word_in_env(engine: Engine, checkout: Path) -> None:
    worker = read_worker(engine, checkout)
    assert (worker["image"], worker["build"]["target"]) == ("dawn-chorus/worker:0.1.0", "worker")
    assert worker["deploy"]["replicas"] == 1
