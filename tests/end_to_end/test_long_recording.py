"""A recorder that ran for a day wrote one file."""

import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

from tests.bench.meter import peak_resident_bytes
from tests.end_to_end.ledger import query
from tests.end_to_end.recordings import RATE_HZ, make_tone
from tests.end_to_end.service import Service, wait_until

HOURS = 24
MOST_RESIDENT_BYTES = 1_500_000_000


def write_day(path: Path) -> Path:
    """Silence, and at every full hour ten seconds of a tone; written block by block."""
    tone = np.round(make_tone(10.0) * 32767).astype(np.int16)
    silence = np.zeros((359 * RATE_HZ, 1), np.int16)
    with soundfile.SoundFile(path, "w", RATE_HZ, 1, subtype="PCM_16") as file:
        for block in HOURS * [tone, *10 * [silence]]:
            file.write(block)
    return path


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_day_in_one_file_takes_little_memory_and_its_progress_shows(service: Service, tmp_path: Path) -> None:
    service.open("api", "relay", "worker", sessions="2")
    analysis_id = service.submit(write_day(tmp_path / "day.flac"))
    seen: list[dict[str, Any]] = []

    def look() -> bool:
        time.sleep(0.2)
        seen.append(httpx.get(f"{service.api.status_url}/v1/analyses/{analysis_id}", timeout=30).json())
        return bool(seen[-1]["terminal"])

    wait_until(look, "the day is analyzed", within_s=800)

    assert (seen[-1]["result"], seen[-1]["segments_done"]) == ("succeeded", HOURS * 12)
    steps = [status["segments_done"] for status in seen]
    assert steps == sorted(steps)
    assert len(set(steps)) > 10, f"the progress that showed was {steps}"
    found = query(service.database_url, "SELECT onset_s FROM detections WHERE analysis_id = %s", analysis_id)
    assert sorted(round(row["onset_s"]) for row in found) == [hour * 3600 for hour in range(HOURS)]
    assert peak_resident_bytes(service.find("worker").pid) < MOST_RESIDENT_BYTES
