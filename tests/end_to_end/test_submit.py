"""`chorus submit` over a bad line: everything is there once, nothing is sent twice, and the report is right."""

import csv
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Timer

import numpy as np
import psycopg
import pytest
import soundfile

from tests.end_to_end.service import Service, wait_until
from tests.servers.gate import Gate, Reply, Request, open_gate

N_FILES = int(os.environ.get("CHORUS_TEST_FILES", "200"))
SOON = (Reply(429, ("Retry-After: 1",)), Reply(503, ("Retry-After: 1",)), Reply(503, ()), Reply(502, ()))
PATIENCE_S = 120 + N_FILES


def write_card(folder: Path, n_files: int) -> Path:
    """Write recordings of a second, each with other samples, in folders as a recorder keeps them."""
    noise = np.random.default_rng(1)
    for number in range(n_files):
        day = folder / f"2026050{1 + number % 7}"
        day.mkdir(parents=True, exist_ok=True)
        soundfile.write(day / f"{number:05}.wav", noise.normal(scale=0.1, size=16_000), 16_000)
    return folder


def bad_line(request: Request) -> Reply | None:
    """Cut every 50th upload, put off every 17th request, and let the others pass."""
    if request.method == "POST" and request.number % 50 == 0:
        return Reply(None)
    return SOON[request.number // 17 % len(SOON)] if request.number % 17 == 0 else None


def start(gate: Gate, *words: object) -> subprocess.Popen[str]:
    env = {**os.environ, "CHORUS_URL": gate.url}
    command = [sys.executable, "-m", "dawn_chorus.cli", "submit", *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)


def finish(process: subprocess.Popen[str]) -> tuple[int, list[str], str]:
    """Return the exit code, the ids that were printed, and what was said."""
    out, err = process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in err
    return process.returncode, out.split(), err


def submit(gate: Gate, *words: object) -> tuple[int, list[str], str]:
    return finish(start(gate, *words))


def rows_of(report: Path) -> list[dict[str, str]]:
    with report.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def stored_ids(service: Service) -> dict[str, str]:
    """Return the recordings of the service by the hash of their bytes; there must be one for each."""
    with psycopg.connect(service.database_url) as connection:
        rows = connection.execute("SELECT sha256, id::text FROM recordings").fetchall()
    by_hash: dict[str, str] = dict(rows)
    assert len(by_hash) == len(rows)
    return by_hash


@pytest.fixture
def service(tmp_path: Path, database_url: str, packs_dir: Path) -> Iterator[Service]:
    """An API alone: what is taken in waits for a worker."""
    service = Service(tmp_path, database_url, "amqp://nowhere", packs_dir, f"file://{tmp_path}/audio")
    try:
        service.start("api")
        yield service
    finally:
        service.close()


@pytest.fixture
def gate(service: Service) -> Iterator[Gate]:
    with open_gate(service.api.port) as gate:
        yield gate


@pytest.mark.timeout(3 * PATIENCE_S)
def test_a_card_is_there_once_after_a_bad_line(service: Service, gate: Gate, tmp_path: Path) -> None:
    card, report = write_card(tmp_path / "card", N_FILES), tmp_path / "report.csv"
    gate.plan = bad_line
    gate.shut()
    process = start(gate, card, "--report", report)
    Timer(5, gate.open).start()
    code, printed, said = finish(process)

    assert (code, f"{N_FILES:,} files: {N_FILES:,} uploaded" in said) == (0, True), said
    stored, rows = stored_ids(service), rows_of(report)
    assert {row["file"] for row in rows} == {str(path) for path in card.rglob("*.wav")}
    assert {row["sha256"]: row["recording_id"] for row in rows} == stored
    assert len(stored) == len(rows) == N_FILES
    assert {row["outcome"] for row in rows} == {"uploaded"}
    assert {row["analysis_id"] for row in rows} == set(printed)
    assert {(row["bytes"], row["seconds"]) for row in rows} == {("32044", "1.0")}
    assert len(gate.uploads) == N_FILES, "no upload was taken twice"
    assert gate.refused

    gate.passed.clear()
    code, printed_again, said = submit(gate, card, "--report", report)
    assert (code, printed_again) == (0, printed)
    assert f"{N_FILES:,} files: {N_FILES:,} already there" in said
    assert gate.uploads == []
    assert {row["sha256"]: row["recording_id"] for row in rows_of(report)} == stored


@pytest.mark.timeout(3 * PATIENCE_S)
@pytest.mark.parametrize(("how", "n_files"), [(signal.SIGINT, N_FILES // 2), (signal.SIGTERM, 40)])
def test_a_stopped_run_goes_on_and_sends_nothing_twice(
    service: Service, gate: Gate, tmp_path: Path, how: signal.Signals, n_files: int
) -> None:
    card, report = write_card(tmp_path / "card", n_files), tmp_path / "report.csv"
    process = start(gate, card, "--report", report)
    wait_until(lambda: len(gate.uploads) >= n_files // 4, "a quarter is sent", PATIENCE_S)
    process.send_signal(how)
    code, printed, said = finish(process)
    sent = len(gate.uploads)
    assert code == 128 + how
    assert "the same command again goes on" in said.splitlines()[-1]
    assert len(rows_of(report)) == len(printed) == sent < n_files

    code, printed, said = submit(gate, card, "--report", report)
    assert code == 0, said
    assert f"{n_files - sent:,} uploaded, {sent:,} already there" in said
    assert len(gate.uploads) == n_files == len(stored_ids(service)) == len(set(printed))


def test_a_killed_run_leaves_a_report_that_can_be_read(service: Service, gate: Gate, tmp_path: Path) -> None:
    card, report = write_card(tmp_path / "card", 40), tmp_path / "report.csv"
    process = start(gate, card, "--report", report)
    wait_until(lambda: len(gate.uploads) >= 10, "some are sent", PATIENCE_S)
    process.kill()
    process.communicate(timeout=PATIENCE_S)
    stored = stored_ids(service)
    rows = rows_of(report)
    assert rows
    assert all(stored[row["sha256"]] == row["recording_id"] for row in rows)


def test_an_answer_that_is_lost_does_not_send_the_bytes_again(service: Service, gate: Gate, tmp_path: Path) -> None:
    card = write_card(tmp_path / "card", 12)
    gate.loses_answer = lambda request: request.method == "POST" and request.number % 3 == 0
    code, printed, said = submit(gate, card, "--jobs", 3)
    assert (code, len(printed)) == (0, 12), said
    assert len(gate.uploads) == len(stored_ids(service)) == 12


def test_the_same_bytes_under_two_names_are_sent_once(gate: Gate, tmp_path: Path) -> None:
    (first,) = write_card(tmp_path / "card", 1).rglob("*.wav")
    for number in range(6):
        first.with_name(f"copy-{number}.wav").write_bytes(first.read_bytes())
    code, printed, said = submit(gate, tmp_path / "card")
    assert code == 0
    assert "7 files: 1 uploaded, 6 already there" in said
    assert (len(gate.uploads), len(set(printed)), len(printed)) == (1, 1, 7)


def test_a_refused_file_is_named_and_the_rest_go_on(gate: Gate, tmp_path: Path) -> None:
    card, report = write_card(tmp_path / "card", 5), tmp_path / "report.csv"
    (card / "notes.wav").write_text("no sound at all")
    (card / "empty.wav").write_bytes(b"")
    code, printed, said = submit(gate, card, tmp_path / "gone.wav", "--report", report)
    assert (code, len(printed)) == (1, 5)
    last = said.splitlines()[-1]
    assert "8 files: 5 uploaded, 3 refused" in last
    reasons = {Path(row["file"]).name: row["reason"] for row in rows_of(report) if row["outcome"] == "refused"}
    assert set(reasons) == {"notes.wav", "empty.wav", "gone.wav"}
    assert all(f"{name}: {reason}" in last for name, reason in reasons.items())
    assert reasons["gone.wav"] == "No such file or directory"


def test_a_new_question_is_asked_without_sending_a_byte(service: Service, gate: Gate, tmp_path: Path) -> None:
    card = write_card(tmp_path / "card", 3)
    _, first, _ = submit(gate, card)
    code, second, said = submit(gate, card, "--onset-threshold", 0.9)
    assert (code, "3 files: 3 analyzed again" in said) == (0, True)
    _, third, said = submit(gate, card, "--onset-threshold", 0.9)
    assert (third, "3 files: 3 already there" in said) == (second, True)
    assert submit(gate, card)[1] == first
    assert len(gate.uploads) == len(stored_ids(service)) == 3


def test_known_bytes_for_another_site_are_sent_again(gate: Gate, tmp_path: Path) -> None:
    card = write_card(tmp_path / "card", 2)
    for site, words in (("marsh", "2 uploaded"), ("hill", "2 uploaded"), ("hill", "2 already there")):
        code, _, said = submit(gate, card, "--site", site)
        assert (code, words in said) == (0, True), said
    assert len(gate.uploads) == 4


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--pack", "nightingales"), "nightingales"),
        (("--key", "chorus_wrong"), "--key or CHORUS_KEY"),
        (("--patience", "1s"), "--patience"),
    ],
    ids=["a pack that is not there", "a wrong key", "a service that stays away"],
)
def test_what_no_file_can_pass_with_ends_the_run_in_one_line(
    gate: Gate, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    card = write_card(tmp_path / "card", 20)
    if "--patience" in words:
        gate.shut()
    code, printed, said = submit(gate, card, *words)
    assert (code, printed) == (1, [])
    assert told in said.splitlines()[-1]
    assert len([line for line in said.splitlines() if "error" in line]) == 1
    assert len(gate.uploads) <= 4, "the first refusal is enough"


def test_on_a_terminal_one_bar_shows_the_whole(gate: Gate, tmp_path: Path) -> None:
    card = write_card(tmp_path / "card", 12)
    ours, theirs = pty.openpty()
    env = {**os.environ, "CHORUS_URL": gate.url, "TERM": "xterm", "COLUMNS": "140"}
    process = subprocess.Popen(
        [sys.executable, "-m", "dawn_chorus.cli", "submit", str(card)], stdout=subprocess.PIPE, stderr=theirs, env=env
    )
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # the other side is closed
        while piece := os.read(ours, 4096):
            shown += piece
    os.close(ours)
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, len(out.split())) == (0, 12)
    text = shown.decode()
    assert re.search(r"\d+ of 12 files, \d+\.\d MB/s, 0\.0 h of sound", text)
    assert "%" in text
    assert "12 files: 12 uploaded" in text.splitlines()[-1]
