"""The pack that comes with the service, on a soundscape whose every voice is known."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from models.workshop.data.manifest import Event
from models.workshop.evaluation.metrics import EventCounts, match_events
from models.workshop.synthetic.world import SAMPLE_RATE_HZ, soundscape

PACK = Path(__file__).parents[2] / "models" / "packs" / "synthetic"
UNHEARD_SEEDS = (7001, 7002, 7003)
"""No world that the pack was trained or tuned on was made with these."""


@dataclass(frozen=True)
class Found:
    """What the command says of a recording, and what is true of it."""

    found: list[Event]
    truth: list[Event]
    license: str


@pytest.fixture(scope="module")
def analyzed(tmp_path_factory: pytest.TempPathFactory) -> list[Found]:
    """Three soundscapes of a minute, as `chorus analyze` hears them."""
    folder, truth = tmp_path_factory.mktemp("soundscapes"), []
    for seed in UNHEARD_SEEDS:
        waveform, events = soundscape(60.0, np.random.default_rng(seed))
        loudest = float(np.abs(waveform).max())
        soundfile.write(folder / f"{seed}.flac", waveform / max(1.0, loudest), SAMPLE_RATE_HZ, subtype="PCM_16")
        truth.append(events)
    command = [sys.executable, "-m", "dawn_chorus.cli", "analyze", str(folder), "--pack", str(PACK)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
    assert result.returncode == 0, result.stderr
    documents = [json.loads(line) for line in result.stdout.splitlines()]
    return [Found(events_of(each), true, each["pack"]["license"]) for each, true in zip(documents, truth, strict=True)]


def events_of(document: dict[str, Any]) -> list[Event]:
    return [Event(row["code"], row["onset_s"], row["offset_s"]) for row in document["detections"]]


def test_who_sang_when_is_told_within_half_a_second(analyzed: list[Found]) -> None:
    counts = sum((match_events(each.truth, each.found, collar_s=0.5) for each in analyzed), EventCounts())
    assert counts.hits + counts.misses > 30
    assert counts.f1 >= 0.9, counts


def test_hardly_anyone_is_heard_who_is_not_there(analyzed: list[Found]) -> None:
    for each in analyzed:
        singers = {event.code for event in each.truth}
        made_up = [event for event in each.found if event.code not in singers]
        assert len(made_up) <= 0.1 * len(each.found), made_up


def test_the_pack_is_free_for_any_use(analyzed: list[Found]) -> None:
    assert {each.license for each in analyzed} == {"CC0-1.0"}


def test_the_pack_is_small_enough_to_come_with_the_code() -> None:
    files = [path for path in PACK.iterdir() if path.is_file()]
    assert len([path for path in files if path.suffix == ".onnx"]) == 3
    assert sum(path.stat().st_size for path in files) < 8_000_000
