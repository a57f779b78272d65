"""From files to recordings: dropping, the sheet, clocks and zones, what is there already and what is not audio."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from tests import recorder_files as files
from tests.page.upload_sheet import choose, named, recordings, rolled, row_of, sheet, upload_button
from tests.page.watched_page import Faults, watch_page
from tests.servers.chorus_up import Service

TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture(scope="module")
def pcm(audio_dir: Path) -> bytes:
    """Three seconds of a loud song."""
    return files.real_pcm(audio_dir, 3.0)


def moths(folder: Path, pcm: bytes, clocks: list[str], zone: str) -> list[Path]:
    """Write files of an AudioMoth, of which no two sound alike."""
    paths = []
    for number, clock in enumerate(clocks):
        path = folder / f"AM{number:03}.WAV"
        path.write_bytes(files.wav(rolled(pcm, number), [files.info(files.audiomoth_comment(clock, zone))]))
        paths.append(path)
    return paths


def test_many_files_become_recordings_with_their_own_clocks_and_a_common_site(
    page: Page, api: httpx.Client, pcm: bytes, tmp_path: Path
) -> None:
    clocks = [f"{hour:02}:00:00 04/05/2024" for hour in range(24)]
    page.goto("/")
    choose(page, *moths(tmp_path, pcm, clocks, "+2"))
    sheet(page).get_by_label("Site").fill("north-marsh")
    page.get_by_label("Latitude").fill("52,52")
    page.get_by_label("Longitude").fill("13.405")
    button = page.get_by_role("button", name="Upload 24 recordings")
    expect(button).to_be_enabled()  # all are read
    expect(page.get_by_text("a clock without a zone")).to_have_count(0)
    button.click()
    expect(page.get_by_role("heading", name="24 recordings made.")).to_be_visible()
    made = recordings(api, site="north-marsh")
    assert len(made) == 24
    assert {(each["latitude"], each["longitude"]) for each in made} == {(52.52, 13.405)}
    assert min(str(each["recorded_at"]) for each in made) == "2024-05-04T00:00:00+02:00"


def test_a_clock_without_a_zone_is_asked_for_and_nothing_is_made_before_that(
    page: Page, api: httpx.Client, pcm: bytes, tmp_path: Path
) -> None:
    page.goto("/")
    choose(page, *named(tmp_path, pcm, "A_20240504_043000.WAV", "B_20240504_050000.WAV", shift=100))
    expect(page.get_by_text("2 files have a clock without a zone: which is it?")).to_be_visible()
    expect(upload_button(page)).to_be_disabled()
    zone = page.get_by_label("Time zone", exact=True)
    zone.fill("Atlantis")
    expect(page.get_by_text("There is no zone of that name")).to_be_visible()
    expect(upload_button(page)).to_be_disabled()
    zone.fill("kathmandu")
    upload_button(page).click()
    expect(page.get_by_role("heading", name="2 recordings made.")).to_be_visible()
    starts = {each["filename"]: each["recorded_at"] for each in recordings(api, q="_20240504_0")}
    assert starts == {
        "A_20240504_043000.WAV": "2024-05-04T04:30:00+05:45",
        "B_20240504_050000.WAV": "2024-05-04T05:00:00+05:45",
    }


def test_the_zone_of_this_computer_is_offered_and_not_taken(
    browser: Browser, service: Service, pcm: bytes, tmp_path: Path
) -> None:
    with watch_page(browser, service.url, timezone_id="America/St_Johns") as (page, _):
        page.goto("/")
        choose(page, *named(tmp_path, pcm, "20240601_043000.WAV", shift=110))
        expect(page.get_by_text("1 file has a clock without a zone: which is it?")).to_be_visible()
        expect(upload_button(page)).to_be_disabled()
        page.get_by_role("button", name="America/St_Johns").click()
        expect(page.get_by_label("Time zone", exact=True)).to_have_value("America/St_Johns")
        expect(upload_button(page)).to_be_enabled()


def test_the_question_can_be_waved_off(page: Page, api: httpx.Client, pcm: bytes, tmp_path: Path) -> None:
    page.goto("/")
    choose(page, *named(tmp_path, pcm, "OFF_20240504_043000.WAV", shift=120))
    page.get_by_role("button", name="Store without a time").click()
    upload_button(page).click()
    expect(page.get_by_role("heading", name="1 recording made.")).to_be_visible()
    (made,) = recordings(api, q="OFF_20240504")
    assert made["recorded_at"] is None


def test_where_no_clock_was_found_nothing_is_asked(page: Page, pcm: bytes, tmp_path: Path) -> None:
    page.goto("/")
    choose(page, *named(tmp_path, pcm, "song.wav", shift=130))
    expect(page.get_by_text("No clock in header or name")).to_be_visible()
    expect(upload_button(page)).to_be_enabled()
    expect(page.get_by_text("which is it?")).to_have_count(0)


def test_an_hour_that_summer_time_repeats_is_left_to_a_person(
    page: Page, api: httpx.Client, faults: Faults, pcm: bytes, tmp_path: Path
) -> None:
    page.goto("/")
    names = ["TWICE_20241027_023000.WAV", "ONCE_20241027_043000.WAV"]
    choose(page, *named(tmp_path, pcm, *names, shift=140))
    page.get_by_label("Time zone", exact=True).fill("Europe/Berlin")
    page.get_by_role("button", name="Upload 2 recordings").click()
    choice = page.get_by_role("group", name=f"Start of {names[0]}")
    expect(choice).to_contain_text("comes twice in Europe/Berlin")
    choice.get_by_role("button", name="02:30:00 +01:00").click()
    expect(page.get_by_role("heading", name="2 recordings made.")).to_be_visible()
    starts = {each["filename"]: each["recorded_at"] for each in recordings(api, q="_20241027_")}
    assert starts == {names[0]: "2024-10-27T02:30:00+01:00", names[1]: "2024-10-27T04:30:00+01:00"}
    faults.expect("422")


def test_what_is_there_already_and_what_is_not_audio_is_said_of_each_file(
    page: Page, api: httpx.Client, faults: Faults, pcm: bytes, tmp_path: Path
) -> None:
    known, fresh = named(tmp_path, pcm, "known.wav", "fresh.wav", shift=150)
    there = api.post("/v1/recordings", files={"file": (known.name, known.read_bytes())}).raise_for_status().json()
    (tmp_path / "letter.wav").write_text("To whom it may concern")
    (tmp_path / "CONFIG.TXT").write_text("gain: medium")
    page.goto("/")
    choose(page, known, fresh, tmp_path / "letter.wav", tmp_path / "CONFIG.TXT")
    expect(page.get_by_text("CONFIG.TXT is not a sound recording and was left out.")).to_be_visible()
    expect(row_of(page, "letter.wav")).to_contain_text("Not audio")
    page.get_by_role("button", name="Upload 2 recordings").click()
    expect(page.get_by_role("heading", name="1 recording made, 1 was there already, 1 is not audio.")).to_be_visible()
    expect(row_of(page, "known.wav").get_by_role("link", name="Open")).to_have_attribute(
        "href", f"/recordings/{there['id']}"
    )
    faults.expect("415")


def test_a_site_brings_its_coordinates_to_files_that_have_none(
    page: Page, api: httpx.Client, pcm: bytes, tmp_path: Path
) -> None:
    first, plain = named(tmp_path, pcm, "first.wav", "plain.wav", shift=160)
    place = {"site": "old-quarry", "latitude": "47.5", "longitude": "8.25"}
    api.post("/v1/recordings", files={"file": (first.name, first.read_bytes())}, data=place).raise_for_status()
    note = files.guano("Timestamp: 2024-05-04T04:30:00+02:00", "Loc Position: 52.37 4.9")
    (tmp_path / "meter.wav").write_bytes(files.wav(rolled(pcm, 165), after=[note]))
    page.goto("/")
    choose(page, plain, tmp_path / "meter.wav")
    sheet(page).get_by_label("Site").fill("old-quarry")
    expect(page.get_by_label("Latitude")).to_have_value("47.5")
    expect(page.get_by_text("1 file says where it was recorded, and keeps that.")).to_be_visible()
    page.get_by_role("button", name="Upload 2 recordings").click()
    expect(page.get_by_role("heading", name="2 recordings made.")).to_be_visible()
    places = {each["filename"]: (each["latitude"], each["longitude"]) for each in recordings(api, site="old-quarry")}
    assert places == {"first.wav": (47.5, 8.25), "plain.wav": (47.5, 8.25), "meter.wav": (52.37, 4.9)}


def test_the_site_that_recorders_write_into_names_is_suggested_and_can_be_changed(
    page: Page, api: httpx.Client, pcm: bytes, tmp_path: Path
) -> None:
    marsh = named(tmp_path, pcm, "SOUTH-MARSH_20240601_040000.wav", "SOUTH-MARSH_20240601_050000.wav", shift=175)
    first = {"site": "south-marsh", "latitude": "47.5", "longitude": "8.25"}
    (known,) = named(tmp_path, pcm, "known-there.wav", shift=180)
    api.post("/v1/recordings", files={"file": (known.name, known.read_bytes())}, data=first).raise_for_status()
    page.goto("/")
    choose(page, *marsh)
    site = sheet(page).get_by_label("Site")
    expect(site).to_have_value("south-marsh")  # as it is known to the service
    expect(page.get_by_label("Latitude")).to_have_value("47.5")
    expect(page.get_by_text("The files’ names or folders tell this site: change it if it is another.")).to_be_visible()
    site.fill("")
    expect(page.get_by_text("The files’ names or folders tell “SOUTH-MARSH”.")).to_be_visible()
    site.fill("mouth of the brook")
    page.get_by_role("button", name="Store without a time").click()
    page.get_by_role("button", name="Upload 2 recordings").click()
    expect(page.get_by_role("heading", name="2 recordings made.")).to_be_visible()
    assert len(recordings(api, site="mouth of the brook")) == 2


def test_files_that_tell_several_sites_suggest_none(page: Page, pcm: bytes, tmp_path: Path) -> None:
    page.goto("/")
    choose(page, *named(tmp_path, pcm, "fen_20240601_040000.wav", "pond_20240601_050000.wav", shift=185))
    expect(sheet(page).get_by_text("The files name 2 sites (fen, pond)")).to_be_visible()
    expect(sheet(page).get_by_label("Site")).to_have_value("")
    page.get_by_role("button", name="Leave out pond_20240601_050000.wav").click()
    expect(sheet(page).get_by_label("Site")).to_have_value("fen")


def test_half_a_place_is_asked_for_before_anything_is_made(page: Page, pcm: bytes, tmp_path: Path) -> None:
    page.goto("/")
    choose(page, *named(tmp_path, pcm, "half.wav", shift=170))
    page.get_by_label("Latitude").fill("91")
    expect(page.get_by_role("alert")).to_have_text("The longitude is missing: write both or neither.")
    page.get_by_label("Longitude").fill("8.25")
    expect(page.get_by_role("alert")).to_contain_text("A latitude is a number from −90 to 90")
    expect(upload_button(page)).to_be_disabled()
    page.get_by_label("Latitude").fill("9,1")
    expect(upload_button(page)).to_be_enabled()


def drag(page: Page, *paths: Path) -> Iterator[None]:
    """Drag files over the window as a person does, yield there, and drop them."""
    chrome = page.context.new_cdp_session(page)
    dragged = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        if kind == "drop":
            yield
        chrome.send("Input.dispatchDragEvent", {"type": kind, "x": 400, "y": 300, "data": dragged})


def test_the_window_takes_a_folder_and_says_so_while_it_hangs_over_it(page: Page, pcm: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "CARD1"
    for name in ("DATA/2024", ".Trash-1000"):
        (folder / name).mkdir(parents=True)
    named(folder / "DATA" / "2024", pcm, "a.wav", "b.wav", shift=180)
    named(folder, pcm, "top.wav", "._top.wav", ".Trash-1000/old.wav", shift=182)
    (folder / ".DS_Store").write_bytes(b"junk")
    (folder / "DATA" / "notes.txt").write_text("our card")
    page.goto("/keys")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    for _ in drag(page, folder):
        expect(page.get_by_text("Drop to add these recordings")).to_be_visible()
    expect(page.get_by_role("heading", name="3 files to upload")).to_be_visible()
    for name in ("CARD1/DATA/2024/a.wav", "CARD1/DATA/2024/b.wav", "CARD1/top.wav"):
        expect(page.get_by_role("rowheader", name=name, exact=True)).to_be_visible()
    expect(page.get_by_text("notes.txt is not a sound recording and was left out.", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Upload 3 recordings")).to_be_enabled()


_CANNOT_READ = """const get = DataTransferItem.prototype.webkitGetAsEntry;
DataTransferItem.prototype.webkitGetAsEntry = function () {
  const entry = get.call(this);
  if (entry.name === "gone.wav") entry.file = (take, fail) => fail(new DOMException("", "NotReadableError"));
  return entry;
}"""


def test_what_cannot_be_read_is_named_and_takes_nothing_else_with_it(page: Page, pcm: bytes, tmp_path: Path) -> None:
    paths = named(tmp_path, pcm, "first.wav", "gone.wav", "last.wav", shift=186)
    page.add_init_script(_CANNOT_READ)
    page.goto("/")
    expect(page.get_by_label("Choose files")).to_be_attached()
    list(drag(page, *paths))
    said = page.get_by_role("status").filter(has_text="gone.wav could not be read and was left out.")
    expect(said).to_be_visible()
    expect(page.get_by_role("button", name="Upload 2 recordings")).to_be_enabled()


def test_a_folder_can_be_chosen(page: Page, pcm: bytes, tmp_path: Path) -> None:
    (tmp_path / "CARD2").mkdir()
    named(tmp_path / "CARD2", pcm, "c.wav", "d.wav", shift=190)
    page.goto("/")
    page.get_by_label("Choose a folder").set_input_files(tmp_path / "CARD2")
    expect(page.get_by_role("button", name="Upload 2 recordings")).to_be_enabled()


def test_a_sheet_that_is_closed_deletes_its_uploads_and_can_be_had_back(
    page: Page, api: httpx.Client, pcm: bytes, tmp_path: Path
) -> None:
    page.goto("/")
    (path,) = named(tmp_path, pcm, "gone.wav", shift=200)
    with page.expect_response(lambda answer: answer.url.endswith("/facts")) as facts:
        choose(page, path)
    upload_url = facts.value.url.removesuffix("/facts")
    expect(upload_button(page)).to_be_enabled()
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as deleted:
        page.get_by_role("button", name="Close").click()
    assert deleted.value.status == 204
    expect(upload_button(page)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    assert api.head(upload_url, headers=TUS).status_code == 410
    upload_button(page).click()
    expect(page.get_by_role("heading", name="1 recording made.")).to_be_visible()


def test_an_upload_that_has_expired_begins_anew_by_itself(
    page: Page, api: httpx.Client, faults: Faults, pcm: bytes, tmp_path: Path
) -> None:
    page.goto("/")
    with page.expect_response(lambda answer: answer.url.endswith("/facts")) as facts:
        choose(page, *named(tmp_path, pcm, "late.wav", shift=210))
    expect(upload_button(page)).to_be_enabled()
    api.delete(facts.value.url.removesuffix("/facts"), headers=TUS).raise_for_status()
    upload_button(page).click()
    expect(page.get_by_role("heading", name="1 recording made.")).to_be_visible()
    assert len(recordings(api, q="late.wav")) == 1
    faults.expect("410")


def test_leaving_while_files_are_on_their_way_is_asked_about(page: Page, pcm: bytes, tmp_path: Path) -> None:
    page.goto("/")
    choose(page, *named(tmp_path, pcm, "stay.wav", shift=220))
    sheet(page).get_by_label("Site").click()  # browsers ask only where somebody has done something
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    page.reload()
    assert asked == ["beforeunload"]
    expect(page.get_by_label("Choose files")).to_be_attached()
    expect(upload_button(page)).to_have_count(0)
