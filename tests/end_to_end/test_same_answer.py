"""The same recording gives the same answer by `chorus analyze` and by the API: detections, lost audio, its words."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

from tests.end_to_end import recordings
from tests.end_to_end.service import Service

LENGTH_S = 320.0
"""Two segments."""


def write_cut_flac(folder: Path) -> Path:
    return recordings.cut_short(recordings.write_tone(folder / "cut.flac", LENGTH_S, onset_s=2.0, offset_s=200.0), 0.97)


def write_torn_mp3(folder: Path) -> Path:
    path = recordings.write_tone(folder / "torn.mp3", LENGTH_S, onset_s=290.0, offset_s=310.0)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20_000] = bytes(20_000)
    path.write_bytes(bytes(content))
    return path


def write_boasting_wav(folder: Path) -> Path:
    return recordings.claim_length(recordings.write_tone(folder / "boast.wav", LENGTH_S, onset_s=3.0), 700.0)


def write_float_wav_with_holes(folder: Path) -> Path:
    """More stretches without numbers than are told apart in one segment."""
    tone = recordings.make_tone(LENGTH_S, onset_s=50.0, offset_s=60.0)
    tone[: 250 * recordings.RATE_HZ : recordings.RATE_HZ] = np.nan
    soundfile.write(folder / "holes.wav", tone, recordings.RATE_HZ, subtype="FLOAT")
    return folder / "holes.wav"


def analyze(path: Path, pack: Path) -> tuple[dict[str, Any], str]:
    command = [sys.executable, "-m", "dawn_chorus.cli", "analyze", "--pack", str(pack), str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    document: dict[str, Any] = json.loads(result.stdout)
    return document, result.stderr


def spans(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return sorted((row["code"], row["onset_s"], row["offset_s"], row["confidence"]) for row in rows)


@pytest.mark.parametrize("write", [write_cut_flac, write_torn_mp3, write_boasting_wav, write_float_wav_with_holes])
def test_a_damaged_recording_is_told_in_the_same_words(
    service: Service, tmp_path: Path, packs_dir: Path, write: Callable[[Path], Path]
) -> None:
    service.open("api", "relay", "worker")
    path = write(tmp_path)
    analysis_id = service.submit(path)
    service.wait_finished(analysis_id)
    url = f"{service.api.status_url}/v1/analyses/{analysis_id}"
    analysis = httpx.get(url).json()
    detections = httpx.get(f"{url}/detections").json()["items"]
    document, stderr = analyze(path, packs_dir / "tones")
    assert analysis["result"] == "partial"
    failures = httpx.get(f"{url}/failures", params={"limit": 200}).json()["items"]
    lost = [stretch for failure in failures for stretch in failure["lost"]]
    assert document["lost"] == lost
    assert lost
    assert all(failure["failed_s"] > 0 and len(failure["lost"]) <= 100 for failure in failures)
    assert f"{path}: lost " in stderr
    assert lost[0]["reason"] in stderr
    assert spans(document["detections"]) == spans(detections)
