"""The overview: its numbers are the service's, silence and no effort look different, filters stand in the address."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.page.heard_sites import MANY, PACK, heard_sites, review
from tests.page.test_accessibility import find_violations_of_all_looks, too_wide_at_200_percent
from tests.page.watched_page import Faults
from tests.servers.chorus_up import Service
from tests.servers.postgres_fill import CRICKET

Json = dict[str, Any]
HOME = f"/overview?pack={PACK}"


@pytest.fixture(scope="module", autouse=True)
def _filled(service: Service) -> Iterator[None]:
    with heard_sites(service):
        yield


def read_overview(api: httpx.Client, **query: str) -> Json:
    answer: Json = api.get("/v1/overview", params={"pack": PACK, **query}).raise_for_status().json()
    return answer


def open_table(page: Page, address: str = HOME) -> Locator:
    page.goto(address)
    page.get_by_role("button", name="Show as table").click()
    return page.get_by_role("region", name="Table, to be scrolled sideways").get_by_role("table")


def cells(row: Locator) -> list[str]:
    return [text.strip() for text in row.locator("td").all_inner_texts()]


@pytest.mark.parametrize("by", ["hour", "day"])
def test_the_table_has_the_numbers_of_the_service(page: Page, api: httpx.Client, by: str) -> None:
    overview = read_overview(api)
    table = open_table(page, f"{HOME}&by={by}")
    parts = overview[f"by_{by}"]
    for taxon in overview["taxa"][:3]:
        row = table.get_by_role("row").filter(has_text=taxon["scientific_name"])
        expect(row).to_have_count(1)
        shown = cells(row)
        assert shown[0] == str(taxon["detections"])
        counts = ["–" if count is None else str(count) for count in taxon[f"by_{by}"]]
        listened = [text for text, part in zip(counts, parts, strict=True) if part["hours"] is not None]
        assert [each for each in shown[3:] if each != "–"] == listened
        assert len(listened) < len(shown[3:])  # there is an hour, and a day, on which nobody listened
    hours = cells(table.get_by_role("row").filter(has_text="Hours listened"))[3:]
    assert [each for each in hours if each != "–"] == [
        f"{round(part['hours'] * 60)} min" for part in parts if part["hours"] is not None
    ]


def test_rates_are_counts_by_the_hours_that_somebody_listened(page: Page, api: httpx.Client) -> None:
    overview = read_overview(api)
    table = open_table(page)
    page.get_by_role("combobox", name="Numbers").select_option("Per hour listened")
    page.wait_for_url("**rate=1*")
    expect(table.locator("caption")).to_contain_text("per hour listened")
    robin = next(each for each in overview["taxa"] if each["code"] == "eurrob1")
    rate = robin["by_hour"][4] / overview["by_hour"][4]["hours"]
    shown = cells(table.get_by_role("row").filter(has_text=robin["scientific_name"]))
    assert float(shown[3 + 4]) == pytest.approx(rate, abs=0.5)


def test_it_says_how_long_somebody_listened_and_what_is_undated(page: Page, api: httpx.Client) -> None:
    overview = read_overview(api)
    page.goto(HOME)
    said = page.get_by_role("main").get_by_role("status")
    total = overview["total"]
    words = f"{total['detections']} detections of {len(overview['taxa'])} taxa in {total['hours'] * 60:.0f} min"
    expect(said).to_contain_text(words)
    expect(said).to_contain_text("at 2 sites, 3 May 2026 to 6 May 2026")
    undated = f"{overview['undated']['detections']} detection of these are of recordings without"
    expect(page.get_by_text(undated)).to_be_visible()


def test_site_and_days_narrow_it_and_stand_in_the_address(page: Page, api: httpx.Client) -> None:
    page.goto(HOME)
    page.get_by_role("region", name="Sites").get_by_role("link", name="pond").click()
    page.wait_for_url("**site=pond*")
    said = page.get_by_role("main").get_by_role("status")
    expect(said).to_contain_text(f"{read_overview(api, site='pond')['total']['detections']} detections")
    page.get_by_label("To", exact=True).fill("2026-05-03")
    narrowed = read_overview(api, site="pond", **{"from": "2026-05-03"}, to="2026-05-04")
    page.get_by_label("From", exact=True).fill("2026-05-03")
    expect(said).to_contain_text(f"{narrowed['total']['detections']} detections of {len(narrowed['taxa'])} taxa")
    page.reload()
    expect(said).to_contain_text("on 3 May 2026")


def test_days_on_which_nobody_listened_are_no_silence(page: Page) -> None:
    page.goto(f"{HOME}&by=day")
    expect(page.get_by_role("img", name=re.compile("^Hours listened: .*5 May 2026 no hours"))).to_be_visible()
    picture = page.get_by_role("img", name=re.compile("taxa by day"))
    box = picture.bounding_box()
    assert box is not None
    for column, words in ((2, "5 May 2026: nobody listened"), (1, "4 May 2026: 0 detections, 1 min listened")):
        picture.hover(position={"x": box["width"] * (column + 0.5) / 4, "y": 12})
        expect(page.get_by_text(words)).to_be_visible()


def test_only_confirmed_ones_are_counted_and_a_saved_threshold_too(page: Page, api: httpx.Client) -> None:
    robins = api.get("/v1/detections", params={"pack": PACK, "taxon": "eurrob1"}).json()["items"]
    review(api, robins[0], "confirmed")
    review(api, robins[1], "rejected")
    page.goto(HOME)
    reviews = page.get_by_role("combobox", name="Reviews")
    reviews.select_option("Only confirmed ones")
    said = page.get_by_role("main").get_by_role("status")
    expect(said).to_contain_text("1 detection of 1 taxon")
    expect(page.get_by_text("corrected to another taxon")).to_have_count(0)
    reviews.select_option("Whatever was decided")
    body = {"taxon": "eurrob1", "pack": PACK, "threshold": 0.85, "reviewer": "Ada"}
    api.put("/v1/thresholds", json=body).raise_for_status()
    page.get_by_label("Saved thresholds").check()
    counted = read_overview(api, thresholds="saved")["total"]["detections"]
    assert counted < read_overview(api)["total"]["detections"]
    expect(said).to_contain_text(f"{counted} detections")
    api.delete("/v1/thresholds", params={"taxon": "eurrob1", "pack": PACK}).raise_for_status()


def test_what_was_corrected_is_told_included_and_leads_to_its_taxon(page: Page, api: httpx.Client) -> None:
    (cricket,) = api.get("/v1/detections", params={"pack": PACK, "taxon": CRICKET.code}).json()["items"]
    (tit,) = api.get("/v1/taxa", params={"q": "taxon3", "limit": 1}).json()["items"]
    name = tit["scientific_name"]
    review(api, cricket, "rejected", corrected=name)
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{HOME}&site=pond&by=day&reviewed=confirmed")
    main = page.get_by_role("main")
    expect(main).to_contain_text("1 more was corrected to another taxon, and is not among them.")
    expect(main.get_by_role("link", name=name)).to_have_count(0)
    main.get_by_role("button", name="Include it").click()
    page.wait_for_url("**reviewed=identified*")
    expect(page.get_by_role("combobox", name="Reviews")).to_have_value("identified")
    expect(main).not_to_contain_text("corrected to another taxon")
    assert find_violations_of_all_looks(page) == []
    main.get_by_role("link", name=tit["common_name"] or name).click()
    page.wait_for_url(re.compile(r"/taxa/.+reviewed=identified"))
    expect(main.get_by_role("status")).to_contain_text("1 detection in")
    expect(main).to_contain_text("1 more event of it was detected as another taxon and corrected to it.")
    expect(main.get_by_role("region", name="Reviews")).to_contain_text("Corrected to it 1")
    main.get_by_role("link", name="Show all that were detected").click()
    expect(main.get_by_role("status")).to_contain_text("It was not heard")
    api.delete(f"/v1/reviews/{api.get('/v1/reviews', params={'taxon': CRICKET.code}).json()['items'][0]['id']}")


def test_many_taxa_come_fifty_at_a_time_and_lead_to_their_page(page: Page, api: httpx.Client) -> None:
    page.goto(f"{HOME}&site=fen")
    names = page.get_by_role("region", name="Taxa by hour of the day").get_by_role("link")
    expect(names).to_have_count(50)
    n_taxa = len(read_overview(api, site="fen")["taxa"])
    assert n_taxa >= MANY
    page.get_by_role("button", name=f"Show {n_taxa - 50} more of {n_taxa} taxa").click()
    expect(names).to_have_count(n_taxa)
    names.first.click()
    page.wait_for_url(re.compile(r"/taxa/.+\?site=fen&pack="))
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_where_nobody_listened_and_where_nothing_was_heard(page: Page) -> None:
    page.goto(f"{HOME}&site=moor")
    expect(page.get_by_text("No recording of this site and these days has been analyzed.")).to_be_visible()
    page.goto(f"{HOME}&min_confidence=1")
    expect(page.get_by_text("7 min were listened to, and nothing was heard.")).to_be_visible()


def test_human_voices_that_are_hidden_are_not_counted(page: Page) -> None:
    page.goto(f"{HOME}&site=pond")
    voice = page.get_by_role("link", name="Human vocal")
    expect(voice).to_be_visible()
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Hide detections of human voices").check()
    expect(voice).to_be_hidden()


def test_what_the_service_refuses_is_said(page: Page, faults: Faults) -> None:
    def refuse(route: Route) -> None:
        body = {"type": "about:blank", "title": "Busy", "status": 500, "detail": "Something broke: try again."}
        route.fulfill(status=500, content_type="application/problem+json", json=body)

    page.route("**/v1/overview?*", refuse)
    page.goto(HOME)
    expect(page.get_by_role("alert")).to_contain_text("Something broke: try again.")
    page.unroute("**/v1/overview?*")
    page.get_by_role("button", name="Load it again").click()
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text("detections of")
    faults.expect("500")


@pytest.mark.parametrize("look", ["", "&by=day", "&rate=1&site=fen"])
def test_axe_finds_nothing_and_nothing_is_lost_at_200_percent(page: Page, look: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{HOME}{look}")
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text("detections of")
    assert find_violations_of_all_looks(page) == []
    assert too_wide_at_200_percent(page) == []
    page.get_by_role("button", name="Show as table").click()
    expect(page.get_by_role("button", name="Show as picture")).to_be_visible()
    assert find_violations_of_all_looks(page) == []
