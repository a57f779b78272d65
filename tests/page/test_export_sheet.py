"""The export sheet: the filters of the view, how many rows, tables at once, sound as a job that one follows."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.heard_sites import PACK, heard_sites, review
from tests.page.test_accessibility import find_violations_of_all_looks, too_wide_at_200_percent
from tests.page.watched_page import Faults
from tests.servers.chorus_up import Service
from tests.servers.postgres_fill import CRICKET

Json = dict[str, Any]
TAXON = f"/taxa/Erithacus%20rubecula?pack={PACK}"


@pytest.fixture(scope="module", autouse=True)
def _filled(service: Service, api: httpx.Client) -> Iterator[None]:
    with heard_sites(service):
        review(api, list_detections(api, taxon="eurrob1")[0], "confirmed")
        yield


def list_detections(api: httpx.Client, **query: object) -> list[Json]:
    asked = {"pack": PACK, "limit": 1000, **query}
    found: list[Json] = api.get("/v1/detections", params=asked).raise_for_status().json()["items"]  # type: ignore[arg-type]
    return found


def open_sheet(page: Page, address: str) -> Locator:
    page.goto(address)
    page.get_by_role("main").get_by_role("button", name="Export").click()
    sheet = page.get_by_role("dialog", name="Export detections")
    expect(sheet.get_by_role("heading", level=2)).to_be_focused()
    return sheet


def save(page: Page, sheet: Locator, name: str) -> bytes:
    with page.expect_download() as download:
        sheet.get_by_role("link", name=f"Save as {name}", exact=True).click()
    return download.value.path().read_bytes()


def test_a_table_has_the_rows_that_the_sheet_says_and_the_service_lists(page: Page, api: httpx.Client) -> None:
    robins = list_detections(api, taxon="eurrob1", site="pond")
    sheet = open_sheet(page, f"{TAXON}&site=pond")
    expect(sheet.get_by_role("status")).to_have_text(f"{len(robins)} detections")
    rows = list(csv.DictReader(io.StringIO(save(page, sheet, "CSV").decode())))
    assert [(row["recording_id"], row["onset_s"]) for row in rows] == [
        (each["recording_id"], f"{each['onset_s']:.3f}") for each in robins
    ]
    assert [row["verdict"] for row in rows].count("confirmed") == sum(each["review"] is not None for each in robins)


def test_reviews_and_voices_narrow_it(page: Page, api: httpx.Client) -> None:
    everything = list_detections(api)
    sheet = open_sheet(page, f"/overview?pack={PACK}")
    said = sheet.get_by_role("status")
    expect(said).to_have_text(f"{len(everything)} detections")
    sheet.get_by_label("Leave out human voices").check()
    expect(said).to_have_text(f"{len(everything) - 1} detections")
    sheet.get_by_role("combobox", name="Reviews").select_option("Only confirmed ones")
    expect(said).to_have_text("1 detection")
    lines = save(page, sheet, "NDJSON").splitlines()
    assert len(lines) == 1
    assert b'"confirmed"' in lines[0]
    sheet.get_by_role("combobox", name="Reviews").select_option("Only rejected ones")
    expect(said).to_have_text("No detections")
    expect(sheet.get_by_role("link", name="Save as CSV")).to_be_hidden()


def test_what_was_corrected_is_told_and_included(page: Page, api: httpx.Client) -> None:
    (cricket,) = list_detections(api, taxon=CRICKET.code)
    review(api, cricket, "rejected", corrected="Erithacus rubecula")
    sheet = open_sheet(page, f"/overview?pack={PACK}&reviewed=confirmed")
    said = sheet.get_by_role("status")
    expect(sheet.get_by_role("combobox", name="Reviews")).to_have_value("confirmed")
    expect(said).to_have_text("1 detection")
    expect(sheet).to_contain_text("1 more was corrected to another taxon, and is not among them.")
    sheet.get_by_role("button", name="Include it").click()
    expect(said).to_have_text("2 detections")
    expect(sheet.get_by_role("combobox", name="Reviews")).to_have_value("identified")
    expect(sheet.get_by_role("button", name="Include it")).to_have_count(0)
    rows = csv.DictReader(io.StringIO(save(page, sheet, "CSV").decode()))
    assert sorted((row["verdict"], row["corrected_taxon"]) for row in rows) == [
        ("confirmed", ""), ("rejected", "Erithacus rubecula"),
    ]  # fmt: skip
    assert save(page, sheet, "Audacity").count(b"\tE") == 2, "European Robin, Erithacus rubecula"
    reviews = api.get("/v1/reviews", params={"taxon": CRICKET.code}).json()["items"]
    api.delete(f"/v1/reviews/{reviews[0]['id']}").raise_for_status()


def test_every_table_is_had_and_reviews_too(page: Page, api: httpx.Client) -> None:
    sheet = open_sheet(page, TAXON)
    expect(sheet.get_by_role("status")).to_contain_text("detections")
    assert save(page, sheet, "Raven").startswith(b"Selection\t")
    assert save(page, sheet, "BirdNET").startswith(b"Start (s)")
    assert b"European Robin" in save(page, sheet, "Audacity")
    (reviewed,) = csv.DictReader(io.StringIO(save(page, sheet, "Reviews").decode()))
    (known,) = api.get("/v1/reviews").json()["items"]
    assert (reviewed["verdict"], reviewed["reviewer"]) == (known["verdict"], known["reviewer"])


def test_sound_is_made_in_the_background_followed_fetched_and_deleted(page: Page, api: httpx.Client) -> None:
    robins = list_detections(api, taxon="eurrob1")
    sheet = open_sheet(page, TAXON)
    sheet.get_by_role("button", name="Make Sound clips").click()
    files = sheet.get_by_role("region", name="Files made before")
    link = files.get_by_role("link", name=re.compile(r"\.zip$"))
    expect(link).to_be_visible()
    expect(files).to_contain_text("kept until")
    with page.expect_download() as download:
        link.click()
    with zipfile.ZipFile(download.value.path()) as archive:
        sounds = [name for name in archive.namelist() if name.endswith(".flac")]
    assert len(sounds) == len(robins)
    page.reload()
    page.get_by_role("main").get_by_role("button", name="Export").click()
    expect(link).to_be_visible()
    files.get_by_role("button", name=re.compile("^Delete")).click()
    expect(link).to_be_hidden()
    expect(files).to_contain_text("None yet.")
    assert api.get("/v1/exports").json()["items"] == []


def test_it_is_opened_from_the_list_of_recordings_with_its_filters_and_closed_by_key(
    page: Page, api: httpx.Client
) -> None:
    page.goto("/?site=pond")
    page.get_by_role("button", name="Export detections").click()
    sheet = page.get_by_role("dialog", name="Export detections")
    expect(sheet).to_contain_text("all taxa, site pond, all days")
    counted = api.get("/v1/detections/count", params={"site": "pond"}).json()["count"]
    expect(sheet.get_by_role("status")).to_have_text("No detections" if counted == 0 else f"{counted} detections")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(page.get_by_role("button", name="Export detections")).to_be_focused()


def test_more_than_can_be_counted_is_said_honestly(page: Page) -> None:
    counted = {"count": 10_000, "is_exact": False, "packages": {}}
    page.route("**/v1/detections/count?*", lambda route: route.fulfill(json=counted))
    sheet = open_sheet(page, TAXON)
    expect(sheet.get_by_role("status")).to_have_text("More than 10,000 detections")


def test_a_package_that_would_hold_nothing_or_less_says_so_before_it_is_made(page: Page, api: httpx.Client) -> None:
    """One recording at the fen has no start; elsewhere nothing is missing."""
    sheet = open_sheet(page, f"{TAXON}&site=fen")
    camtrap = sheet.get_by_role("listitem").filter(has=page.get_by_text("Camtrap-DP", exact=True))
    expect(camtrap).to_contain_text("None of the 1 would be in it: 1 without a start. Select their recordings")
    expect(camtrap.get_by_role("button")).to_have_count(0)
    expect(sheet.get_by_role("button", name="Make Darwin Core")).to_be_visible()
    sheet = open_sheet(page, f"/overview?pack={PACK}")
    n_all = len(list_detections(api))
    expect(camtrap).to_contain_text(f"1 of the {n_all} would be left out: 1 without a start.")
    expect(sheet.get_by_role("button", name="Make Camtrap-DP")).to_be_visible()
    sheet = open_sheet(page, f"{TAXON}&site=pond")
    expect(sheet.get_by_role("status")).to_contain_text("detections")
    expect(camtrap).not_to_contain_text("left out")


def test_what_the_service_refuses_is_said(page: Page, faults: Faults) -> None:
    problem = {"type": "about:blank", "title": "Too many", "status": 429, "detail": "End or delete one of yours first."}
    sheet = open_sheet(page, TAXON)
    page.route(
        "**/v1/exports",
        lambda route: route.fulfill(status=429, content_type="application/problem+json", json=problem),
    )
    sheet.get_by_role("button", name="Make Sound clips").click()
    expect(page.get_by_role("alert")).to_contain_text("End or delete one of yours first.")
    faults.expect("429")


def test_axe_finds_nothing_and_nothing_is_lost_at_200_percent(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    sheet = open_sheet(page, f"{TAXON}&from=2026-05-03&to=2026-05-06")
    expect(sheet.get_by_role("status")).to_contain_text("detections")
    assert find_violations_of_all_looks(page) == []
    assert too_wide_at_200_percent(page) == []
