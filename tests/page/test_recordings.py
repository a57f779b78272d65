"""The list of recordings: what it says, how it follows what happens, and what one can do with one or many."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.page.hand_made import HandMade, made_by_hand
from tests.page.pressing import press_twice
from tests.page.watched_page import Faults
from tests.servers.chorus_up import Service
from tests.servers.postgres_fill import DAWN, ROBIN, WREN


@pytest.fixture(scope="module")
def made(service: Service) -> Iterator[HandMade]:
    with made_by_hand(service) as made:
        yield made


def row_of(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def choose(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_role("checkbox", name=f"Select {name}", exact=True).check()


def starts_of(api: httpx.Client, ids: list[str]) -> list[str | None]:
    return [api.get(f"/v1/recordings/{each}").json()["recorded_at"] for each in ids]


_IS_FOCUS_SEEN = """() => {
  const focused = document.activeElement;
  return [focused, focused.closest('label')].filter(each => each !== null).map(each => getComputedStyle(each))
    .some(({ outlineStyle, outlineWidth }) => outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2);
}"""
"""Of the hidden inputs for files, their labels are outlined."""


def test_a_row_says_what_where_when_and_who(page: Page, made: HandMade) -> None:
    recording, analysis = made.post("told.wav", segments=2)
    made.do(analysis, 0, [(ROBIN, 10, 20, 0.94)])
    made.do(analysis, 1, [(WREN, 310, 320, 0.8)])
    page.goto("/?q=told")
    row = row_of(page, "told.wav")
    for told in ("10 min", "pond", "2026-05-03 04:30:00", "+02:00", "Analyzed", "0.94"):
        expect(row).to_contain_text(told)
    expect(row.get_by_role("listitem")).to_have_text(
        [re.compile("European Robin Erithacus rubecula"), re.compile("Wren")]
    )
    expect(row.get_by_role("rowheader").get_by_role("link")).to_have_attribute("href", f"/recordings/{recording}")
    sung = row.get_by_role("link", name="European Robin")
    expect(sung).to_have_attribute("href", f"/recordings/{recording}?taxon={ROBIN.code}")


def test_filters_stand_in_the_address_and_lead_back_to_the_same_list(page: Page, made: HandMade) -> None:
    made.post("filter-a.wav", site="alder carr")
    _, failed = made.post("filter-b.wav", site="birch wood", start_at=DAWN + timedelta(days=2))
    made.fail(failed, 0, "the decoder crashed")
    page.goto("/")
    expect(row_of(page, "filter-b.wav")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("filter-")
    page.wait_for_url("**/?q=filter-")
    links = page.get_by_role("rowheader").get_by_role("link")
    expect(links).to_have_text(["filter-b.wav", "filter-a.wav"])
    page.get_by_label("State").select_option("Failed")
    page.wait_for_url("**result=failed*")
    expect(links).to_have_text(["filter-b.wav"])
    page.reload()
    expect(page.get_by_label("State")).to_have_value("result=failed")
    expect(links).to_have_text(["filter-b.wav"])
    page.goto("/?q=filter-&to=2026-05-03")
    expect(links).to_have_text(["filter-a.wav"])
    page.get_by_label("Site").fill("birch wood")
    page.get_by_label("Site").press("Tab")
    expect(page.get_by_text("No recording matches these filters.")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(page).to_have_url(re.compile("/$"))
    expect(row_of(page, "filter-b.wav")).to_be_visible()


def test_a_part_of_a_name_finds_the_taxon_or_asks_which(page: Page, made: HandMade) -> None:
    made.post("part.wav")
    page.goto("/")
    heard = page.get_by_label("Heard")
    heard.fill("hoot")
    heard.press("Enter")
    page.wait_for_url("**/?taxon=Low+Hooter")
    expect(heard).to_have_value("Low Hooter")
    heard.fill("frog")
    heard.press("Enter")
    which = page.get_by_role("group", name="Which “frog”?")
    expect(which.get_by_role("button")).to_have_text(["Croaking Frog Vox crocitans", "Ticking Frog Vox pulsans"])
    heard.press("Escape")
    expect(which).to_be_hidden()
    heard.fill("ing frog")
    heard.press("Tab")
    which = page.get_by_role("group", name="Which “ing frog”?")
    which.get_by_role("button", name="Ticking Frog").click()
    page.wait_for_url("**/?taxon=Ticking+Frog")
    expect(which).to_be_hidden()
    expect(heard).to_have_value("Ticking Frog")


def test_the_site_to_narrow_by_has_a_name_of_its_own(page: Page, made: HandMade) -> None:
    made.post("somewhere.wav")
    page.goto("/")
    expect(page.get_by_role("combobox", name="Filter by site")).to_be_visible()
    expect(page.get_by_label("Site", exact=True)).to_have_count(0)


def test_a_taxon_that_no_pack_knows_is_said_in_words(page: Page, faults: Faults) -> None:
    page.goto("/?taxon=Phoenix")
    expect(page.get_by_role("alert")).to_contain_text("No installed pack knows “Phoenix”")
    faults.expect("422")


def test_several_files_are_followed_while_they_are_analyzed(page: Page, made: HandMade, api: httpx.Client) -> None:
    page.goto("/")
    posted = [made.post(f"live-{i}.wav", segments=4) for i in range(3)]
    for i in range(3):
        expect(row_of(page, f"live-{i}.wav")).to_contain_text("Waiting")
    for _, analysis in posted[:2]:
        made.do(analysis, 0)
    made.begin(posted[2][1])
    for i, done in ((0, "0.25"), (1, "0.25"), (2, "0")):
        expect(row_of(page, f"live-{i}.wav").get_by_role("progressbar")).to_have_attribute("value", done)
    expect(row_of(page, "live-0.wav")).to_contain_text("1 of 4 parts")
    for segment in (1, 2, 3):
        made.do(posted[0][1], segment, [(ROBIN, segment * 300 + 5, segment * 300 + 15, 0.7)])
    expect(row_of(page, "live-0.wav")).to_contain_text("European Robin")
    expect(row_of(page, "live-0.wav").get_by_role("progressbar")).to_have_count(0)
    expect(row_of(page, "live-1.wav").get_by_role("progressbar")).to_have_count(1)
    api.delete(f"/v1/recordings/{posted[1][0]}").raise_for_status()
    expect(row_of(page, "live-1.wav")).to_have_count(0)


def test_a_failure_says_why_and_is_tried_again(page: Page, made: HandMade) -> None:
    _, analysis = made.post("broken.wav", segments=2)
    made.do(analysis, 0)
    made.fail(analysis, 1, "the decoder crashed")
    page.goto("/?q=broken")
    row = row_of(page, "broken.wav")
    expect(row).to_contain_text("Partly analyzed 5 min of 10 min")
    expect(row).to_contain_text("The decoder crashed")
    row.get_by_role("button", name="Retry").click()
    expect(row).not_to_contain_text("The decoder crashed")
    expect(row.get_by_role("button", name="Retry")).to_have_count(0)
    made.do(analysis, 1)
    expect(row).to_contain_text("Analyzed")


def test_one_is_corrected_and_taken_back(page: Page, made: HandMade, api: httpx.Client) -> None:
    (recording,) = made.post_card("corrected", 1)
    before = api.get(f"/v1/recordings/{recording}").json()
    page.goto("/?q=corrected")
    choose(page, "corrected-0.wav")
    page.get_by_role("button", name="Edit site, place, start").click()
    panel = page.get_by_role("region", name="corrected-0.wav")
    panel.get_by_label("Site").fill("heath")
    panel.get_by_label("Latitude").fill("51.25, -3.5")
    panel.get_by_label("Start").select_option("Set date and time")
    panel.get_by_label("Time", exact=True).fill("05:45:10")
    panel.get_by_label("The clock’s zone").fill("Lisbon")
    panel.get_by_role("button", name="Change 1 recording").click()
    expect(row_of(page, "corrected-0.wav")).to_contain_text("heath")
    after = api.get(f"/v1/recordings/{recording}").json()
    assert (after["site"], after["latitude"], after["longitude"]) == ("heath", 51.25, -3.5)
    assert after["recorded_at"] == "2026-05-03T05:45:10+01:00"
    page.get_by_role("button", name="Undo").click()
    expect(row_of(page, "corrected-0.wav")).to_contain_text("pond")
    assert api.get(f"/v1/recordings/{recording}").json() == before


def test_a_clock_that_was_an_hour_fast_is_corrected_for_all_and_taken_back(
    page: Page, made: HandMade, api: httpx.Client
) -> None:
    ids = made.post_card("fast", 6)
    undated, _ = made.post("fast-undated.wav", start_at=None)
    before = starts_of(api, ids)
    page.goto("/?q=fast")
    page.get_by_role("checkbox", name="Select all 7 shown").check()
    page.get_by_role("button", name="Edit site, place, start").click()
    panel = page.get_by_role("region", name="Edit 7 recordings")
    panel.get_by_label("Start").select_option("The clock was fast or slow")
    panel.get_by_label("Hours").fill("1")
    expect(panel).to_contain_text("1 without a time stay without")
    panel.get_by_role("button", name="Change 6 recordings").click()
    expect(row_of(page, "fast-0.wav")).to_contain_text("2026-05-03 03:30:00")
    expect(page.get_by_text("6 recordings changed.")).to_be_visible()
    listed = {each["id"]: each for each in api.get("/v1/recordings", params={"q": "fast"}).json()["items"]}
    page.keyboard.press("z")  # while it can be taken back
    assert [listed[each]["recorded_at"] for each in ids] == [f"2026-05-03T{3 + i:02d}:30:00+02:00" for i in range(6)]
    assert listed[undated]["recorded_at"] is None
    assert {listed[each]["site"] for each in ids} == {"pond"}
    expect(page.get_by_text("6 recordings as before.")).to_be_visible()
    assert starts_of(api, ids) == before


def test_recordings_that_would_be_the_same_are_told_apart_by_name(
    page: Page, made: HandMade, api: httpx.Client, faults: Faults
) -> None:
    sha256 = "ab" * 32
    twin, _ = made.post("twin-there.wav", site="heath", sha256=sha256)
    would, _ = made.post("twin-here.wav", site="pond", sha256=sha256)
    made.post("twin-none.wav", site="pond")
    page.goto("/?q=twin-")
    choose(page, "twin-here.wav", "twin-none.wav")
    page.get_by_role("button", name="Edit site, place, start").click()
    panel = page.get_by_role("region", name="Edit 2 recordings")
    panel.get_by_label("Site").fill("heath")
    panel.get_by_role("button", name="Change 2 recordings").click()
    expect(panel.get_by_role("alert")).to_contain_text("twin-here.wav: Another recording has the same audio")
    expect(panel.get_by_role("link", name="See the other one")).to_have_attribute("href", f"/recordings/{twin}")
    expect(row_of(page, "twin-none.wav")).to_contain_text("heath")
    assert api.get(f"/v1/recordings/{would}").json()["site"] == "pond"
    faults.expect("409")


def test_a_shift_that_was_partly_refused_applies_once_to_each(
    page: Page, made: HandMade, api: httpx.Client, faults: Faults
) -> None:
    """The second one begins where the first will: the same audio may not begin twice at one time."""
    shared = "cd" * 32
    free, _ = made.post("partly-free.wav", start_at=DAWN)
    stuck, _ = made.post("partly-stuck.wav", start_at=DAWN + timedelta(hours=1), sha256=shared)
    there, _ = made.post("partly-there.wav", start_at=DAWN, sha256=shared)
    page.goto("/?q=partly")
    choose(page, "partly-free.wav", "partly-stuck.wav")
    page.get_by_role("button", name="Edit site, place, start").click()
    panel = page.get_by_role("region", name="Edit 2 recordings")
    panel.get_by_label("Start").select_option("The clock was fast or slow")
    panel.get_by_label("Hours").fill("1")
    panel.get_by_role("button", name="Change 2 recordings").click()
    expect(panel.get_by_role("alert")).to_contain_text("1 recording changed, 1 not:")
    expect(panel.get_by_role("alert")).to_contain_text("partly-stuck.wav: Another recording has the same audio")
    expect(row_of(page, "partly-free.wav")).to_contain_text("03:30:00")
    faults.expect("409")
    api.delete(f"/v1/recordings/{there}").raise_for_status()
    expect(row_of(page, "partly-there.wav")).to_have_count(0)
    panel.get_by_role("button", name="Change 1 recording").dblclick()
    expect(panel).to_have_count(0)
    assert starts_of(api, [free, stuck]) == ["2026-05-03T03:30:00+02:00", "2026-05-03T04:30:00+02:00"]


def test_pressing_twice_does_once(page: Page, made: HandMade, faults: Faults) -> None:
    _, failed = made.post("pressed.wav")
    made.fail(failed, 0, "the decoder crashed")
    page.goto("/?q=pressed")
    press_twice(page, row_of(page, "pressed.wav").get_by_role("button", name="Retry"), "**/retry")
    expect(row_of(page, "pressed.wav")).to_contain_text("0 of 1 part")
    row_of(page, "pressed.wav").get_by_role("link").click()
    press_twice(page, page.get_by_role("button", name="Cancel"), "**/cancel")
    expect(page.get_by_text("Cancelled after 0 s")).to_be_visible()
    page.get_by_role("button", name="Analyze again").click()
    press_twice(page, page.get_by_role("button", name="Analyze 1 recording again"), "**/analyses")
    expect(page.get_by_text("1 recording will be analyzed again.")).to_be_visible()
    faults.expect("/spectrogram")  # it has no audio


def test_what_is_deleted_comes_back_by_undo(page: Page, made: HandMade, api: httpx.Client) -> None:
    ids = made.post_card("kept", 2)
    page.goto("/?q=kept")
    choose(page, "kept-0.wav", "kept-1.wav")
    page.get_by_role("button", name="Delete 2 recordings").click()
    expect(row_of(page, "kept-0.wav")).to_have_count(0)
    page.get_by_role("status").filter(has_text="2 recordings deleted.").get_by_role("button", name="Undo").click()
    expect(row_of(page, "kept-0.wav")).to_be_visible()
    assert all(api.get(f"/v1/recordings/{each}").is_success for each in ids)


def test_what_is_deleted_is_gone_once_the_notice_is(page: Page, made: HandMade, api: httpx.Client) -> None:
    (recording,) = made.post_card("gone", 1)
    page.goto("/?q=gone")
    choose(page, "gone-0.wav")
    with page.expect_request(lambda request: request.method == "DELETE"):
        page.get_by_role("button", name="Delete 1 recording").click()
        assert api.get(f"/v1/recordings/{recording}").is_success
    expect(page.get_by_text("1 recording deleted.")).to_have_count(0)
    expect(page.get_by_text("No recording matches these filters.")).to_be_visible()


@pytest.mark.parametrize("leave", ["view", "page", "tab"])
def test_what_is_deleted_is_gone_once_the_list_is_left(
    page: Page, made: HandMade, api: httpx.Client, leave: str
) -> None:
    other, _ = made.post(f"left-{leave}-other.wav")
    ids = made.post_card(f"left-{leave}", 6)
    page.goto(f"/?q=left-{leave}")
    choose(page, *(f"left-{leave}-{i}.wav" for i in range(6)))
    page.get_by_role("button", name="Delete 6 recordings").click()
    if leave == "view":
        page.get_by_role("link", name="Keys").click()
        expect(page.get_by_text("6 recordings deleted.")).to_have_count(0)
    elif leave == "page":
        page.goto("/docs")
    else:
        other_tab = page.context.new_page()
        page.close()
        page = other_tab
    page.goto(f"/?q=left-{leave}")
    expect(page.get_by_role("rowheader").get_by_role("link")).to_have_text([f"left-{leave}-other.wav"])
    assert {api.get(f"/v1/recordings/{each}").status_code for each in ids} == {404}
    assert api.get(f"/v1/recordings/{other}").is_success


def test_recordings_are_selected_by_keys_and_by_ranges(page: Page, made: HandMade) -> None:
    made.post_card("keys", 6)
    page.goto("/?q=keys-")
    box = page.get_by_role("checkbox", name="Select keys-5.wav")
    box.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    chosen = page.locator("tbody input:checked")
    expect(chosen).to_have_count(3)
    expect(page.get_by_role("checkbox", name="Select keys-2.wav")).to_be_focused()
    page.keyboard.press("Escape")
    expect(chosen).to_have_count(0)
    box.click()
    page.get_by_role("checkbox", name="Select keys-1.wav").click(modifiers=["Shift"])
    expect(chosen).to_have_count(5)
    expect(page.get_by_role("toolbar", name="Selected recordings")).to_contain_text("5 selected")


def test_a_selection_is_analyzed_again_with_another_threshold(page: Page, made: HandMade, api: httpx.Client) -> None:
    ids = made.post_card("again", 3)
    page.goto("/?q=again-")
    page.get_by_role("checkbox", name="Select all 3 shown").check()
    page.get_by_role("button", name="Analyze again…").click()
    panel = page.get_by_role("region", name="Analyze again")
    expect(panel.get_by_label("Pack")).to_have_value("woods")
    panel.get_by_label("An event begins at").fill("0.6")
    panel.get_by_label("and ends below").fill("0.7")
    expect(panel.get_by_role("alert")).to_contain_text("lower the second threshold")
    panel.get_by_label("and ends below").fill("0.3")
    panel.get_by_role("button", name="Analyze 3 recordings again").click()
    expect(page.get_by_text("3 recordings will be analyzed again.")).to_be_visible()
    for i in range(3):
        expect(row_of(page, f"again-{i}.wav")).to_contain_text("Waiting")
    for each in ids:
        newest = max(api.get(f"/v1/recordings/{each}").json()["analyses"], key=lambda analysis: str(analysis["id"]))
        assert newest["settings"]["event_rule"] == {"onset_threshold": 0.6, "offset_threshold": 0.3}


def test_a_thousand_recordings_are_listed_page_by_page(page: Page, made: HandMade) -> None:
    recording, _ = made.post("many.wav")
    made.copy(recording, "many", 1000)
    page.goto("/?q=many")
    links = page.get_by_role("rowheader").get_by_role("link")
    expect(links).to_have_count(100)
    expect(links.first).to_have_text("many-1000.wav")
    choose(page, "many-1000.wav")
    page.get_by_role("button", name="Show more").click()
    expect(links).to_have_count(200)
    expect(page.get_by_text("1 selected")).to_be_visible()
    for shown in (*range(300, 1001, 100), 1001):
        page.get_by_role("button", name="Show more").click()
        expect(links).to_have_count(shown)
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)
    expect(links.last).to_have_text("many.wav")
    expect(page.get_by_text("1,001 recordings shown, that is all")).to_be_visible()


def test_a_key_that_may_only_read_sees_why_the_rest_is_disabled(page: Page, made: HandMade) -> None:
    made.post_card("only-read", 1)
    page.route("**/v1/session", lambda route: answer(route, {"name": "guest", "scopes": ["read"], "open": False}))
    page.goto("/?q=only-read")
    choose(page, "only-read-0.wav")
    for name in ("Edit site, place, start", "Analyze again…", "Delete 1 recording"):
        expect(page.get_by_role("button", name=name)).to_be_disabled()
    expect(page.get_by_text("Your key lacks the scope “upload”").first).to_be_visible()


@pytest.mark.parametrize(("status", "kind"), [(429, "too-many-requests"), (503, "busy")])
def test_a_busy_service_is_said_and_the_list_comes_by_itself(
    page: Page, made: HandMade, faults: Faults, status: int, kind: str
) -> None:
    made.post(f"busy-{status}.wav")
    problem = {"type": f"urn:dawn-chorus:problem:{kind}", "detail": "The service has too much to do; retry in 1 s."}
    headers = {"Content-Type": "application/problem+json", "Retry-After": "1"}
    page.route(
        "**/v1/recordings?*", lambda route: route.fulfill(status=status, body=json.dumps(problem), headers=headers)
    )
    page.goto(f"/?q=busy-{status}")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("too much to do; retry in 1 s. This list tries again by itself.")
    page.unroute("**/v1/recordings?*")
    expect(row_of(page, f"busy-{status}.wav")).to_be_visible()
    expect(alert).to_have_count(0)
    faults.expect(str(status))


def test_all_of_it_is_done_by_keys_alone(page: Page, made: HandMade, api: httpx.Client, faults: Faults) -> None:
    """Two are selected, moved by an hour and taken back, and one is opened; the focus can be seen throughout."""
    ids = made.post_card("by-keys", 3)
    before = starts_of(api, ids)
    page.goto("/?q=by-keys")
    expect(row_of(page, "by-keys-0.wav")).to_be_visible()

    def tab_to(target: Locator, key: str = "Tab") -> None:
        for _ in range(40):
            if target.evaluate("each => each === document.activeElement"):
                break
            page.keyboard.press(key)
            assert page.evaluate(_IS_FOCUS_SEEN), page.evaluate("document.activeElement.outerHTML")
        expect(target).to_be_focused()

    tab_to(page.get_by_role("checkbox", name="Select by-keys-2.wav"))
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowDown")
    tab_to(page.get_by_role("button", name="Edit site, place, start"), "Shift+Tab")
    page.keyboard.press("Enter")
    panel = page.get_by_role("region", name="Edit 2 recordings")
    expect(panel.get_by_role("heading")).to_be_focused()
    tab_to(panel.get_by_label("Start"))
    page.keyboard.type("The clock was")
    tab_to(panel.get_by_label("Hours"))
    page.keyboard.type("1")
    tab_to(panel.get_by_role("button", name="Change 2 recordings"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 recordings changed.")).to_be_visible()
    expect(panel).to_have_count(0)
    changed = starts_of(api, ids[2:])
    page.keyboard.press("z")  # while it can be taken back
    assert changed == ["2026-05-03T05:30:00+02:00"]
    expect(page.get_by_text("2 recordings as before.")).to_be_visible()
    assert starts_of(api, ids) == before
    expect(page.get_by_role("button", name="Edit site, place, start")).to_be_focused()
    tab_to(page.get_by_role("link", name="by-keys-2.wav"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="by-keys-2.wav")).to_be_visible()
    expect(page.get_by_text("missing in the store")).to_be_visible()
    faults.expect("/spectrogram")  # it has no audio


def test_what_is_shown_stays_while_the_service_does_not_answer(page: Page, made: HandMade, faults: Faults) -> None:
    made.post_card("stays", 1)
    page.goto("/?q=stays")
    expect(row_of(page, "stays-0.wav")).to_be_visible()
    page.route("**/v1/recordings?*", lambda route: route.abort())
    with page.expect_console_message(lambda said: "ERR_FAILED" in said.text):
        page.get_by_role("searchbox").fill("stays-")
    expect(page).to_have_url(re.compile(r"q=stays-$"))
    expect(row_of(page, "stays-0.wav")).to_be_visible()
    page.unroute("**/v1/recordings?*")
    faults.expect("ERR_FAILED")


def answer(route: Route, content: object) -> None:
    route.fulfill(content_type="application/json", body=json.dumps(content))
