"""`chorus submit` against the real API: what is known of a file without sending it, and what ends in one line."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.cli.__main__ import main
from tests.integration.api_checks import row_count
from tests.recorder_files import audiomoth_comment, chunk, guano, info, real_pcm, wav
from tests.servers.api import StartApi, StartedApi
from tests.servers.gate import Gate, Reply, Request, open_gate

NORTH = ("--latitude", 52.5, "--longitude", 13.4)


@pytest.fixture
def pcm(audio_dir: Path) -> bytes:
    return real_pcm(audio_dir, 1.0)


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def answers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.out)
        return found


Submit = Callable[..., Said]


@pytest.fixture
def gate(api: StartedApi) -> Iterator[Gate]:
    with open_gate(api.port) as gate:
        yield gate


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The API runs in this process and would log to the stdout of the command."""
    with capture_logs():
        yield


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """Apart from the store, which is in the same folder."""
    folder = tmp_path / "card"
    folder.mkdir()
    return folder


@pytest.fixture
def nobody() -> Iterator[Gate]:
    """A gate with nothing behind it."""
    with open_gate(9) as gate:
        yield gate


@pytest.fixture
def chorus(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Submit:
    def run(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["chorus", *map(str, words)])
        capfd.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capfd.readouterr()
        assert "Traceback" not in printed.err
        return Said(code, printed.out, printed.err.strip())

    monkeypatch.setenv("CHORUS_KEY", "")
    return run


@pytest.fixture
def submit(chorus: Submit, gate: Gate) -> Submit:
    """Run `chorus submit --json` with these words, through the gate."""
    return lambda *words: chorus("submit", "--url", gate.url, "--patience", "5s", "--json", *words)


def write(folder: Path, name: str, content: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    return path


def moth(pcm: bytes, zone: str = "+2") -> bytes:
    return wav(pcm, [info(audiomoth_comment("04:30:00 04/05/2024", zone))])


def test_an_audiomoths_card_needs_no_option(submit: Submit, gate: Gate, pcm: bytes, card: Path) -> None:
    for shift, zone in enumerate(("", "+2", "-3:30")):
        write(card, f"{shift}.WAV", moth(bytes(2 * shift) + pcm, zone))
    first, again = submit(card), submit(card)
    starts = [answer["recorded_at"] for answer in first.answers]
    assert starts == ["2024-05-04T04:30:00Z", "2024-05-04T04:30:00+02:00", "2024-05-04T04:30:00-03:30"]
    assert (first.code, again.code, len(gate.uploads)) == (0, 0, 3)
    assert [answer["id"] for answer in again.answers] == [answer["id"] for answer in first.answers]
    assert [answer["duplicate"] for answer in again.answers] == [True] * 3


def test_a_card_that_was_submitted_without_clocks_is_no_second_archive(
    submit: Submit, pcm: bytes, card: Path, database: Database
) -> None:
    path = write(card, "20240504_043000.WAV", wav(pcm))
    stored = submit(path, "--start", "none").answers[0]
    assert stored["recorded_at"] is None
    zoned = submit(path, "--time-zone", "Europe/Berlin", "--site", "marsh", *NORTH).answers[0]
    assert zoned["id"] == stored["id"]
    assert (zoned["recorded_at"], zoned["site"]) == ("2024-05-04T04:30:00+02:00", "marsh")
    assert row_count(database, "recordings") == 1


@pytest.mark.parametrize("fewer", [(), ("--start", "none"), ("--site", "marsh"), NORTH])
def test_what_is_not_said_again_takes_nothing_away_and_sends_nothing(
    fewer: tuple[object, ...], submit: Submit, gate: Gate, pcm: bytes, card: Path
) -> None:
    path = write(card, "a.wav", wav(pcm))
    first = submit(path, "--site", "marsh", *NORTH, "--recorded-at", "2026-05-01T04:30:00+02:00").answers[0]
    again = submit(path, *fewer)
    assert again.answers[0] | {"duplicate": False, "start": first["start"]} == first
    assert len(gate.uploads) == 1


def test_the_same_bytes_under_another_clock_are_another_recording(
    submit: Submit, gate: Gate, pcm: bytes, card: Path
) -> None:
    names = ("20240504_043000.wav", "20240505_043000.wav")
    for name in names:
        write(card, name, wav(pcm))
    for _ in range(2):
        answers = submit(card, "--time-zone", "+02:00").answers
        assert [answer["recorded_at"][:10] for answer in answers] == ["2024-05-04", "2024-05-05"]
        assert len(gate.uploads) == 2


def test_a_place_that_contradicts_is_refused_without_sending(
    submit: Submit, gate: Gate, pcm: bytes, card: Path
) -> None:
    path = write(card, "a.wav", wav(pcm))
    submit(path, *NORTH)
    refused = submit(path, "--latitude", -33.9, "--longitude", 18.4)
    assert (refused.code, refused.answers, len(gate.uploads)) == (1, [], 1)
    assert "52.5, 13.4" in refused.err
    assert "-33.9, 18.4" in refused.err


def test_an_hour_that_summer_time_skips_costs_its_file_only(submit: Submit, gate: Gate, pcm: bytes, card: Path) -> None:
    write(card, "20240331_023000.wav", wav(pcm))
    write(card, "20240401_023000.wav", wav(pcm))
    said = submit(card, "--time-zone", "Europe/Berlin")
    assert (said.code, len(said.answers), len(gate.uploads)) == (1, 1, 1)
    assert "20240331_023000.wav" in said.err.splitlines()[-1]


def test_files_without_a_time_are_counted_and_one_is_named(submit: Submit, pcm: bytes, card: Path) -> None:
    write(card, "20240504_043000.wav", wav(pcm))
    write(card, "20240504_053000.wav", wav(pcm + bytes(2)))
    said = submit(card)
    assert said.code == 0
    assert "without a time: 2 recordings, such as " in said.err
    assert "time zone" in said.err


def test_one_start_for_many_files_is_refused(submit: Submit, gate: Gate, pcm: bytes, card: Path) -> None:
    for name in ("a.wav", "b.wav"):
        write(card, name, wav(pcm))
    said = submit(card, "--recorded-at", "2026-05-01T04:30:00+02:00")
    assert (said.code, gate.passed) == (1, [])
    assert said.err.startswith("error: --recorded-at is the start of one recording")


@pytest.mark.parametrize(
    "name", [b"caf\xe9.wav", b"\xff\xfe.wav", "na\u200dme\xa0\xad.wav".encode(), b'a"b.wav', b"a:b.wav"]
)
def test_any_name_is_submitted_once(name: bytes, submit: Submit, gate: Gate, pcm: bytes, card: Path) -> None:
    Path(os.fsdecode(os.fsencode(card) + b"/" + name)).write_bytes(wav(pcm))
    first, again = submit(card), submit(card, "--report", card.parent / "report.csv")
    assert (first.code, again.code, len(gate.uploads)) == (0, 0, 1)
    assert first.answers[0]["filename"] == name.decode(errors="replace")
    assert name.decode(errors="replace").replace('"', '""') in (card.parent / "report.csv").read_text()


@pytest.mark.parametrize("result", ["failed", "cancelled"])
def test_an_analysis_without_a_result_answers_nothing(
    result: str, client: httpx.Client, submit: Submit, gate: Gate, pcm: bytes, card: Path, database: Database
) -> None:
    path = write(card, "a.wav", wav(pcm))
    first = submit(path).answers[0]["analysis_id"]
    assert client.post(f"/v1/analyses/{first}/cancel").status_code == 200
    with database.transaction() as connection:
        connection.execute("UPDATE analyses SET result = %s", [result])
    again = submit(path).answers[0]
    assert again["analysis_id"] != first
    assert again["duplicate"] is False
    assert submit(path).answers[0]["analysis_id"] == again["analysis_id"]
    assert len(gate.uploads) == 1


def test_a_lost_answer_begins_another_analysis_once(
    submit: Submit, gate: Gate, pcm: bytes, card: Path, database: Database
) -> None:
    path = write(card, "a.wav", wav(pcm))
    submit(path)
    lost: list[Request] = []

    def lose_once(request: Request) -> bool:
        if request.path.endswith("/analyses") and not lost:
            lost.append(request)
            return True
        return False

    gate.loses_answer = lose_once
    assert submit(path, "--onset-threshold", 0.9).code == 0
    assert lost
    assert row_count(database, "analyses") == 2


def test_audio_that_was_removed_is_sent_again(
    submit: Submit, gate: Gate, pcm: bytes, card: Path, database: Database
) -> None:
    path = write(card, "a.wav", wav(pcm))
    submit(path)
    with database.transaction() as connection:
        connection.execute("UPDATE recordings SET audio_removed_at = now()")
    answer = submit(path).answers[0]
    assert (answer["audio_removed_at"], len(gate.uploads)) == (None, 2)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(
            422,
            ("Content-Type: application/problem+json",),
            b'{"title": "A field is wrong", "errors": [{"field": "sha256", "detail": "Extra inputs"}]}',
        ),
        Reply(403, ("Content-Type: application/problem+json",), b'{"title": "The key does not allow this"}'),
        Reply(200, ("Content-Type: application/json",), b'{"items": [{"sha256": "another"}], "next": null}'),
    ],
    ids=["refuses the parameter", "lets uploaders list nothing", "heeds no parameter"],
)
def test_an_older_service_gets_every_file_and_that_is_said(
    reply: Reply, submit: Submit, gate: Gate, pcm: bytes, card: Path, database: Database
) -> None:
    for name in ("a.wav", "b.wav"):
        write(card, name, wav(pcm + name.encode()))
    gate.plan = lambda request: reply if (request.method, request.path) == ("GET", "/v1/recordings") else None
    for _ in range(2):
        said = submit(card)
        assert said.code == 0
        assert "older version" in said.err
    assert (len(gate.uploads), row_count(database, "recordings")) == (4, 2)


