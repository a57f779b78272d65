"""Which file of docker compose says what: what runs, how it is built, and what is added by name."""

import re

import pytest

from tests.unit.deploy.kubernetes import BUILDS, ROOT, read_services
from tests.unit.deploy.kubernetes import COMPOSE as STACK

DOCKER = ROOT / "deploy" / "docker"
GPU, GPU_BUILD = read_services(DOCKER / "gpu.yml"), read_services(DOCKER / "gpu.build.yml")


def test_what_is_pulled_is_named_in_one_file_and_how_it_is_built_in_another() -> None:
    ours = {name for name, service in STACK.items() if "CHORUS_IMAGES" in service["image"]}
    assert set(BUILDS) == ours
    assert not [name for name, service in STACK.items() if "build" in service]
    assert all(set(service) == {"build"} for service in BUILDS.values())


@pytest.mark.parametrize("name", BUILDS)
def test_what_is_built_is_what_would_be_pulled(name: str) -> None:
    target = BUILDS[name]["build"]["target"]
    assert STACK[name]["image"] == f"${{CHORUS_IMAGES:-dawn-chorus}}/{target}:${{CHORUS_VERSION:-0.1.0}}"


def test_workers_with_a_gpu_are_never_built_as_workers_without_one() -> None:
    assert GPU["worker"]["build"] is None
    build = GPU_BUILD["worker"]["build"]
    assert build == BUILDS["worker"]["build"] | {"target": "worker-gpu"}
    assert f"/{build['target']}:" in GPU["worker"]["image"]


def test_env_says_how_many_workers_and_which_files_there_are() -> None:
    assert STACK["worker"]["deploy"]["replicas"] == "${CHORUS_WORKERS:-1}"
    shown = (ROOT / ".env.example").read_text()
    named = {file for line in re.findall(r"^#COMPOSE_FILE=(.*)$", shown, re.MULTILINE) for file in line.split(":")}
    assert named >= {"docker-compose.yml", "docker-compose.override.yml", "deploy/docker/cluster.yml"}
    assert named >= {"deploy/docker/gpu.yml", "deploy/docker/gpu.build.yml"}
    assert all((ROOT / file).is_file() for file in named)
    assert not [path for path in ROOT.glob("**/README.md") if "--scale" in path.read_text()]
