"""The same recording gives the same answer by `chorus analyze` and by the API: detections, lost audio, its words.

And lanes, read as a browser reads them, are one more way to the same answer.
"""

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

from dawn_chorus.domain.lost_audio import LostStretch, clip_lost
from tests.end_to_end import recordings
from tests.end_to_end.service import Service
from tests.lane_reading import cut_lanes, read_lanes

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
    check_lanes(url, detections)
    header, _ = read_lanes(httpx.get(f"{url}/lanes").content)
    expected = clip_lost((LostStretch(**stretch) for stretch in lost), 0.0, header["end_s"])
    assert [LostStretch(**stretch) for stretch in header["lost"]] == list(expected)


def check_lanes(url: str, detections: list[dict[str, Any]]) -> None:
    """Check that lanes hold the scores of the timeline, and that whoever cuts them finds the detections."""
    answer = httpx.get(f"{url}/lanes", params={"frames": True}).content
    assert spans(detections) == [
        (code, round(onset_s, 3), round(offset_s, 3), round(float(np.float32(peak / 65535)), 4))
        for code, (onset_s, offset_s, peak) in cut_lanes(answer)
    ]
    for frames in (False, True):
        header, rows = read_lanes(httpx.get(f"{url}/lanes", params={"frames": frames}).content)
        taxa = httpx.get(f"{url}/timeline", params={"frames": frames}).json()["taxa"]
        assert [taxon["code"] for taxon in header["taxa"]] == [taxon["code"] for taxon in taxa]
        analyzed = {number for first, n in header["runs"] for number in range(first, first + n)}
        for row, taxon in zip(rows, taxa, strict=True):
            scores = taxon[header["kind"]]
            kept = {round(each["start_s"] / header["step_s"]): each["score"] * 65535 for each in scores}
            assert all(abs(step - kept.get(number, 0)) < 0.54 for number, step in enumerate(row))
            assert {*kept} <= analyzed