def test_a_key_that_may_only_upload_is_enough(
    submit: Submit, gate: Gate, pcm: bytes, card: Path, database: Database
) -> None:
    path = write(card, "a.wav", wav(pcm))
    key = create_key(database, "station 7", ("upload",))[1]
    for _ in range(2):
        assert submit(path, "--key", key, *NORTH).code == 0
    assert len(gate.uploads) == 1


def test_a_key_that_may_only_read_ends_the_run_in_one_line(
    submit: Submit, gate: Gate, pcm: bytes, card: Path, database: Database
) -> None:
    for number in range(9):
        write(card, f"{number}.wav", wav(pcm + bytes(2 * number)))
    said = submit(card, "--key", create_key(database, "desk", ("read",))[1], "--jobs", 2)
    assert (said.code, len(said.err.splitlines())) == (1, 1)
    assert "scope upload" in said.err
    assert len(gate.uploads) <= 2


def test_a_file_that_is_too_large_is_refused_and_the_rest_go_on(
    chorus: Submit, start_api: StartApi, pcm: bytes, card: Path
) -> None:
    write(card, "a.wav", wav(pcm))
    write(card, "b.wav", wav(pcm * 40))
    write(card, "c.wav", wav(pcm + bytes(2)))
    url = start_api(max_upload_bytes=200_000).url
    said = chorus("submit", "--url", url, card)
    assert (said.code, len(said.out.split())) == (1, 2)
    assert "3 files: 2 uploaded, 1 refused" in said.err.splitlines()[-1]
    assert "b.wav" in said.err.splitlines()[-1]


