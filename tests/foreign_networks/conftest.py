"""Every author's network, imported as `models/PACKS.md` says, and a service with all of the packs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.end_to_end.ledger import assert_ledger_exact
from tests.end_to_end.service import Service
from tests.foreign_networks.authors.catalog import FOREIGN
from tests.foreign_networks.foreign import Foreign
from tests.servers.postgres import PostgresServer
from tests.servers.rabbitmq import Broker

REAL = "frog-call-trainer/spring-peeper-3.wav"


def chorus(*words: object, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command where no terminal can answer it, in a folder, with variables of the environment."""
    command = [sys.executable, "-P", "-m", "dawn_chorus.cli", *map(str, words)]
    env = {**os.environ, **variables}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, cwd=cwd, stdin=subprocess.DEVNULL, env=env
    )


def warnings_in(answer: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the warnings of a command that did what it was told."""
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return [line for line in answer.stderr.splitlines() if line.startswith("warning: ")]


@dataclass(frozen=True)
class Imports:
    """What authors published, and the packs that were made of it."""

    published: Path
    packs: Path
    answers: dict[str, subprocess.CompletedProcess[str]]
    """What the command said, by the name of the network."""

    def of(self, foreign: Foreign) -> Path:
        """Return the pack, which was made without an error."""
        answer = self.answers[foreign.name]
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return self.packs / foreign.name


def import_network(foreign: Foreign, folder: Path, pack: Path) -> subprocess.CompletedProcess[str]:
    folder.mkdir(parents=True)
    foreign.write(folder)
    if foreign.file:
        words = f"models import {foreign.file} --out {pack} --name {foreign.name} {foreign.options}".split()
        return chorus(*words, cwd=folder)
    shutil.copytree(folder, pack)
    return chorus("models", "seal", pack)


@pytest.fixture(scope="session")
def imports(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Imports:
    """Those of the tests that were asked for."""
    wanted = {each.callspec.params.get("foreign") for each in request.session.items if hasattr(each, "callspec")}
    chosen = [each for each in FOREIGN if each in wanted]
    published, packs = tmp_path_factory.mktemp("published"), tmp_path_factory.mktemp("packs")

    def make(foreign: Foreign) -> subprocess.CompletedProcess[str]:
        return import_network(foreign, published / foreign.name, packs / foreign.name)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(make, chosen))
    return Imports(published, packs, {each.name: answer for each, answer in zip(chosen, answers, strict=True)})


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> list[Path]:
    """A sound made here, and a real recording where there is one; neither has the rate of a network."""
    return [write_sound(tmp_path_factory.mktemp("sounds") / "made.wav"), *_real(request)]


def _real(request: pytest.FixtureRequest) -> list[Path]:
    try:
        return [request.getfixturevalue("audio_dir") / REAL]
    except pytest.skip.Exception:
        return []


def write_sound(path: Path) -> Path:
    """Write 13.2 s in stereo: hiss, whistles that grow louder, a trill, and an offset that real recorders have."""
    rate_hz, random = 44100, np.random.default_rng(14)
    time_s = np.arange(round(13.2 * rate_hz)) / rate_hz
    sound = 0.004 * random.normal(size=len(time_s)) + 0.02
    for number, onset_s in enumerate(np.arange(0.5, 12.5, 0.9)):
        here = (time_s >= onset_s) & (time_s < onset_s + 0.6)
        glide = np.sin(2 * np.pi * (700 + 600 * number + 900 * (time_s - onset_s)) * (time_s - onset_s))
        sound += here * (0.02 + 0.02 * number) * glide * np.sin(np.pi * (time_s - onset_s) / 0.6)
    sound[(time_s > 6) & (time_s < 8)] += 0.05 * np.sign(np.sin(2 * np.pi * 35 * time_s))[(time_s > 6) & (time_s < 8)]
    soundfile.write(path, np.stack([sound, 0.6 * np.roll(sound, 40)], axis=1), rate_hz, subtype="PCM_16")
    return path


@pytest.fixture(scope="session")
def service(
    imports: Imports, postgres_server: PostgresServer, broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A real one, which cuts recordings into segments of ten seconds."""
    folder, url, vhost = tmp_path_factory.mktemp("service"), postgres_server.make_database(), broker.make_vhost()
    opened = Service(folder, url, vhost, imports.packs, f"file://{folder}/audio")
    try:
        opened.open("api", "relay", "worker", segment_s="10", default_pack=next(iter(imports.answers)))
        yield opened
        assert_ledger_exact(url)
    finally:
        opened.close()
        broker.drop_vhost(vhost)
        postgres_server.drop_database(url)
