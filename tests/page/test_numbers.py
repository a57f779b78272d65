"""The page shows no number that the API does not give: those in the list and in a recording are held to its answers."""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.page.made_states import post_sound

_NUMBER = re.compile(r"\d[\d.,:-]*\d|\d")
_DRAWING = re.compile(r"Drawing … \d+ %")
"""For a moment: how much of the overview is there, as the service says with each answer."""
Answer = dict[str, Any]


def numbers_in(*texts: object) -> set[str]:
    return {number for text in texts for number in _NUMBER.findall(str(text))}


@pytest.fixture(scope="module")
def recording(api: httpx.Client, audio_dir: Path) -> Answer:
    """Ten seconds of a morning, of which the synthetic pack makes some events."""
    path = audio_dir / "powdermill" / "Recording_1_Segment_07-snippet.wav"
    fields = {"recorded_at": "2018-04-13T06:10:00-04:00", "site": "powdermill", "latitude": "40.16"}
    return post_sound(api, path.name, path.read_bytes(), fields=fields | {"longitude": "-79.27"})


def list_events(api: httpx.Client, recording: Answer, query: dict[str, str]) -> list[Answer]:
    events: list[Answer] = api.get(f"/v1/analyses/{recording['analyses'][0]['id']}/detections", params=query).json()[
        "items"
    ]
    return events


def read_lanes(api: httpx.Client, recording: Answer, frames: str = "true") -> tuple[Answer, Any]:
    """Return what the lanes say of themselves, and the scores of frames or windows, (n_taxa, n)."""
    body = api.get(f"/v1/analyses/{recording['analyses'][0]['id']}/lanes", params={"frames": frames}).content
    begin = 4 + int.from_bytes(body[:4], "little")
    head: Answer = json.loads(body[4:begin])
    scores = np.frombuffer(body, "<u2", offset=begin).reshape(len(head["taxa"]), head["n"])
    return head, scores / 65535


def facts_of(recording: Answer) -> Iterator[str]:
    yield from (recording["filename"], recording["site"])
    day, clock = recording["recorded_at"].split("T")
    yield from (day, *day.split("-"), clock[:8], clock[8:].lstrip("+-"))
    yield from (f"{recording['duration_s']:g} s", f"{recording['sample_rate_hz'] / 1000:g} kHz")
    yield from (f"{recording[name]:.3f}" for name in ("latitude", "longitude"))
    yield from (recording["analyses"][0]["pack"]["version"], recording["analyses"][0]["settings"]["floor"])


def said_of(event: Answer) -> Iterator[str]:
    minutes, seconds = divmod(event["onset_s"], 60)
    yield from (event["started_at"][11:21], event["started_at"][11:19], f"{int(minutes)}:{seconds:04.1f}")
    yield from (f"{event['offset_s'] - event['onset_s']:.2f}", f"{event['confidence']:.2f}")


def others_in(event: Answer, head: Answer, scores: Any) -> Iterator[str]:
    """The highest score of each taxon while the event lasted."""
    begin, end = int(event["onset_s"] / head["step_s"] + 1e-6), math.ceil(event["offset_s"] / head["step_s"] - 1e-6)
    yield from (f"{score:.2f}" for score in scores[:, begin:end].max(axis=1))


def counts_of(events: list[Answer], head: Answer) -> Iterator[int]:
    codes = [event["code"] for event in events]
    yield from (len(events), len(set(codes)), len(head["taxa"]), *(codes.count(code) for code in set(codes)))


def test_the_list_shows_numbers_of_the_api_alone(page: Page, recording: Answer) -> None:
    page.goto("/")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=recording["filename"]))
    top = recording["analyses"][0]["top_taxa"]
    assert top
    for taxon in top:
        expect(row).to_contain_text(f"{taxon['confidence']:.2f}")
    given = numbers_in(*facts_of(recording), *(f"{taxon['confidence']:.2f}" for taxon in top))
    assert numbers_in(row.inner_text()) <= given
    titles = row.locator("[title]").evaluate_all("all => all.map(each => each.title)")
    assert numbers_in(*titles) <= given | numbers_in(*(taxon["detections"] for taxon in top), 40.16, 79.27)


@pytest.mark.parametrize("query", [{}, {"onset_threshold": "0.3"}])
def test_a_recording_shows_numbers_of_the_api_alone(
    page: Page, api: httpx.Client, recording: Answer, query: dict[str, str]
) -> None:
    events = list_events(api, recording, query)
    head, scores = read_lanes(api, recording)
    threshold = query.get("onset_threshold")
    page.goto(f"/recordings/{recording['id']}?table=1" + (f"&threshold={threshold}" if threshold else ""))
    expect(page.get_by_role("table").get_by_role("row")).to_have_count(1 + len(events))
    page.keyboard.press("j")
    panel = page.get_by_role("complementary")
    expect(panel.get_by_role("status")).not_to_be_empty()
    first = events[0]
    given = numbers_in(
        *facts_of(recording), threshold, *counts_of(events, head), head["step_s"],
        *(number for event in events for number in said_of(event)),
        *(f"{taxon['peak']:.2f}" for taxon in head["taxa"]),
        *others_in(first, head, scores),
        *others_in(first, *read_lanes(api, recording, "false")),  # shown until those of frames are there
        "0 dB",
    )  # fmt: skip
    shown = numbers_in(_DRAWING.sub("", page.get_by_role("main").inner_text()))
    assert shown <= given, shown - given
    assert numbers_in(*said_of(first)) <= shown
    assert {f"{taxon['peak']:.2f}" for taxon in head["taxa"]} <= shown
    lasting = {f"{event['offset_s'] - event['onset_s']:.2f}" for event in events}
    assert lasting <= shown
    own = {taxon["rule"]["onset_threshold"] for taxon in head["taxa"]}
    stands_at = page.get_by_label("Lowest score at which events begin").input_value()
    assert float(stands_at) in ({float(threshold)} if threshold else own)