def test_a_rate_limit_is_waited_out(chorus: Submit, start_api: StartApi, pcm: bytes, card: Path) -> None:
    for number in range(6):
        write(card, f"{number}.wav", wav(pcm + bytes(2 * number)))
    url = start_api(requests_per_s=4.0, request_burst=2).url
    said = chorus("submit", "--url", url, "--jobs", 6, card)
    assert (said.code, len(set(said.out.split()))) == (0, 6)


def test_too_few_slots_for_uploads_are_waited_for(chorus: Submit, start_api: StartApi, pcm: bytes, card: Path) -> None:
    for number in range(4):
        write(card, f"{number}.wav", wav(pcm + bytes(2 * number)))
    said = chorus("submit", "--url", start_api(uploads_at_once=1).url, "--jobs", 4, card)
    assert (said.code, len(set(said.out.split()))) == (0, 4)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize(
    "header", ["", "Retry-After: 1", "Retry-After: {date}", "Retry-After: soon", "Retry-After: 86400"]
)
def test_a_service_that_stays_away_ends_the_run_when_patience_does(
    status: int, header: str, chorus: Submit, nobody: Gate, card: Path
) -> None:
    path = write(card, "a.wav", b"sound")
    date = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    nobody.plan = lambda _: Reply(status, (header.format(date=date),) if header else ())
    said = chorus("submit", "--url", nobody.url, "--patience", "200ms", path)
    assert (said.code, nobody.passed) == (1, [])
    assert "--patience" in said.err.splitlines()[-1]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, ("Content-Type: text/html",), b"<html>Sign in"),
        Reply(200, ("Content-Type: application/json",), b'["no object"]'),
        Reply(302, ("Location: https://hotel.example/login",)),
        Reply(301, ("Location: https://birds.example/",)),
        Reply(404, ("Content-Type: text/html",), b"<html>nginx"),
    ],
    ids=["a sign-in page", "JSON of others", "a redirect", "https only", "another server"],
)
def test_another_server_at_the_address_is_told_in_one_line(
    reply: Reply, chorus: Submit, nobody: Gate, card: Path
) -> None:
    for name in ("a.wav", "b.wav"):
        write(card, name, name.encode())
    nobody.plan = lambda _: reply
    said = chorus("submit", "--url", nobody.url, card)
    assert (said.code, len(said.err.splitlines())) == (1, 1)
    assert "is not the address of a Dawn Chorus service" in said.err


