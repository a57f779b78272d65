"""The pictures of a recording: overview, time axis, spectrogram; what they show, and how one moves in them."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, Route, expect

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.domain.lost_audio import LostStretch
from tests.page.made_states import MadeStates, Song, post_sound
from tests.page.spectrogram_canvas import (
    Part,
    brush,
    darkness,
    mean_color,
    open_recording,
    spectrogram,
    wait_for_color,
    wait_for_pictures,
)
from tests.page.watched_page import Faults
from tests.servers.chorus_up import Service

DAWN = "powdermill/Recording_1_Segment_07-snippet.wav"
"""Ten seconds of a dawn chorus in Pennsylvania. A chickadee calls at 3.0 to 3.9 kHz from 5.7 s to 6.9 s."""
BAT = "bats/XC820302-Noctilio_leporinus-2013.01.08-CL00088_A_15.wav"
"""384 kHz."""
START = "2018-05-20T05:59:55-04:00"
WHOLE = (10.0, 16_000.0)
CALL, QUIET = Part((5.7, 6.9), (3000, 3900), WHOLE), Part((5.7, 6.9), (6500, 8000), WHOLE)


@pytest.fixture(scope="module")
def upload(api: httpx.Client) -> Callable[..., str]:
    """Return a function that uploads a file and returns the recording's id, once nothing of its view moves any more."""

    def upload(path: Path, **fields: str) -> str:
        return str(post_sound(api, path.name, path.read_bytes(), fields=fields)["id"])

    return upload


@pytest.fixture(scope="module")
def states(service: Service) -> Iterator[MadeStates]:
    url = (service.folder / "data" / "database-url").read_text().strip()
    with Database(url) as database:
        yield MadeStates(service, database)


@pytest.fixture(scope="module")
def dawn(upload: Callable[..., str], audio_dir: Path) -> str:
    return upload(audio_dir / DAWN, recorded_at=START)


def test_a_call_is_dark_on_light_in_the_day_and_light_on_dark_at_night(page: Page, dawn: str) -> None:
    """And silence above it is not: where is known what sang."""
    open_recording(page, dawn)
    assert darkness(page, QUIET) < 50
    assert darkness(page, CALL) > darkness(page, QUIET) + 40
    page.emulate_media(color_scheme="dark")
    wait_for_color(page, QUIET, "red < 70 && blue < 70")
    assert darkness(page, CALL) < darkness(page, QUIET) - 40


def test_color_maps_are_what_they_are_called_and_are_found_again(page: Page, dawn: str) -> None:
    open_recording(page, dawn)
    page.get_by_label("Colors").select_option("Viridis")
    wait_for_color(page, QUIET, "red > 30 && blue > red + 20 && green < 90")
    page.reload()
    wait_for_pictures(page)
    expect(page.get_by_label("Colors")).to_have_value("viridis")
    page.get_by_label("Colors").select_option("Magma")
    wait_for_color(page, QUIET, "green < 40 && blue > red && blue < 120")
    page.get_by_label("Colors").select_option("Gray")
    wait_for_color(page, QUIET, "red > 200 && green > 200 && blue > 200")


def test_contrast_goes_from_automatic_to_chosen_and_back(page: Page, dawn: str) -> None:
    open_recording(page, dawn)
    before = round(mean_color(page, QUIET)[0])
    page.get_by_role("button", name="Contrast").click()
    expect(page.get_by_role("button", name="Automatic")).to_be_disabled()
    faintest = page.get_by_role("slider", name="Faintest shown")
    expect(faintest).to_have_attribute("aria-valuetext", re.compile(r"^−\d+ dB$"))
    faintest.press("Home")
    wait_for_color(page, QUIET, f"red < {before - 20}")
    page.get_by_role("button", name="Automatic").click()
    wait_for_color(page, QUIET, f"Math.round(red) === {before}")


