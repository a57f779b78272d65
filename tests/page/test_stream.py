"""What is shown follows what happens: before the stream of changes is open, while somebody looks, in another tab."""

import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from dawn_chorus.adapters.postgres.database import Database
from tests.page.made_states import Made, MadeStates, Song
from tests.servers.chorus_up import Service


@pytest.fixture(scope="module")
def states(service: Service) -> Iterator[MadeStates]:
    url = (service.folder / "data" / "database-url").read_text().strip()
    with Database(url) as database:
        yield MadeStates(service, database)


def row_of(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def happen_before_the_stream(page: Page, happens: Callable[[], object]) -> None:
    """Hold the stream until something has happened that it will not tell of."""

    def hold(route: Route) -> None:
        happens()
        route.continue_()

    page.route("**/v1/events", hold, times=1)


def test_what_is_corrected_before_the_stream_is_open_is_shown(
    page: Page, states: MadeStates, api: httpx.Client
) -> None:
    made = states.post("gap.flac").do(0, Song())
    happen_before_the_stream(page, lambda: api.patch(f"/v1{made.address}", json={"site": "hill"}).raise_for_status())
    page.goto(made.address)
    expect(page.locator(".fact-list")).to_contain_text("hill")
    expect(page.get_by_text("1 event of 1 taxon")).to_be_visible()


def test_what_finishes_before_the_stream_is_open_is_listed(page: Page, states: MadeStates) -> None:
    made = states.post("finishing.flac").begin()
    happen_before_the_stream(page, lambda: made.do(0, Song()))
    page.goto("/?q=finishing")
    expect(row_of(page, "finishing.flac")).to_contain_text("European Robin")


def test_an_analysis_that_finishes_does_not_replace_the_one_that_is_looked_at(
    page: Page, states: MadeStates, api: httpx.Client
) -> None:
    made = states.post("looked-at.flac").do(0, Song())
    page.goto(f"{made.address}?taxon=eurrob1")
    robin = page.get_by_role("listbox", name="Lanes").get_by_role("option", name=re.compile("European Robin"))
    expect(robin).to_have_attribute("aria-selected", "true")
    api.post(f"/v1{made.address}/analyses", json={"pack": "synthetic"}).raise_for_status()
    newer = page.get_by_role("status").filter(has_text="A newer analysis has finished: synthetic")
    expect(newer).to_be_visible()
    expect(robin).to_have_attribute("aria-selected", "true")
    choice = page.get_by_role("combobox", name="Analysis")
    expect(choice).to_have_value(str(made.analysis_id))
    newer.get_by_role("button", name="Show it").click()
    expect(newer).to_have_count(0)
    expect(choice.locator("option:checked")).to_contain_text("synthetic")
    page.go_back()
    expect(choice).to_have_value(str(made.analysis_id))
    page.reload()
    expect(choice.locator("option:checked")).to_contain_text(re.compile("synthetic.*in lists"))
    expect(newer).to_have_count(0)


def test_a_key_pressed_before_the_recording_is_there_is_not_lost(page: Page, states: MadeStates) -> None:
    made = states.post("early.flac").do(0, Song())
    held: list[Route] = []
    is_held = True

    def hold(route: Route) -> None:
        if is_held:
            held.append(route)
        else:
            route.continue_()

    # The stream as well, for it tells of recordings too.
    page.route(re.compile(rf"/v1(/events|{made.address})$"), hold)
    page.goto(made.address)
    expect(page.get_by_text("Loading the recording")).to_be_attached()
    page.keyboard.press("j")
    is_held = False
    for route in held:
        route.continue_()
    panel = page.get_by_role("complementary", name="Event")
    expect(panel.get_by_role("status")).to_contain_text("European Robin, 04:30:10")


@pytest.fixture
def tabs(page: Page, states: MadeStates) -> tuple[Made, Page, Page]:
    """The same recording in two tabs of one browser."""
    made = states.post("shared.flac").do(0, Song())
    states.remove_audio(made)  # else pictures of what is deleted may be on their way
    other = page.context.new_page()
    for each in (page, other):
        with each.expect_response(re.compile(r"/lanes\?.*frames=true")):
            each.goto(made.address)
        expect(each.get_by_text("1 event of 1 taxon")).to_be_visible()
    return made, page, other


def test_what_is_corrected_in_one_tab_is_shown_in_the_other(tabs: tuple[Made, Page, Page]) -> None:
    _, page, other = tabs
    other.get_by_role("button", name="Edit site, place and start").click()
    other.get_by_label("Site", exact=True).fill("heath")
    other.get_by_role("button", name="Change 1 recording").click()
    for each in (page, other):
        expect(each.locator(".fact-list")).to_contain_text("heath")


def test_what_is_deleted_in_one_tab_is_said_in_the_other(tabs: tuple[Made, Page, Page]) -> None:
    _, page, other = tabs
    other.goto("/?q=shared")
    other.get_by_role("checkbox", name="Select shared.flac").first.check()
    other.get_by_role("button", name=re.compile("^Delete 1 recording")).click()
    other.get_by_role("link", name="Keys").click()
    expect(page.get_by_role("alert").filter(has_text="This recording was deleted.")).to_be_visible()
    page.get_by_role("alert").get_by_role("link", name="See all recordings").click()
    expect(page.get_by_role("heading", name="Recordings")).to_be_visible()
