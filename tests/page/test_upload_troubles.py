"""Uploads that go on behind a closed sheet, answers that hold one up, and hours that are none."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page, expect

from tests import recorder_files as files
from tests.integration.api_checks import wait_until
from tests.page.pressing import tab_to
from tests.page.upload_sheet import choose, named, recordings, row_of, sheet, upload_button
from tests.page.watched_page import Faults, watch_page
from tests.servers import gate as lines
from tests.servers.chorus_up import Service
from tests.servers.gate import Gate, Reply, open_gate

BUSY = Reply(503, ("Retry-After: 1",))


@pytest.fixture(scope="module")
def pcm(audio_dir: Path) -> bytes:
    """Three seconds of a loud song."""
    return files.real_pcm(audio_dir, 3.0)


@pytest.fixture
def gate(service: Service) -> Iterator[Gate]:
    with open_gate(urlsplit(service.url).port or 0) as gate:
        yield gate


@pytest.fixture
def watched(browser: Browser, gate: Gate) -> Iterator[tuple[Page, Faults]]:
    """A page behind the gate."""
    with watch_page(browser, gate.url) as watched:
        yield watched


def order_and_close(page: Page, gate: Gate, *paths: Path) -> None:
    """Order files whose recordings the service does not make yet, and close the sheet."""
    hold_recordings(gate)
    page.goto("/")
    choose(page, *paths)
    upload_button(page).click()
    page.get_by_role("button", name="Close").click()


def going_on(page: Page) -> Locator:
    return page.get_by_role("group", name="Uploads that go on")


def hold_recordings(gate: Gate) -> None:
    """Let files come, and nothing be made of them."""
    gate.plan = lambda request: BUSY if (request.method, request.path) == ("POST", "/v1/recordings") else None


def test_what_was_ordered_goes_on_behind_a_closed_sheet_and_its_end_is_said(
    page: Page, faults: Faults, api: httpx.Client, gate: Gate, pcm: bytes, tmp_path: Path
) -> None:
    hold_recordings(gate)
    page.goto("/")
    choose(page, *named(tmp_path, pcm, "on1.wav", "on2.wav", shift=1000))
    page.get_by_role("button", name="Upload 2 recordings").click()
    page.get_by_role("button", name="Close").click()
    expect(sheet(page)).to_have_count(0)
    expect(going_on(page)).to_contain_text("2 uploads go on.")
    expect(going_on(page).get_by_role("progressbar", name="Sent of all files")).to_be_visible()
    going_on(page).get_by_role("button", name="Show files").click()
    expect(row_of(page, "on1.wav")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    faults.expect("503")
    gate.plan = lines.no_trouble
    expect(page.get_by_role("status").filter(has_text="2 recordings made.")).to_be_visible()
    expect(going_on(page)).to_have_count(0)
    assert len(recordings(api, q="on1.wav")) == len(recordings(api, q="on2.wav")) == 1


def test_closing_deletes_only_what_nobody_ordered(
    page: Page, faults: Faults, api: httpx.Client, gate: Gate, pcm: bytes, tmp_path: Path
) -> None:
    ordered, other = named(tmp_path, pcm, "ordered.wav", "other.wav", shift=1010)
    hold_recordings(gate)
    page.goto("/")
    choose(page, ordered)
    upload_button(page).click()
    choose(page, other)
    expect(upload_button(page)).to_have_text("Upload 1 recording")
    expect(row_of(page, "other.wav")).to_contain_text("Sent")
    faults.expect("503")
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as deleted:
        page.get_by_role("button", name="Close").click()
    assert deleted.value.status == 204
    expect(page.get_by_role("status").filter(has_text="1 upload deleted, 1 goes on.")).to_be_visible()
    expect(going_on(page)).to_contain_text("1 upload goes on.")
    page.get_by_role("button", name="Undo").click()
    expect(row_of(page, "other.wav")).to_be_visible()
    expect(upload_button(page)).to_be_enabled()
    page.get_by_role("button", name="Close").click()
    gate.plan = lines.no_trouble
    expect(page.get_by_role("status").filter(has_text="1 recording made.")).to_be_visible()
    assert len(recordings(api, q="ordered.wav")) == 1
    assert recordings(api, q="other.wav") == []


def test_leaving_while_ordered_files_go_on_unseen_is_asked_about(
    page: Page, faults: Faults, gate: Gate, pcm: bytes, tmp_path: Path
) -> None:
    order_and_close(page, gate, *named(tmp_path, pcm, "leave.wav", shift=1020))
    expect(going_on(page)).to_be_visible()
    faults.expect("503")
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    page.reload()
    assert asked == ["beforeunload"]


def test_what_went_wrong_unseen_stays_until_somebody_has_seen_it(
    page: Page, faults: Faults, gate: Gate, pcm: bytes, tmp_path: Path
) -> None:
    order_and_close(page, gate, *named(tmp_path, pcm, "wrong.wav", shift=1030))
    expect(going_on(page)).to_contain_text("1 upload goes on.")
    faults.expect("503")
    gate.plan = refuse_recordings
    expect(going_on(page)).to_contain_text("1 failed.")
    going_on(page).get_by_role("button", name="Show files").click()
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("status").filter(has_text="1 upload deleted.")).to_be_visible()
    expect(going_on(page)).to_have_count(0)
    faults.expect("403")


def refuse_recordings(request: lines.Request) -> Reply | None:
    if (request.method, request.path) != ("POST", "/v1/recordings"):
        return None
    return problem(403, "forbidden", "The key does not allow this")


def problem(status: int, kind: str, detail: str, *headers: str) -> Reply:
    """Return an answer in the service's own words."""
    body = json.dumps({"type": f"urn:dawn-chorus:problem:{kind}", "status": status, "detail": detail}).encode()
    return Reply(status, ("Content-Type: application/problem+json", *headers), body)