def test_keys_zoom_around_the_cursor_and_show_all_again(page: Page, dawn: str) -> None:
    open_recording(page, dawn)
    axis = page.get_by_role("img", name=re.compile("^Time axis"))
    expect(axis).to_have_accessible_name("Time axis, 05:59:55.0 to 06:00:05.0")
    box = spectrogram(page).bounding_box()
    assert box
    spectrogram(page).click(position={"x": box["width"] / 5, "y": 100})
    page.keyboard.press("+")
    expect(axis).to_have_accessible_name("Time axis, 05:59:56.0 to 06:00:01.0")
    page.keyboard.press("-")
    expect(axis).to_have_accessible_name("Time axis, 05:59:55.0 to 06:00:05.0")
    for _ in range(9):
        page.keyboard.press("+")
    expect(page.get_by_role("button", name="Zoom in", exact=True)).to_be_disabled()
    expect(brush(page)).to_have_attribute("aria-valuetext", "05:59:56.9 to 05:59:57.4")
    page.keyboard.press("0")
    expect(page.get_by_role("button", name="Zoom out", exact=True)).to_be_disabled()
    page.get_by_role("button", name="Zoom in", exact=True).click()
    expect(axis).to_have_accessible_name("Time axis, 05:59:56.0 to 06:00:01.0")


def test_the_wheel_zooms_where_the_pointer_is_and_with_shift_moves_on(page: Page, dawn: str) -> None:
    open_recording(page, dawn)
    box = spectrogram(page).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 100)
    page.mouse.wheel(0, -346.57)  # half: e^-0.693
    expect(page.get_by_role("img", name=re.compile(r"Time axis, 05:59:57\.[45] to 06:00:02\.[45]"))).to_be_visible()
    page.keyboard.down("Shift")
    page.mouse.wheel(0, box["width"] / 5)
    page.keyboard.up("Shift")
    expect(page.get_by_role("img", name=re.compile(r"Time axis, 05:59:58\.[45] to 06:00:03\.[45]"))).to_be_visible()


def test_a_drag_moves_on_a_click_sets_the_cursor_and_a_double_click_zooms(page: Page, dawn: str) -> None:
    open_recording(page, dawn)
    box = spectrogram(page).bounding_box()
    assert box
    middle, y = box["x"] + box["width"] / 2, box["y"] + 100
    page.mouse.dblclick(middle, y)
    expect(page.get_by_role("img", name="Time axis, 05:59:57.5 to 06:00:02.5")).to_be_visible()
    expect(page.locator(".spectrogram .line.cursor")).to_be_visible()
    page.mouse.move(middle, y)
    page.mouse.down()
    page.mouse.move(middle + box["width"] / 4, y, steps=4)
    page.mouse.move(middle + box["width"] / 2, y, steps=4)
    page.mouse.up()
    expect(page.get_by_role("img", name="Time axis, 05:59:55.0 to 06:00:00.0")).to_be_visible()
    wait_for_pictures(page)


def test_frequencies_zoom_by_buttons_and_by_a_drag_along_their_axis(page: Page, dawn: str) -> None:
    open_recording(page, dawn)
    axis = page.get_by_role("img", name=re.compile("^Frequency axis"))
    expect(axis).to_have_accessible_name("Frequency axis, 0 to 16 kHz")
    page.get_by_role("button", name="Zoom in on frequencies").click()
    expect(axis).to_have_accessible_name("Frequency axis, 0 to 8 kHz")
    wait_for_pictures(page)
    low_half = (10.0, 8000.0)
    call, above = Part((5.7, 6.9), (3000, 3900), low_half), Part((5.7, 6.9), (7000, 8000), low_half)
    assert darkness(page, call) > darkness(page, above) + 30
    box = axis.bounding_box()
    assert box
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + box["height"] / 4)
    page.mouse.down()
    page.mouse.move(x, box["y"] + box["height"] * 3 / 4, steps=4)
    page.mouse.up()
    expect(axis).to_have_accessible_name("Frequency axis, 2 to 6 kHz")
    expect(spectrogram(page)).to_have_accessible_name(re.compile("2 to 6 kHz"))
    page.get_by_role("button", name="Show all frequencies").click()
    expect(axis).to_have_accessible_name("Frequency axis, 0 to 16 kHz")


