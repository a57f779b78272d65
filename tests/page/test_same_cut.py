"""The browser cuts the events that Python cuts: the worker as it was built, in a real browser."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

import dawn_chorus
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.domain.detections import ScoreRun, detect_events, threshold_step
from dawn_chorus.domain.event_rules import EventRule
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import FRAME_STEPS
from tests.integration.test_postgres_lanes import made_up_pack, save_made_up
from tests.lane_reading import read_lanes
from tests.page.long_day import no_jobs
from tests.servers.chorus_up import Service

BATCHES, PARTS = 100, 5
"""1,000 rows of scores: each part has a grid, runs and a threshold, and a row and a rule for each of two taxa."""
_TAXON = Taxon("winwre4", "Troglodytes troglodytes", "Eurasian Wren", "Aves")
_THRESHOLDS = (0.0, 1.0, 1e-6, 0.05, 0.1, 0.3, 0.5, 0.6, 1 / 3, 0.999995, 1234 / 65535, 32768 / 65535)
_STEPS_S = (0.5, 0.25, 5.0, 3.0, 1 / 3, 0.1171875, 0.0234375, 0.32, 1.0666666666666667)
"""0.1171875 and 0.0234375 have positions that lie halfway between two microseconds."""
_NAMES = ("Troglodytes troglodytes", "Erithacus rubecula")
_CUT = """async ([worker, parts]) => {
  const cutter = new Worker(worker, {type: "module"});
  const cut = (part, number) => new Promise((resolve, reject) => {
    cutter.onmessage = ({data}) => resolve(data);
    cutter.onerror = (error) => reject(new Error(error.message));
    cutter.postMessage({hold: {...part, scores: Uint16Array.from(part.rows.flat())}});
    cutter.postMessage({number, threshold: part.threshold});
  });
  const found = [];
  for (const [number, part] of parts.entries()) {
    const {events} = await cut(part, number);
    found.push(Array.from(events.taxon, (taxon, at) =>
      [taxon, events.onset_s[at], events.offset_s[at], events.confidence[at]]));
  }
  cutter.terminate();
  return found;
}"""

Part = dict[str, Any]
"""What the worker holds: taxa with their rules, `rows` of steps, the grid; and the threshold it is to cut at."""
Event = list[float]
"""Index of the taxon, onset, offset, confidence."""

thresholds = st.one_of(st.sampled_from(_THRESHOLDS), st.integers(0, FRAME_STEPS).map(lambda step: step / FRAME_STEPS))
floats = st.floats(0, 1)


@st.composite
def rules(draw: st.DrawFn, step_s: float) -> EventRule:
    high, low = draw(thresholds | floats), draw(thresholds | floats)
    spans = st.one_of(st.integers(0, 4).map(lambda n: n * step_s), st.floats(0, 3).map(lambda n: n * step_s))
    return EventRule(max(high, low), min(high, low), draw(spans), draw(spans))


@st.composite
def runs(draw: st.DrawFn, first: int, n: int) -> list[list[int]]:
    """Return some runs within n steps, with and without something between them."""
    ends = sorted(draw(st.sets(st.integers(first, first + n), max_size=6)))
    return [[begin, end - begin] for begin, end in zip(ends[::2], ends[1::2], strict=False)]


@st.composite
def parts(draw: st.DrawFn) -> Part:
    step_s = draw(st.sampled_from(_STEPS_S) | st.floats(0.01, 10))
    first, n = draw(st.integers(0, 300_000)), draw(st.integers(0, 30))
    own = [draw(rules(step_s)) for _ in _NAMES]
    threshold = draw(st.none() | thresholds | floats)
    compared = {each for rule in own for each in (rule.onset_threshold, rule.offset_threshold)} | {threshold or 0.0}
    near = {min(FRAME_STEPS, max(0, threshold_step(each) + shift)) for each in compared for shift in (-1, 0, 1)}
    steps = st.sampled_from([0, FRAME_STEPS, *sorted(near)])
    return {
        "taxa": [{"scientific_name": name, "rule": asdict(rule)} for name, rule in zip(_NAMES, own, strict=True)],
        "rows": [draw(st.lists(steps, min_size=n, max_size=n)) for _ in _NAMES],
        "threshold": threshold,
        "first": first,
        "n": n,
        "step_s": step_s,
        "end_s": (first + n - draw(st.sampled_from([0.0, 0.4, 1.0, 1.3]))) * step_s,
        "runs": draw(runs(first, n)),
    }


def cut_by_python(part: Part) -> list[Event]:
    """Return the events as the service cuts them, in the order in which it lists them."""
    found: list[Event] = []
    for taxon, (described, row) in enumerate(zip(part["taxa"], part["rows"], strict=True)):
        steps, rule = np.array(row, np.uint16), EventRule(**described["rule"])
        if part["threshold"] is not None:
            rule = rule.changed(onset_threshold=part["threshold"])
        first = part["first"]
        scored = [ScoreRun(begin, steps[begin - first : begin - first + n]) for begin, n in part["runs"]]
        events = detect_events(_TAXON, scored, rule, step_s=part["step_s"], end_s=part["end_s"])
        found += [[taxon, event.onset_s, event.offset_s, event.confidence] for event in events]
    return sorted(found, key=lambda event: (event[1], part["taxa"][int(event[0])]["scientific_name"]))


def cut_in_browser(page: Page, several: list[Part]) -> list[list[Event]]:
    (worker,) = (Path(dawn_chorus.__file__).parent / "page" / "assets").glob("cut_worker-*.js")
    found: list[list[Event]] = page.evaluate(_CUT, [f"/assets/{worker.name}", several])
    return found


@settings(
    max_examples=BATCHES,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(several=st.lists(parts(), min_size=PARTS, max_size=PARTS))
def test_a_thousand_rows_of_scores_are_cut_as_python_cuts_them(page: Page, several: list[Part]) -> None:
    if page.url == "about:blank":
        page.goto("/")
    assert cut_in_browser(page, several) == [cut_by_python(part) for part in several]


@pytest.mark.parametrize("frame_s", [None, 0.5])
def test_analyses_are_cut_as_the_service_lists_them(
    page: Page, api: httpx.Client, service: Service, frame_s: float | None
) -> None:
    """With segments that failed, at each taxon's own threshold and at others."""
    pack = made_up_pack([EventRule(0.4, 0.3, 1.0, 1.0), EventRule(0.9, 0.1, 0.0, 7.0)], frame_s)
    with Database((service.folder / "data" / "database-url").read_text().strip()) as database, no_jobs(database):
        analysis = save_made_up(database, pack, 7, {2}).analyses[0].id
    header, rows = read_lanes(api.get(f"/v1/analyses/{analysis}/lanes", params={"frames": True}).content)
    page.goto("/")
    for threshold in (None, 0.05, 0.3, 0.50001, 0.6, 1.0):
        (events,) = cut_in_browser(page, [header | {"rows": rows, "threshold": threshold}])
        query = {} if threshold is None else {"onset_threshold": threshold}
        listed = api.get(f"/v1/analyses/{analysis}/detections", params=query).json()["items"]
        assert [_as_listed(header, *event) for event in events] == [
            (each["code"], each["onset_s"], each["offset_s"], each["confidence"]) for each in listed
        ]
        assert listed


def _as_listed(
    header: dict[str, Any], taxon: float, onset_s: float, offset_s: float, confidence: float
) -> tuple[str, float, float, float]:
    return header["taxa"][int(taxon)]["code"], round(onset_s, 3), round(offset_s, 3), round(confidence, 4)