def test_a_prefix_in_the_address_is_kept(chorus: Submit, nobody: Gate, card: Path) -> None:
    path = write(card, "a.wav", b"sound")
    seen: list[str] = []
    nobody.plan = lambda request: seen.append(request.path) or Reply(404)  # type: ignore[func-returns-value]
    chorus("submit", "--url", f"{nobody.url}/birds/", path)
    assert seen == ["/birds/v1/recordings"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--url", "localhost:8000"), "like http://localhost:8000"),
        (("--url", "ftp://birds"), "http:// or https://"),
        (("--url", ""), "like http://127.0.0.1:8000"),
        (("--key", ""), "the key is empty"),
        (("--key", "a\nb"), "a line break"),
        (("--key", "schlüssel"), "chorus keys create"),
        (("--latitude", 52.5), "give both --latitude and --longitude"),
        (("--onset-threshold", 0.2, "--offset-threshold", 0.5), "--offset-threshold must not be above"),
        (("--recorded-at", "yesterday"), "--recorded-at"),
        (("--time-zone", "Mars/Olympus"), "--time-zone"),
        (("--start", "file", "--recorded-at", "2026-05-01T04:30:00Z"), "--recorded-at"),
        (("--sites", "missing.csv"), "missing.csv"),
        (("--report", "missing/report.csv"), "the report missing/report.csv cannot be written"),
    ],
    ids=str,
)
def test_an_option_that_cannot_be_meant_ends_in_one_line(
    words: tuple[str, ...], told: str, chorus: Submit, nobody: Gate, card: Path
) -> None:
    path = write(card, "a.wav", b"sound")
    url = () if "--url" in words else ("--url", nobody.url)
    said = chorus("submit", *url, *words, path)
    assert (said.code, len(said.err.splitlines()), nobody.passed) == (1, 1, [])
    assert told in said.err


@pytest.mark.parametrize(
    "words",
    [("--patience", "soon"), ("--jobs", 0), ("--priority", "now"), ("--channels", "left"), ("--latitude", "nan")],
)
def test_a_value_that_no_option_has_is_refused_with_its_name(
    words: tuple[object, ...], chorus: Submit, nobody: Gate, card: Path
) -> None:
    said = chorus("submit", "--url", nobody.url, *words, card)
    assert (said.code, nobody.passed) == (2, [])
    assert str(words[0]) in said.err


@pytest.mark.parametrize("command", [("status",), ("timeline", "01980a5e-0000-7000-8000-000000000000")])
@pytest.mark.parametrize("words", [("--url", "localhost:8000"), ("--key", "a b"), ("--url", "http://")])
def test_the_other_commands_say_so_too(command: tuple[str, ...], words: tuple[str, ...], chorus: Submit) -> None:
    said = chorus(*command, *words)
    assert (said.code, len(said.err.splitlines())) == (1, 1)


@pytest.mark.parametrize("proxy", ["nonsense", "socks5://127.0.0.1:9", "http://127.0.0.1:9", "http://x:y:z"])
def test_a_service_on_this_machine_needs_no_proxy(
    proxy: str, submit: Submit, pcm: bytes, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, proxy)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert submit(write(card, "a.wav", wav(pcm))).code == 0