def test_the_brush_moves_by_keyboard(page: Page, dawn: str) -> None:
    open_recording(page, dawn)
    whole = page.get_by_role("slider", name="Shown stretch", exact=True)
    expect(whole).to_have_attribute("aria-valuetext", "05:59:55.0 to 06:00:05.0")
    page.get_by_role("slider", name="End of the shown stretch").press("Shift+ArrowLeft")
    for _ in range(5):
        page.get_by_role("slider", name="End of the shown stretch").press("ArrowLeft")
    page.get_by_role("slider", name="End of the shown stretch").press("Home")
    expect(whole).to_have_attribute("aria-valuetext", "05:59:55.0 to 05:59:55.5")
    page.get_by_role("slider", name="End of the shown stretch").press("End")
    page.get_by_role("slider", name="Start of the shown stretch").press("ArrowRight")
    expect(whole).to_have_attribute("aria-valuetext", "05:59:56.0 to 06:00:05.0")
    whole.press("Home")
    expect(whole).to_have_attribute("aria-valuetext", "05:59:55.0 to 06:00:04.0")
    whole.press("ArrowRight")
    expect(whole).to_have_attribute("aria-valuetext", "05:59:55.9 to 06:00:04.9")
    expect(page.get_by_role("img", name="Time axis, 05:59:55.9 to 06:00:04.9")).to_be_visible()


def test_the_brush_is_drawn_moved_and_resized_by_the_pointer(page: Page, dawn: str) -> None:
    open_recording(page, dawn)
    strip = page.get_by_role("img", name=re.compile("^The whole recording")).bounding_box()
    assert strip
    y = strip["y"] + strip["height"] / 2

    def drag(from_share: float, to_share: float) -> None:
        page.mouse.move(strip["x"] + from_share * strip["width"], y)
        page.mouse.down()
        page.mouse.move(strip["x"] + to_share * strip["width"], y, steps=5)
        page.mouse.up()

    drag(0.2, 0.4)
    expect(page.get_by_role("img", name="Time axis, 05:59:57.0 to 05:59:59.0")).to_be_visible()
    drag(0.3, 0.6)
    expect(page.get_by_role("img", name="Time axis, 06:00:00.0 to 06:00:02.0")).to_be_visible()
    drag(0.7, 0.9)
    expect(page.get_by_role("img", name="Time axis, 06:00:00.0 to 06:00:04.0")).to_be_visible()


def test_times_are_the_recorders_or_positions(page: Page, dawn: str) -> None:
    open_recording(page, dawn)
    page.keyboard.press("t")
    expect(page.get_by_role("img", name="Time axis, 0:00.0 to 0:10.0")).to_be_visible()
    page.get_by_role("button", name="From its start").click()
    expect(page.get_by_role("img", name="Time axis, 05:59:55.0 to 06:00:05.0")).to_be_visible()
    expect(page.get_by_role("button", name="20 May 2018")).to_be_visible()


def test_bats_have_their_own_frequencies(page: Page, upload: Callable[..., str], audio_dir: Path) -> None:
    open_recording(page, upload(audio_dir / BAT))
    expect(page.get_by_role("img", name="Frequency axis, 0 to 192 kHz")).to_be_visible()
    expect(page.get_by_role("img", name="Time axis, 0:00.0 to 0:03.5")).to_be_visible()
    call, above = (Part((0.95, 1.1), hertz, (3.584, 192_000.0)) for hertz in ((25_000, 55_000), (130_000, 190_000)))
    assert darkness(page, call) > darkness(page, above) + 40