def test_uploads_that_wait_for_their_deletion_are_deleted_at_once_when_the_page_is_left(
    page: Page, gate: Gate, pcm: bytes, tmp_path: Path
) -> None:
    def deleted() -> int:
        return sum(each.method == "DELETE" and each.status == 204 for each in gate.passed)

    page.goto("/")
    choose(page, *large(tmp_path, pcm))
    expect(page.get_by_text("MB sent")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("status").filter(has_text="3 uploads deleted.")).to_be_visible()
    assert deleted() == 0, "so much is not sent twice: it can be had back for a moment"
    page.goto("about:blank")
    wait_until(lambda: deleted() == 3)


def large(folder: Path, pcm: bytes) -> list[Path]:
    """Write more than is quickly sent again."""
    paths = [folder / f"large{number}.wav" for number in range(3)]
    for number, path in enumerate(paths):
        path.write_bytes(files.wav(pcm[2 * number :] * (24 * 10**6 // len(pcm))))
    return paths


def on_bytes(reply: Reply) -> Callable[[lines.Request], Reply | None]:
    """Answer all requests that bring bytes by this."""
    return lambda request: reply if request.method in {"PATCH", "POST"} else None


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (
            (429, "too-many-requests", "too many; retry in 2 s", "Retry-After: 2"),
            "It goes on by itself after 2 seconds.",
        ),
        ((408, "upload-stalled", "The upload came to a standstill", "Retry-After: 2"), "The line was too slow"),
    ],
)
def test_a_service_that_wants_a_pause_gets_it_and_it_is_said(
    page: Page, faults: Faults, gate: Gate, pcm: bytes, tmp_path: Path, reply: tuple[int, str, str, str], said: str
) -> None:
    gate.plan = on_bytes(problem(*reply))
    page.goto("/")
    choose(page, *named(tmp_path, pcm, f"pause{reply[0]}.wav", shift=1100 + reply[0]))
    expect(sheet(page).get_by_text(said)).to_be_visible()
    gate.plan = lines.no_trouble
    upload_button(page).click()
    expect(page.get_by_role("heading", name="1 recording made.")).to_be_visible()
    faults.expect(str(reply[0]))


def test_a_file_that_is_too_large_is_told_the_limit(
    page: Page, faults: Faults, gate: Gate, pcm: bytes, tmp_path: Path
) -> None:
    gate.plan = on_bytes(problem(413, "too-large", "A file may have at most 5368709120 bytes"))
    page.goto("/")
    choose(page, *named(tmp_path, pcm, "huge.wav", shift=1700))
    expect(sheet(page).get_by_text("A file may have at most 5.4 GB. Split the file")).to_be_visible()
    expect(row_of(page, "huge.wav")).to_contain_text("Failed")
    faults.expect("413")


def test_an_upload_that_expires_in_the_middle_begins_anew(
    page: Page, faults: Faults, api: httpx.Client, gate: Gate, tmp_path: Path
) -> None:
    path = tmp_path / "expires.wav"
    path.write_bytes(files.wav(np.random.default_rng(7).bytes(10**7)))
    gate.plan = lambda request: BUSY if request.method == "PATCH" and gate.body_bytes > 10**6 else None
    page.goto("/")
    with page.expect_response(lambda answer: answer.url.endswith("/facts")) as facts:
        choose(page, path)
    expect(page.get_by_role("cell", name="Held up")).to_be_visible()
    upload_id = facts.value.url.split("/")[-2]
    api.delete(f"/v1/uploads/{upload_id}", headers={"Tus-Resumable": "1.0.0"}).raise_for_status()
    gate.plan = lines.no_trouble
    upload_button(page).click()
    expect(page.get_by_role("heading", name="1 recording made.")).to_be_visible()
    assert recordings(api, q="expires.wav")[0]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    faults.expect("503")
    faults.expect("410")


def test_an_hour_that_summer_time_skips_is_left_to_a_person(
    page: Page, faults: Faults, api: httpx.Client, pcm: bytes, tmp_path: Path
) -> None:
    page.goto("/")
    choose(page, *named(tmp_path, pcm, "SKIPPED_20250330_023000.WAV", shift=1800))
    page.get_by_label("Time zone", exact=True).fill("Europe/Berlin")
    upload_button(page).click()
    choice = page.get_by_role("group", name="Start of SKIPPED_20250330_023000.WAV")
    expect(choice).to_contain_text("2025-03-30 02:30:00 does not exist, for summer time skips it in Europe/Berlin.")
    choice.get_by_role("button", name="03:30:00 +02:00").click()
    expect(page.get_by_role("heading", name="1 recording made.")).to_be_visible()
    assert [each["recorded_at"] for each in recordings(api, q="SKIPPED_")] == ["2025-03-30T03:30:00+02:00"]
    faults.expect("422")


def test_everything_is_done_by_keyboard_alone(page: Page, api: httpx.Client, pcm: bytes, tmp_path: Path) -> None:
    (path,) = named(tmp_path, pcm, "KEYS_20240504_043000.WAV", shift=1900)
    page.on("filechooser", lambda chooser: chooser.set_files(path))  # early: Chromium takes a while to hand it over
    page.goto("/")
    picker = page.get_by_label("Choose files")
    tab_to(page, picker)
    page.keyboard.press("Enter")
    expect(sheet(page).get_by_role("heading")).to_be_focused()
    tab_to(page, page.get_by_label("Time zone", exact=True))
    page.keyboard.type("+02:00")
    tab_to(page, upload_button(page))
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", name="1 recording made.")).to_be_focused()
    tab_to(page, page.get_by_role("button", name="Close"))
    page.keyboard.press("Enter")
    expect(sheet(page)).to_have_count(0)
    expect(picker).to_be_focused()
    assert [each["recorded_at"] for each in recordings(api, q="KEYS_")] == ["2024-05-04T04:30:00+02:00"]