def test_options_of_the_analysis_arrive(submit: Submit, pcm: bytes, card: Path) -> None:
    path = write(card, "a.wav", wav(pcm))
    words = ("--onset-threshold", 0.7, "--offset-threshold", 0.02, "--min-event-s", 1, "--min-gap-s", 2)
    answer = submit(path, *words, *NORTH, "--priority", "bulk", "--channels", 1).answers[0]
    (analysis,) = answer["analyses"]
    assert analysis["priority"] == "bulk"
    assert analysis["settings"] == {
        "floor": 0.02,
        "occurrence_min": 0.03,
        "event_rule": {"onset_threshold": 0.7, "offset_threshold": 0.02, "min_event_s": 1.0, "min_gap_s": 2.0},
        "channels": 1,
    }
    assert submit(path, *words, *NORTH, "--channels", 1).answers[0]["duplicate"] is True


@pytest.mark.parametrize(
    ("words", "least"),
    [((), None), (NORTH, 0.03), ((*NORTH, "--occurrence-min", 0), None), ((*NORTH, "--occurrence-min", 0.2), 0.2)],
)
def test_absent_species_are_left_out_where_a_place_is_known(
    words: tuple[object, ...], least: float | None, submit: Submit, pcm: bytes, card: Path
) -> None:
    answer = submit(write(card, "a.wav", wav(pcm)), *words).answers[0]
    assert answer["analyses"][0]["settings"]["occurrence_min"] == least


def test_a_filter_that_was_asked_for_and_did_nothing_is_told(submit: Submit, pcm: bytes, card: Path) -> None:
    write(card, "a.wav", wav(pcm))
    write(card, "b.wav", wav(pcm, after=[guano("Loc Position: 52.52 13.405")]))
    said = submit(card, "--occurrence-min", 0.1)
    assert said.code == 0
    assert "--occurrence-min left nothing out of 1 recording:" in said.err
    assert "left nothing out" not in submit(card).err


def test_a_place_in_the_header_is_a_known_place(submit: Submit, pcm: bytes, card: Path) -> None:
    path = write(card, "a.wav", wav(pcm, after=[guano("Loc Position: 52.52 13.405")]))
    assert submit(path).answers[0]["analyses"][0]["settings"]["occurrence_min"] == 0.03


def test_a_plain_upload_stays_unfiltered(client: httpx.Client, pcm: bytes) -> None:
    fields = {"latitude": "52.5", "longitude": "13.4"}
    answer = client.post("/v1/recordings", files={"file": ("a.wav", wav(pcm))}, data=fields).json()
    assert answer["analyses"][0]["settings"]["occurrence_min"] is None


def test_a_file_that_is_cut_short_while_it_is_read_is_named(submit: Submit, card: Path) -> None:
    """Not audio at all, too, and a header alone: what cannot be read here is for the service to refuse."""
    write(card, "a.wav", b"RIFF")
    write(card, "b.wav", chunk(b"RIFF", b"WAVE"))
    said = submit(card)
    assert (said.code, said.answers) == (1, [])
    assert "2 refused" in said.err.splitlines()[-1]


def test_a_pipe_is_refused_and_not_waited_for(submit: Submit, pcm: bytes, card: Path) -> None:
    os.mkfifo(card / "pipe")
    said = submit(write(card, "a.wav", wav(pcm)), card / "pipe")
    assert (said.code, len(said.answers)) == (1, 1)
    assert "save it to a file first" in said.err


def test_a_file_that_changes_while_it_is_sent_is_named(submit: Submit, gate: Gate, pcm: bytes, card: Path) -> None:
    path = write(card, "a.wav", wav(pcm))

    def grow(request: Request) -> None:
        if request.method == "GET" and request.path == "/v1/recordings":
            write(card, "a.wav", wav(pcm + bytes(2)))

    gate.plan = grow
    said = submit(path)
    assert (said.code, said.answers) == (1, [])
    assert "changed while it was sent" in said.err


def test_waiting_survives_a_pause_of_the_service(
    submit: Submit, client: httpx.Client, gate: Gate, pcm: bytes, card: Path
) -> None:
    asked: list[str] = []

    def pause(request: Request) -> Reply | None:
        if not request.path.startswith("/v1/analyses/"):
            return None
        asked.append(request.path)
        if len(asked) == 3:
            client.post(f"{request.path}/cancel")
        return (Reply(503), Reply(None), None)[len(asked) % 3]

    gate.plan = pause
    said = submit(write(card, "a.wav", wav(pcm)), "--wait")
    assert said.code == 1
    assert said.err.splitlines()[-1] == "warning: a.wav: cancelled"
    assert len(asked) > 3