def test_a_second_is_shown_whole(page: Page, upload: Callable[..., str], tmp_path: Path) -> None:
    time_s = np.arange(16_000) / 16_000
    soundfile.write(tmp_path / "second.wav", 0.3 * np.sin(2 * np.pi * 4000 * time_s), 16_000)
    open_recording(page, upload(tmp_path / "second.wav"))
    expect(page.get_by_role("img", name="Time axis, 0:00.0 to 0:01.0")).to_be_visible()
    tone, quiet = (Part((0.1, 0.9), hertz, (1.0, 8000.0)) for hertz in ((3970, 4030), (6000, 7500)))
    assert darkness(page, tone) > 200
    assert darkness(page, quiet) < 40


def test_a_busy_service_is_asked_again_when_it_says(page: Page, faults: Faults, dawn: str) -> None:
    is_busy = [True]

    def refuse_meanwhile(route: Route) -> None:
        if not is_busy:
            route.continue_()
            return
        route.fulfill(
            status=503,
            headers={"Retry-After": "1"},
            content_type="application/problem+json",
            body=json.dumps({"type": "/problems/busy", "detail": "Many wait; try again soon"}),
        )

    page.route("**/spectrogram/*/*.webp*", refuse_meanwhile)
    page.goto(f"/recordings/{dawn}")
    expect(page.get_by_text("It will be asked for again by itself.").first).to_be_visible()
    is_busy.clear()
    wait_for_pictures(page)
    expect(page.get_by_text("It will be asked for again by itself.")).to_have_count(0)
    faults.expect("503")


def test_one_lost_tile_says_why_and_comes_when_asked_again(page: Page, faults: Faults, dawn: str) -> None:
    is_broken = [True]

    def break_first(route: Route) -> None:
        if is_broken and "/0.webp" in route.request.url:
            detail = "Drawing the spectrogram ended its process: the file is damaged"
            route.fulfill(status=422, json={"type": "/problems/undecodable-audio", "detail": detail})
        else:
            route.continue_()

    page.route("**/spectrogram/*/*.webp*", break_first)
    page.goto(f"/recordings/{dawn}?t=0&span=10")
    again = page.get_by_role("button", name=re.compile("^Draw 05:59:55 to .* again$"))
    expect(again).to_be_visible()
    expect(page.get_by_text("the file is damaged")).to_be_visible()
    expect(page.locator(".tile-problem")).to_have_count(1)
    is_broken.clear()
    again.click()
    expect(again).to_have_count(0)
    wait_for_pictures(page)
    faults.expect("422")


def test_a_file_that_goes_bad_costs_a_tile_and_not_the_service(
    page: Page, faults: Faults, service: Service, upload: Callable[..., str], dawn: str, tmp_path: Path
) -> None:
    """What was drawn stays; the process that reads the file ends with it, and others are shown as before."""
    noise = np.random.default_rng(3).normal(0, 0.1, 30 * 16_017)
    soundfile.write(tmp_path / "bad.wav", noise, 16_000)
    open_recording(page, upload(tmp_path / "bad.wav"))
    size = (tmp_path / "bad.wav").stat().st_size
    (kept,) = [each for each in (service.folder / "data" / "audio").rglob("*") if each.stat().st_size == size]
    kept.write_bytes(b"RIFF" + b"\xff" * (size - 4))
    for _ in range(3):
        page.keyboard.press("+")
    expect(page.get_by_text("No picture of").first).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Draw .* again$")).first).to_be_visible()
    page.keyboard.press("0")
    wait_for_pictures(page)
    open_recording(page, dawn)
    assert darkness(page, CALL) > darkness(page, QUIET) + 40
    faults.expect("Failed to load resource")


