"""Whatever is done to a file of whatever format: it is refused or analyzed, and every second of it is accounted for."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest

from tests.end_to_end.ledger import assert_ledger_exact, query
from tests.end_to_end.mutations import SECONDS, mutate, write_originals
from tests.end_to_end.service import Service, wait_until

FILES = int(os.environ.get("CHORUS_FUZZ_FILES", "40"))
SEED = int(os.environ.get("CHORUS_FUZZ_SEED", "1"))
# A header may say that a file of seconds lasts for days, and all of it would be planned.
LONGEST_S = 600.0


def post(service: Service, name: str, content: bytes) -> tuple[str, httpx.Response]:
    answer = httpx.post(f"{service.api.status_url}/v1/recordings", files={"file": (name, content)}, timeout=120)
    return name, answer


def send_all(service: Service, files: list[tuple[str, bytes]]) -> list[tuple[str, httpx.Response]]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda file: post(service, *file), files))


def analyses_of(answers: list[tuple[str, httpx.Response]]) -> list[tuple[str, UUID]]:
    taken = [(name, answer) for name, answer in answers if answer.status_code == 202]
    return [(name, UUID(answer.json()["analyses"][0]["id"])) for name, answer in taken]


def wait_all_finished(service: Service, within_s: float) -> None:
    unfinished = (
        "SELECT r.filename FROM analyses AS a JOIN recordings AS r ON r.id = a.recording_id WHERE a.state <> 'finished'"
    )
    try:
        wait_until(lambda: not query(service.database_url, unfinished), "all analyses are finished", within_s)
    except AssertionError as error:
        raise AssertionError(f"{error}: {query(service.database_url, unfinished)}") from error


@pytest.mark.timeout(300 + 5 * FILES)
def test_mutated_files_are_refused_or_accounted_for_to_the_second(
    service: Service, tmp_path: Path, audio_dir: Path
) -> None:
    service.open("api", "relay", "worker", segment_s="4", max_duration_s=str(LONGEST_S))
    started = [each.pid for each in service.deployables]
    originals = write_originals(tmp_path, audio_dir)
    mutated = [mutate(originals, number, SEED) for number in range(FILES)]
    answers = send_all(service, [*mutated, *originals.items()])
    check_answers(answers)
    assert len(answers) > len(analyses_of(answers)) > len(originals)

    wait_all_finished(service, within_s=60 + 3 * FILES)
    assert_ledger_exact(service.database_url)
    for name, analysis_id in analyses_of(answers):
        check_results(service, name, analysis_id, sound=name in originals)
    kept = {row["store_key"] for row in query(service.database_url, "SELECT store_key FROM recordings")}
    assert stored(service) == kept
    assert query(service.database_url, "SELECT * FROM audio_to_delete") == []
    assert query(service.database_url, "SELECT * FROM dead_letters") == []
    assert [each.pid for each in service.deployables if each.is_running] == started


def check_answers(answers: list[tuple[str, httpx.Response]]) -> None:
    """Each is taken, or refused with a problem that says why; nothing is the service's fault, or comes too fast."""
    for name, answer in answers:
        if answer.status_code not in {200, 202}:
            assert 400 <= answer.status_code < 500, f"{name}: {answer.text}"
            assert answer.status_code != 429, name
            assert answer.headers["content-type"] == "application/problem+json", name


def check_results(service: Service, name: str, analysis_id: UUID, *, sound: bool) -> None:
    """All that is shown can be asked for, and what was sound is heard whole beside all that was broken."""
    url = f"{service.api.status_url}/v1/analyses/{analysis_id}"
    analysis = httpx.get(url, timeout=60).json()
    if sound:
        assert (analysis["result"], analysis["failed_s"]) == ("succeeded", 0.0), name
        # Opus has no 44.1 kHz: there the same samples are played faster.
        assert SECONDS * 44.1 / 48 - 0.01 < analysis["analyzed_s"] < SECONDS + 0.2, name
    for page in ("timeline", "detections"):
        assert httpx.get(f"{url}/{page}", timeout=60).status_code == 200, name


def stored(service: Service) -> set[str]:
    folder = Path(urlsplit(service.store_url).path)
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
