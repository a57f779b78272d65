"""The stacks under test. Building images takes minutes where nothing is cached."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.compose.engine import Engine, SandboxEngine, docker_is_here, find_sandbox
from tests.compose.stack import Stack, copy_checkout

_RATE_HZ = 16000
# What Compose reads by itself in a checkout.
_CHECKOUT = ["docker-compose.yml", "docker-compose.override.yml"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.timeout(2400))


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    # Told to end, as by .ci/run when another stage has failed, the tests take down what they have up.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    tool = find_sandbox()
    if tool is not None:
        checkout = tmp_path_factory.mktemp("engine") / "checkout"
        copy_checkout(checkout)
        subprocess.run(["make", "secrets"], cwd=checkout, check=True)
        sandbox = SandboxEngine(tool, checkout, _CHECKOUT)
        yield sandbox
        sandbox.close()
    elif docker_is_here():
        yield Engine({})
    else:
        reason = "neither a Docker engine answers, nor is there a sandbox for it: set CHORUS_COMPOSE_SANDBOX"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


@pytest.fixture(scope="module")
def stack(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack as it comes, but for three workers; up and healthy, from nothing."""
    yield from _run_stack(engine, tmp_path_factory, "chorus-test", _CHECKOUT, {"CHORUS_WORKERS": "3"})


@pytest.fixture(scope="module")
def s3_stack(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    settings = {"COMPOSE_PROFILES": "s3", "CHORUS_STORE": "seaweedfs", "CHORUS_DATA_DIR": "../data"}
    yield from _run_stack(engine, tmp_path_factory, "chorus-test-s3", _CHECKOUT, settings)


@pytest.fixture(scope="module")
def cluster(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Three nodes of RabbitMQ, all data in one folder of the host."""
    files = [*_CHECKOUT, "deploy/docker/cluster.yml"]
    settings = {"CHORUS_DATA_DIR": "../data"}
    yield from _run_stack(engine, tmp_path_factory, "chorus-test-cluster", files, settings)


def _run_stack(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory, name: str, files: list[str], settings: dict[str, str]
) -> Iterator[Stack]:
    stack = Stack(engine, tmp_path_factory.mktemp(name), name, files, settings)
    stack.down("--volumes")
    try:
        stack.up("--build")
        yield stack
    finally:
        stack.down("--volumes")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout as it comes: no secrets, no settings, nothing started."""
    copy_checkout(tmp_path / "checkout")
    return tmp_path / "checkout"


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Half a minute, with a tone of 1 kHz from second 10 to second 15; no two are alike."""
    moments_s = np.arange(30 * _RATE_HZ) / _RATE_HZ
    sound = np.random.default_rng().normal(0, 1e-4, len(moments_s))
    sound += np.where((moments_s >= 10) & (moments_s < 15), 0.2 * np.sin(2 * np.pi * 1000 * moments_s), 0)
    path = tmp_path / "tone.flac"
    soundfile.write(path, sound, _RATE_HZ)
    return path