def test_an_overview_fills_in_and_says_how_far_it_is(page: Page, upload: Callable[..., str], tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 0.05, 8000 * 700).astype(np.float32)
    soundfile.write(tmp_path / "long.wav", noise, 8000)
    asked: set[str] = set()
    is_half = [True]

    def tell_half(route: Route) -> None:
        asked.add(route.request.url)
        answer = route.fetch()
        share = {"chorus-drawn-share": "0.500"} if is_half else {}
        route.fulfill(response=answer, headers={**answer.headers, **share})

    page.route("**/spectrogram/1024/*.webp*", tell_half)
    page.route("**/spectrogram/512/*.webp*", tell_half)
    page.goto(f"/recordings/{upload(tmp_path / 'long.wav')}")
    expect(page.get_by_text(re.compile(r"^Drawing … \d+ %$"))).to_be_visible()
    is_half.clear()
    wait_for_pictures(page)
    expect(page.get_by_text(re.compile(r"^Drawing … \d+ %$"))).to_have_count(0)
    assert all("partial=true" in url for url in asked)


def test_removed_audio_is_said_and_what_was_heard_stays(page: Page, states: MadeStates) -> None:
    made = states.post("gone.flac").do(0, Song())
    states.remove_audio(made)
    page.goto(made.address)
    expect(page.get_by_text(re.compile("The audio was removed on .* What was heard in it stays"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Time axis"))).to_be_visible()
    expect(page.get_by_role("slider", name="Shown stretch", exact=True)).to_be_visible()
    expect(spectrogram(page)).to_have_count(0)


def test_the_selected_event_is_outlined_and_named(page: Page, states: MadeStates) -> None:
    open_recording(page, str(states.post("robin.flac").do(0, Song()).recording_id))
    outline = Part((10.0, 13.0), (3950, 3998), (60.0, 4000.0))
    before = mean_color(page, outline)
    page.keyboard.press("j")
    expect(spectrogram(page)).to_have_accessible_name(re.compile("Outlined: .*Robin, 04:30:10"))
    after = wait_for_color(page, outline, f"Math.abs(red - {before[0]}) > 60")
    assert after[2] > after[0] + 40


def test_what_was_not_analyzed_is_hatched_and_said(page: Page, states: MadeStates) -> None:
    lost = LostStretch(20.0, 40.0, "the card was full")
    open_recording(page, str(states.post("gap.flac").do(0, Song(), lost=[lost]).recording_id))
    expect(spectrogram(page)).to_have_accessible_name(
        re.compile("Not analyzed: 04:30:20.0 to 04:30:40.0, the card was full")
    )
    wait_for_pictures(page)
    there, lost_part = (Part(seconds, (1500, 3500), (60.0, 4000.0)) for seconds in ((42, 58), (22, 38)))
    assert abs(darkness(page, lost_part) - darkness(page, there)) > 5
    box = spectrogram(page).bounding_box()
    assert box
    spectrogram(page).hover(position={"x": box["width"] / 2, "y": 100})
    expect(page.get_by_text(re.compile("not analyzed: the card was full"))).to_be_visible()


def test_requests_are_few_at_once_and_given_up_when_nobody_looks(page: Page, dawn: str) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/spectrogram/2/*.webp*", hold)
    with page.expect_request("**/spectrogram/2/*.webp*"):  # perhaps ahead of the zoom
        open_recording(page, dawn)
        for _ in range(3):
            page.keyboard.press("+")
    with page.expect_event("requestfailed"):
        page.keyboard.press("0")
    assert len(held) <= 3
    wait_for_pictures(page)


def test_two_channels_are_shown_one_by_one(page: Page, upload: Callable[..., str], tmp_path: Path) -> None:
    time_s = np.arange(48_000) / 16_000
    left, right = (0.3 * np.sin(2 * np.pi * hz * time_s) for hz in (2000, 6000))
    soundfile.write(tmp_path / "pair.wav", np.stack([left, right], axis=1), 16_000)
    open_recording(page, upload(tmp_path / "pair.wav"))
    low, high = (Part((1, 2), hertz, (3.0, 8000.0)) for hertz in ((1950, 2050), (5950, 6050)))
    assert min(darkness(page, low), darkness(page, high)) > 150
    page.get_by_label("Channel").select_option("Channel 2")
    wait_for_color(page, low, "red > 200")
    wait_for_pictures(page)
    assert darkness(page, high) > 150
