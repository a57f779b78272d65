"""What Compose makes of the files that `.env` names."""

import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.compose.engine import ROOT, Engine

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


def read_release(engine: Engine, folder: Path) -> dict[str, Any]:
    engine.run(["make", "secrets"], cwd=folder)
    read: dict[str, Any] = json.loads(
        engine.run(["docker", "compose", "config", "--format", "json"], cwd=folder).stdout
    )
    return read


def test_a_release_beside_the_one_before_pulls_and_takes_its_place(engine: Engine, tmp_path: Path) -> None:
    old, new = (tmp_path / f"dawn-chorus-{version}" for version in ("0.1.0", "0.1.1"))
    for folder in (old, new):
        version, bundle = folder.name.removeprefix("dawn-chorus-"), tmp_path / "bundle.tar.gz"
        engine.run([str(ROOT / "deploy/release/make-bundle"), version, str(bundle)])
        with tarfile.open(bundle) as files:
            files.extractall(tmp_path, filter="data")
    (old / ".env").write_text("CHORUS_IMAGES=here.example/dc\nCHORUS_VERSION=0.1.0\n")
    before = read_release(engine, old)
    shutil.copytree(old / "secrets", new / "secrets")
    (new / ".env").write_text("CHORUS_IMAGES=here.example/dc\nCHORUS_VERSION=0.1.1\n")
    after = read_release(engine, new)
    assert (after["name"], after["volumes"]) == (before["name"], before["volumes"])
    assert after["services"].keys() == before["services"].keys()
    assert [name for name, service in after["services"].items() if "build" in service] == []
    images = {service["image"] for service in after["services"].values()}
    assert {image for image in images if image.startswith("here.example/dc/")} == {
        f"here.example/dc/{name}:0.1.1" for name in ("api", "relay", "worker", "operations", "packs")
    }
    assert (new / "secrets/database_password").read_bytes() == (old / "secrets/database_password").read_bytes()
