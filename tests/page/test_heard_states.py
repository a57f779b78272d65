"""What was heard, where the service is away and where a key may not: overview, taxon page, export sheet.

The order counts: from the first key on everybody needs one. The review screen's are in `test_review_troubles`.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import wait_until
from tests.page.heard_sites import PACK, heard_sites
from tests.page.spectrogram_canvas import wait_for_frames
from tests.page.watched_page import Faults
from tests.servers.chorus_up import Service

ROBIN = "Erithacus rubecula"
OVERVIEW, TAXON = f"/overview?pack={PACK}", f"/taxa/Erithacus%20rubecula?pack={PACK}"
MAY_NOT = "Your key may not look at what was heard"


@pytest.fixture(scope="module", autouse=True)
def _filled(service: Service, api: httpx.Client) -> Iterator[None]:
    with heard_sites(service):
        body = {"taxon": ROBIN, "pack": PACK, "threshold": 0.72, "reviewer": "Ada", "site": "pond"}
        api.put("/v1/thresholds", json=body).raise_for_status()
        yield


@pytest.fixture
def sign_in(service: Service, page: Page, faults: Faults) -> Callable[..., None]:
    """Go to an address and sign in there with a new key."""

    def enter(address: str, *scopes: str) -> None:
        with Database((service.folder / "data" / "database-url").read_text().strip()) as database:
            key = create_key(database, f"may {' '.join(scopes)}", scopes)[1]
        wait_until(lambda: httpx.get(f"{service.url}/v1/session").status_code == 401)
        page.goto(address)
        page.get_by_label("Key", exact=True).fill(key)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Sign in")).to_have_count(0)
        faults.expect("401")

    return enter


@pytest.mark.parametrize("address", [OVERVIEW, TAXON])
def test_what_is_shown_stays_while_the_service_is_away_and_the_rest_comes_once_it_is_back(
    page: Page, faults: Faults, address: str
) -> None:
    page.goto(address)
    said = page.get_by_role("main").get_by_role("status")
    expect(said).to_contain_text("detections")
    before = said.inner_text()
    page.context.set_offline(True)
    page.get_by_role("region", name="Sites").get_by_role("link", name="pond").click()
    banner = page.get_by_role("status").filter(has_text="has not answered since")
    expect(banner).to_be_visible()
    expect(said).to_have_text(before)
    page.context.set_offline(False)
    expect(said).not_to_have_text(before)
    expect(said).to_contain_text("detections")
    expect(banner).to_have_count(0)
    faults.expect("ERR_INTERNET_DISCONNECTED")


def test_a_view_that_was_asked_for_while_the_service_was_away_comes_by_itself(page: Page, faults: Faults) -> None:
    page.goto("/")
    expect(page.get_by_role("link", name="fen.flac")).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("navigation").get_by_role("link", name="Overview").click()
    banner = page.get_by_role("status").filter(has_text="has not answered since")
    expect(banner).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(banner).to_have_count(0)
    faults.expect("ERR_INTERNET_DISCONNECTED")


@pytest.mark.parametrize("address", [OVERVIEW, TAXON])
def test_what_is_opened_while_the_service_does_not_answer_says_so(page: Page, faults: Faults, address: str) -> None:
    page.route("**/v1/overview?*", lambda route: route.abort())
    page.goto(address)
    alert = page.get_by_role("main").get_by_role("alert")
    expect(alert).to_contain_text("answer")
    expect(page.get_by_text("Counting…")).to_have_count(0)
    page.unroute("**/v1/overview?*")
    alert.get_by_role("button", name="Load it again").click()
    expect(page.get_by_role("main").get_by_role("status").first).to_contain_text("detections")
    faults.expect("ERR_FAILED")


def test_the_export_sheet_says_that_nothing_can_be_counted(page: Page, faults: Faults) -> None:
    page.goto(OVERVIEW)
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text("detections of")
    page.route("**/v1/detections/count?*", lambda route: route.abort())
    page.get_by_role("main").get_by_role("button", name="Export").click()
    sheet = page.get_by_role("dialog", name="Export detections")
    expect(sheet.get_by_role("alert")).to_contain_text("answer")
    page.unroute("**/v1/detections/count?*")
    sheet.get_by_role("button", name="Count again").click()
    expect(sheet.get_by_role("status")).to_contain_text("detections")
    faults.expect("ERR_FAILED")


def test_without_the_scope_review_everything_can_be_looked_at_and_saved(
    page: Page, sign_in: Callable[..., None]
) -> None:
    sign_in(TAXON, "read")
    expect(page.get_by_role("region", name="Reviews")).to_contain_text("0.72 at pond by Ada")
    expect(page.get_by_role("region", name="Best events").get_by_role("button", name="Listen").first).to_be_enabled()
    page.get_by_role("link", name=re.compile(r"^Review \d+ events")).click()
    expect(page.get_by_role("group", name="Verdict").get_by_role("button", name="Confirm")).to_be_disabled()
    expect(page.get_by_text("Your key lacks the scope “review”").first).to_be_visible()
    page.goto(OVERVIEW)
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text("detections of")
    page.get_by_role("main").get_by_role("button", name="Export").click()
    sheet = page.get_by_role("dialog", name="Export detections")
    expect(sheet.get_by_role("status")).to_contain_text("detections")
    with page.expect_download() as download:
        sheet.get_by_role("link", name="Save as CSV", exact=True).click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    expect(sheet.get_by_role("status")).to_have_text(f"{len(rows)} detections")
    sheet.get_by_role("button", name="Make Darwin Core").click()
    files = sheet.get_by_role("region", name="Files made before")
    expect(files.get_by_role("link", name=re.compile(r"\.dwca\.zip$"))).to_be_visible()


def test_without_the_scope_read_nothing_that_was_heard_is_asked_for(page: Page, sign_in: Callable[..., None]) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(OVERVIEW, "upload")
    for address in (OVERVIEW, TAXON):
        page.goto(address)
        expect(page.get_by_text(MAY_NOT)).to_be_visible()
        expect(page.get_by_role("main").get_by_role("button", name="Export")).to_have_count(0)
        wait_for_frames(page)
    assert [url for url in asked if "/v1/overview" in url or "/v1/detections" in url] == []
