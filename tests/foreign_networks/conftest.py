"""Every author's network, imported as `models/PACKS.md` says, and a service with all of the packs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
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
        command, capture_output=True, text=True, check=False, timeout=280, cwd=cwd, stdin=subprocess.DEVNULL, env=env
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
    answers: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)
    """What the command said, by the name of the network."""

    def answer(self, foreign: Foreign) -> subprocess.CompletedProcess[str]:
        """Import the network, once, and return what the command said."""
        name = foreign.name
        if name not in self.answers:
            self.answers[name] = import_network(foreign, self.published / name, self.packs / name)
        return self.answers[name]

    def of(self, foreign: Foreign) -> Path:
        """Return the pack, which was made without an error."""
        answer = self.answer(foreign)
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
def imports(tmp_path_factory: pytest.TempPathFactory) -> Imports:
    return Imports(tmp_path_factory.mktemp("published"), tmp_path_factory.mktemp("packs"))


@pytest.fixture(scope="session")
def chosen(request: pytest.FixtureRequest) -> list[Foreign]:
    """Return the networks of the tests that were asked for."""
    wanted = [each.callspec.params.get("foreign") for each in request.session.items if hasattr(each, "callspec")]
    return [each for each in FOREIGN if any(each is one for one in wanted)]


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
    imports: Imports,
    chosen: list[Foreign],
    postgres_server: PostgresServer,
    broker: Broker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """A real one, which cuts recordings into segments of ten seconds."""
    for foreign in chosen:
        imports.of(foreign)
    folder, url, vhost = tmp_path_factory.mktemp("service"), postgres_server.make_database(), broker.make_vhost()
    opened = Service(folder, url, vhost, imports.packs, f"file://{folder}/audio")
    try:
        opened.open("api", "relay", "worker", segment_s="10", default_pack=chosen[0].name)
        yield opened
        assert_ledger_exact(url)
    finally:
        opened.close()
        broker.drop_vhost(vhost)
        postgres_server.drop_database(url)
