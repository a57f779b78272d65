"""Every state that a recording can be in, said in words that say what to do."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, expect

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.domain.lost_audio import LostStretch
from dawn_chorus.domain.recording import Place
from dawn_chorus.domain.warnings import AnalysisWarning
from tests.integration.api_checks import wait_until
from tests.page.made_states import WOODS, MadeStates, Song, noise, post_sound
from tests.page.watched_page import Faults
from tests.servers.chorus_up import Service


@pytest.fixture(scope="module")
def states(service: Service) -> Iterator[MadeStates]:
    url = (service.folder / "data" / "database-url").read_text().strip()
    with Database(url) as database:
        yield MadeStates(service, database)


def test_facts_stand_above_the_pictures(page: Page, states: MadeStates) -> None:
    page.goto(states.post("pond.flac").do(0, Song()).address)
    expect(page).to_have_title("pond.flac – Dawn Chorus")
    expect(page.get_by_role("heading", name="pond.flac")).to_be_visible()
    facts = page.get_by_role("banner").or_(page.locator(".facts")).last
    for fact in ("pond", "2026-05-03 04:30:00 +02:00", "1 min", "8 kHz, mono", "52.500, 13.400", "woods 1.0.0"):
        expect(facts).to_contain_text(fact)


def test_no_place_and_no_time_are_said(page: Page, states: MadeStates) -> None:
    nowhere = Place(None, None, None, None)
    page.goto(states.post("unknown.flac", place=nowhere).do(0, Song()).address)
    expect(page.get_by_text("not known: times are positions in the recording")).to_be_visible()
    expect(page.get_by_text("not given")).to_have_count(2)


def test_a_recording_that_is_not_there(page: Page, faults: Faults) -> None:
    for nothing in ("0193d0c8-5a3e-7c21-9d6b-1f2e3d4c5b6a", "typo"):
        page.goto(f"/recordings/{nothing}")
        expect(page.get_by_role("heading", name="There is no such recording")).to_be_visible()
        expect(page.get_by_role("link", name="See all recordings")).to_be_visible()
    faults.expect("Failed to load resource")


def test_queued_behind_others(page: Page, states: MadeStates) -> None:
    first, second = states.post("first.flac"), states.post("second.flac")
    page.goto(second.address)
    expect(page.get_by_text(re.compile(r"Waiting behind \d+ other recording"))).to_be_visible()
    first.do(0)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled after 0 s; 1 min were not analyzed.")).to_be_visible()


def test_running_with_what_was_found_so_far(page: Page, states: MadeStates) -> None:
    made = states.post("long.flac", n_segments=3).do(0, Song()).begin(1)
    page.goto(made.address)
    expect(page.get_by_role("progressbar", name="Analyzed")).to_have_attribute("value", "1")
    expect(page.get_by_text("1 min of 3 min analyzed")).to_be_visible()
    made.do(1, Song())
    expect(page.get_by_text("2 min of 3 min analyzed")).to_be_visible()
    made.do(2)
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_finished_with_nothing_found(page: Page, states: MadeStates) -> None:
    page.goto(states.post("quiet.flac").do(0).address)
    expect(page.get_by_text("Nothing reached 0.05; 1 min analyzed.")).to_be_visible()


def test_partial_says_what_is_missing_and_links_to_it(page: Page, states: MadeStates) -> None:
    lost = (LostStretch(90.0, 100.0, "the audio is damaged"),)
    made = states.post("holes.flac", n_segments=3).do(0, Song()).do(1, Song(), lost=lost).fail(2)
    page.goto(made.address)
    expect(page.get_by_text("Partly analyzed: 1 min 50 s of 3 min; 1 min 10 s could not be.")).to_be_visible()
    stretches = page.locator(".not-analyzed li")
    expect(stretches).to_have_text(
        ["04:31:30 to 04:31:40 the audio is damaged", "04:32:00 to 04:33:00 the decoder crashed"]
    )
    stretches.first.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"t=88\.75&span=12\.5"))


def test_failed_says_why_and_offers_to_retry(page: Page, states: MadeStates) -> None:
    made = states.post("broken.flac").fail(0, "the model pack woods cannot be read")
    with page.expect_response("**/lanes"):  # of an analysis that is tried again meanwhile, lanes would come as 503
        page.goto(made.address)
    expect(page.get_by_text("None of it could be analyzed. the model pack woods cannot be read")).to_be_visible()
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("What was not analyzed is tried again.")).to_be_visible()


def test_the_audio_was_removed_and_the_results_stay(page: Page, states: MadeStates) -> None:
    made = states.post("old.flac").do(0, Song())
    states.remove_audio(made)
    page.goto(made.address)
    expect(page.get_by_text("The audio was removed")).to_be_visible()
    expect(page.get_by_role("button", name="Play")).to_have_count(0)
    expect(page.get_by_role("button", name="Analyze again")).to_have_count(0)
    page.get_by_text("Download", exact=True).click()
    expect(page.get_by_role("link", name="Events as CSV")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("^The recording"))).to_have_count(0)


def test_it_was_deleted_while_somebody_looked(page: Page, states: MadeStates, api: httpx.Client) -> None:
    made = states.post("doomed.flac").do(0, Song())
    states.remove_audio(made)
    with page.expect_response(re.compile(r"/lanes\?.*frames=true")):
        page.goto(made.address)
    expect(page.get_by_text("1 event of 1 taxon")).to_be_visible()  # nothing is on its way any more
    api.delete(f"/v1{made.address}").raise_for_status()
    expect(page.get_by_text("This recording was deleted.")).to_be_visible()


def test_a_corrected_clock_is_shown_at_once(page: Page, states: MadeStates, api: httpx.Client) -> None:
    made = states.post("drifted.flac").do(0, Song())
    page.goto(made.address)
    expect(page.get_by_text("2026-05-03 04:30:00 +02:00")).to_be_visible()
    api.patch(f"/v1{made.address}", json={"recorded_at": "2026-05-03T05:00:00+02:00"}).raise_for_status()
    expect(page.get_by_text("2026-05-03 05:00:00 +02:00")).to_be_visible()


def test_its_site_is_corrected_in_place(page: Page, states: MadeStates) -> None:
    page.goto(states.post("misplaced.flac").do(0, Song()).address)
    page.get_by_role("button", name="Edit site, place and start").click()
    page.get_by_label("Site", exact=True).fill("hill")
    page.get_by_role("button", name="Change 1 recording").click()
    expect(page.locator(".fact-list")).to_contain_text("hill")


def test_escape_closes_the_open_panel_before_anything_else(page: Page, states: MadeStates) -> None:
    page.goto(states.post("escaped.flac").do(0, Song()).address)
    panel = page.get_by_role("complementary", name="Event")
    expect(panel.get_by_text("No event selected")).to_be_visible()
    page.keyboard.press("j")
    expect(panel.get_by_text("No event selected")).to_be_hidden()
    opener = page.get_by_role("button", name="Analyze again")
    opener.click()
    form = page.get_by_role("region", name="Analyze again")
    expect(form).to_be_visible()
    page.keyboard.press("Escape")
    expect(form).to_be_hidden()
    expect(opener).to_be_focused()
    expect(panel.get_by_text("No event selected")).to_be_hidden()


def test_an_unknown_address_is_said_by_the_page(page: Page, faults: Faults) -> None:
    answer = page.goto("/nothing-here")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="There is nothing at this address")).to_be_visible()
    faults.expect("404")
    page.get_by_role("link", name="See all recordings").click()
    expect(page.get_by_role("heading", name="Recordings")).to_be_visible()


def test_the_service_cannot_be_reached_for_a_while(page: Page, states: MadeStates, faults: Faults) -> None:
    made = states.post("patient.flac").do(0, Song())
    for path in (f"**/v1{made.address}", "**/v1/events"):
        page.route(path, lambda route: route.abort())
    page.goto(made.address)
    expect(page.get_by_role("heading", name="The recording cannot be shown")).to_be_visible()
    page.unroute_all()
    expect(page.get_by_role("heading", name="patient.flac")).to_be_visible()
    faults.expect("Failed to load resource")


def test_warnings_say_what_they_mean_and_where(page: Page, api: httpx.Client) -> None:
    """Six seconds of zeros, then a microphone that is wired the wrong way round."""
    left = noise(8, 48_000)[:, 0] * 50
    left[: 6 * 48_000] = 0
    found = post_sound(api, "wired.wav", np.stack([left, -left], axis=1))
    page.goto(f"/recordings/{found['id']}")
    expect(page.get_by_role("heading", name="The channels cancel each other")).to_be_visible()
    silence = page.locator(".warning", has=page.get_by_role("heading", name="Digital silence"))
    expect(silence).to_contain_text("Every sample is exactly zero there")
    silence.get_by_role("link", name="0:00 to 0:06").click()
    expect(page).to_have_url(re.compile(r"t=0&span=7"))


def test_a_warning_that_this_page_does_not_know(page: Page, states: MadeStates) -> None:
    made = states.post("new.flac").do(0, Song(), warnings=[AnalysisWarning("eclipse", "the sun was away", 3.0, 9.0)])
    page.goto(made.address)
    expect(page.get_by_text("the sun was away").first).to_be_visible()


def test_a_file_that_was_cut_off(page: Page, api: httpx.Client, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "whole.wav", noise(12, 24_000), 24_000, subtype="PCM_16")
    found = post_sound(api, "cut.wav", (tmp_path / "whole.wav").read_bytes()[: 24_000 * 2 * 9])
    page.goto(f"/recordings/{found['id']}")
    expect(page.get_by_text(re.compile(r"^Partly analyzed: \d+(\.\d)? s of 12 s"))).to_be_visible()


@pytest.mark.parametrize(("length_s", "rate_hz", "shown"), [(1.0, 48_000, "48 kHz"), (2.0, 250_000, "250 kHz")])
def test_very_short_and_very_high(page: Page, api: httpx.Client, length_s: float, rate_hz: int, shown: str) -> None:
    found = post_sound(api, f"{rate_hz}.wav", noise(length_s, rate_hz), rate_hz)
    page.goto(f"/recordings/{found['id']}")
    expect(page.get_by_text(f"{shown}, mono")).to_be_visible()
    expect(page.get_by_text(f"{length_s:g} s", exact=True).first).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Spectrogram"))).to_be_visible()


def test_five_hundred_taxa(page: Page, states: MadeStates) -> None:
    songs = [Song(taxon, onset_s=1.0 + number % 50) for number, taxon in enumerate(WOODS.taxa[-500:])]
    page.goto(states.post("crowd.flac").do(0, *songs).address)
    expect(page.get_by_role("heading", name="crowd.flac")).to_be_visible()
    expect(page.get_by_role("listbox", name="Lanes").get_by_role("option")).to_have_count(500)


def test_another_analysis_is_chosen_and_the_address_says_so(page: Page, states: MadeStates, api: httpx.Client) -> None:
    made = states.post("twice.flac").do(0, Song())
    again = api.post(f"/v1{made.address}/analyses", json={"pack": "synthetic"}).raise_for_status().json()
    api.get(f"/v1/analyses/{again['id']}/events").raise_for_status()  # ends with the analysis: then it is looked at
    page.goto(made.address)
    choice = page.get_by_role("combobox", name="Analysis")
    expect(choice).to_have_value(again["id"])
    choice.select_option(str(made.analysis_id))
    expect(page).to_have_url(re.compile(f"analysis={made.analysis_id}"))
    page.go_back()
    expect(choice).to_have_value(again["id"])
    page.go_forward()
    expect(choice).to_have_value(str(made.analysis_id))


def test_a_link_to_a_stretch_and_a_threshold(page: Page, states: MadeStates) -> None:
    made = states.post("link.flac", n_segments=3).do(0, Song()).do(1).do(2)
    page.goto(f"{made.address}?t=8&span=20&threshold=0.5&taxon=eurrob1")
    expect(page.get_by_role("heading", name="link.flac")).to_be_visible()
    page.get_by_text("Download", exact=True).click()
    expect(page.get_by_role("link", name="Events as CSV")).to_have_attribute(
        "href", re.compile(r"onset_threshold=0\.5")
    )
    page.goto(f"{made.address}?t=nowhere&threshold=7", wait_until="commit")  # it is said for a few seconds only
    expect(page.get_by_text("This link asks for what cannot be shown: t=nowhere")).to_be_visible()


def test_a_key_without_the_scope_says_so(page: Page, states: MadeStates, service: Service, faults: Faults) -> None:
    """Last, for from the first key on everybody needs one."""
    made = states.post("kept.flac").fail(0)
    keys = [
        service.chorus("keys", "create", scope, "--scope", scope).stdout.split()[-1] for scope in ("read", "upload")
    ]
    wait_until(lambda: httpx.get(f"{service.url}/v1/session").status_code == 401)
    for key, said in zip(keys, ("Your key may look at recordings, not change them.", "scope"), strict=True):
        page.goto(made.address)
        page.get_by_label("Key", exact=True).fill(key)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text(said).first).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    faults.expect("Failed to load resource")
