"""Lanes hold the timeline's own scores, and whoever cuts them finds the events that are stored."""

from itertools import count

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dawn_chorus.adapters.postgres.analyses import retry_analysis
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.detections import detections_of
from dawn_chorus.adapters.postgres.lanes import LanesFilter, read_lanes
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.recordings import create_recording, delete_recording
from dawn_chorus.adapters.postgres.recut import recut_detections
from dawn_chorus.adapters.postgres.timelines import TimelineFilter, read_timeline
from dawn_chorus.adapters.postgres.values import AnalysisRequest, StoredRecording
from dawn_chorus.api.models.lanes_binary import lanes_binary
from dawn_chorus.domain.analysis import AnalysisSettings
from dawn_chorus.domain.errors import NotFound, Replaced
from dawn_chorus.domain.event_rules import EventRule, EventRules
from dawn_chorus.domain.exports.findings import Finding
from dawn_chorus.domain.jobs import Lane, WorkerFacts
from dawn_chorus.domain.lost_audio import LostStretch
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Grid, SegmentTimeline, Span, TaxonRow, quantize_scores
from tests.lane_reading import cut_lanes, cut_slowly
from tests.lane_reading import read_lanes as read_answer
from tests.servers.postgres_fill import PACK, ROBIN, WREN, job, new_recording, post, save, start, timeline_of

TAXA = 50
SEGMENT_S = 20.0
_versions = count()


def answer_of(database: Database, analysis: StoredRecording, **wanted: object) -> bytes:
    lanes = read_lanes(database, analysis.analyses[0].id, LanesFilter(**wanted))  # type: ignore[arg-type]
    size_bytes, parts = lanes_binary(lanes)
    answer = b"".join(parts)
    assert len(answer) == size_bytes
    return answer


def step_of(finding: Finding) -> tuple[str, tuple[float, float, int]]:
    event = finding.detection
    return event.taxon.code, (event.onset_s, event.offset_s, round(event.confidence * 65535))


thresholds = st.one_of(
    st.sampled_from([0.05, 0.3, 0.5, 0.6, 1.0]), st.integers(3277, 65535).map(lambda step: step / 65535)
)


@st.composite
def rules(draw: st.DrawFn) -> EventRule:
    onset, offset = draw(thresholds), draw(thresholds)
    spans = st.sampled_from([0.0, 0.5, 1.0, 7.0])
    return EventRule(max(onset, offset), min(onset, offset), draw(spans), draw(spans))


def made_up_pack(taxon_rules: list[EventRule], frame_s: float | None) -> PackFacts:
    taxa = tuple(Taxon(f"code{i}", f"Genus species{i}", f"Bird {i}", "Aves") for i in range(TAXA))
    by_taxon = {taxon.code: rule for taxon, rule in zip(taxa, taxon_rules, strict=False)}
    name, version = f"lanes-{frame_s}", f"1.0.{next(_versions)}"
    return PackFacts(
        name, version, "CC0-1.0", "", "d" * 64, Grid(2.0, frame_s), EventRules(EventRule(), by_taxon), taxa
    )


def made_up_scores(rng: np.random.Generator, n: int, rule: EventRule) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Most of them within a few steps of a threshold."""
    near = np.array([0.0, rule.onset_threshold, rule.offset_threshold, 1.0])[rng.integers(0, 4, n)]
    return np.clip(near + rng.uniform(-3e-5, 3e-5, n), 0, 1).astype(np.float32)


def save_made_up(
    database: Database, pack: PackFacts, seed: int, failing: set[int], segments: int = 6
) -> StoredRecording:
    """Analyze a recording of so many segments; some fail, in the others some taxa stay below the floor."""
    ledger, rng = PostgresLedger(database), np.random.default_rng(seed)
    ledger.register_pack(pack)
    request = AnalysisRequest(pack.name, Lane.EXPRESS, SEGMENT_S, AnalysisSettings(floor=0.05))
    recording = create_recording(database, new_recording(segments * SEGMENT_S - 1.7), request)
    for index in range(segments):
        work = start(ledger, recording.analyses[0].id, index)
        if index in failing:
            ledger.fail_segment(job(recording.analyses[0].id, index), "the decoder crashed")
            continue
        empty = timeline_of(work, pack=pack)
        rows = []
        for taxon in pack.taxa:
            rule = pack.rules.of(taxon.code)
            windows, frames = (made_up_scores(rng, n, rule) for n in (empty.n_windows, empty.n_frames))
            peak = float(max(windows.max(initial=0), frames.max(initial=0)))
            if rng.random() < 0.7 and peak >= 0.05:
                rows.append(TaxonRow(taxon, windows, quantize_scores(frames), peak))
        facts = WorkerFacts("worker-1", "CPUExecutionProvider", pack.version, {})
        ledger.save_timeline(work, with_rows(empty, rows), facts)
    return recording


def with_rows(empty: SegmentTimeline, rows: list[TaxonRow]) -> SegmentTimeline:
    return SegmentTimeline(
        empty.segment, empty.first_window, empty.n_windows, empty.first_frame, empty.n_frames, tuple(rows),
        empty.analyzed_s,
    )  # fmt: skip


@pytest.mark.parametrize("frame_s", [None, 0.5])
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(rules(), min_size=TAXA, max_size=TAXA), st.integers(0, 2**32), st.sets(st.integers(0, 5), max_size=3))
def test_stored_events_are_those_that_lanes_yield(
    database: Database, frame_s: float | None, taxon_rules: list[EventRule], seed: int, failing: set[int]
) -> None:
    recording = save_made_up(database, made_up_pack(taxon_rules, frame_s), seed, failing)
    stored = sorted(step_of(each) for each in detections_of(database, recording.analyses[0].id))
    assert cut_lanes(answer_of(database, recording, frames=True)) == stored


@pytest.mark.parametrize("frame_s", [None, 0.5])
def test_so_are_those_of_a_recording_of_one_segment(database: Database, frame_s: float | None) -> None:
    pack = made_up_pack([EventRule(0.05 * n / 4, 0.04 * n / 4, 0.5, 1.0) for n in range(4, 4 + TAXA)], frame_s)
    recording = save_made_up(database, pack, 11, set(), segments=1)
    stored = sorted(step_of(each) for each in detections_of(database, recording.analyses[0].id))
    assert stored
    assert cut_lanes(answer_of(database, recording, frames=True)) == stored


@pytest.mark.parametrize("frame_s", [None, 0.5])
def test_a_slider_finds_what_the_service_cuts_anew(database: Database, frame_s: float | None) -> None:
    recording = save_made_up(database, made_up_pack([EventRule(0.5, 0.3)] * TAXA, frame_s), 7, {2})
    header, rows = read_answer(answer_of(database, recording, frames=True))
    for threshold in (0.05, 0.3, 0.50001, 0.6, 1.0):
        again = recut_detections(database, recording.analyses[0].id, {"onset_threshold": threshold})
        found = sorted(
            (taxon["code"], event)
            for taxon, row in zip(header["taxa"], rows, strict=True)
            for event in cut_slowly(
                row,
                header["first"],
                header["runs"],
                EventRule(**taxon["rule"]).changed(onset_threshold=threshold),
                step_s=header["step_s"],
                end_s=header["end_s"],
            )
        )
        assert found == sorted(map(step_of, again))


@pytest.mark.parametrize("span", [Span(), Span(0.0, 30.0), Span(19.0, 21.0), Span(50.0), Span(118.0, 118.2)])
@pytest.mark.parametrize("kind", ["windows", "frames"])
def test_lanes_hold_the_scores_of_the_timeline(database: Database, span: Span, kind: str) -> None:
    recording = save_made_up(database, made_up_pack([], 0.5), 3, {1, 4})
    by_frames, step_s = kind == "frames", 0.5 if kind == "frames" else 2.0
    header, rows = read_answer(answer_of(database, recording, span=span, frames=by_frames))
    assert (header["kind"], header["step_s"], header["first"]) == (kind, step_s, span.from_s // step_s)
    assert header["n"] == -(-min(span.to_s, 118.3) // step_s) - header["first"]
    numbers = range(header["first"], header["first"] + header["n"])
    analyzed = {number for first, n in header["runs"] for number in range(first, first + n)}
    timelines = list(read_timeline(database, recording.analyses[0].id, TimelineFilter(frames=by_frames)))
    assert [taxon["code"] for taxon in header["taxa"]] == [each.taxon.code for each in timelines]
    for row, timeline in zip(rows, timelines, strict=True):
        starts_s, scores = (
            (timeline.frame_start_s, timeline.frame_scores)
            if by_frames
            else (timeline.window_start_s, timeline.window_scores)
        )
        kept = dict(zip((starts_s / step_s).tolist(), quantize_scores(scores).tolist(), strict=True))
        assert row == [kept.get(number, 0) for number in numbers]
        assert {number for number in kept if number in numbers} <= analyzed <= {*numbers}


def test_many_taxa_are_read_in_parts(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = save_made_up(database, made_up_pack([], 0.5), 5, set())
    whole = answer_of(database, recording)
    monkeypatch.setattr("dawn_chorus.adapters.postgres.lanes._BATCH_BYTES", 7 * 2 * 60)
    assert len(list(read_lanes(database, recording.analyses[0].id, LanesFilter()).rows)) > 5
    assert answer_of(database, recording) == whole


@pytest.mark.parametrize("change", ["retried", "deleted"])
def test_what_changes_meanwhile_ends_the_rows(database: Database, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    monkeypatch.setattr("dawn_chorus.adapters.postgres.lanes._BATCH_BYTES", 1)
    recording = save_made_up(database, made_up_pack([], 0.5), 5, {2})
    rows = read_lanes(database, recording.analyses[0].id, LanesFilter()).rows
    next(rows)
    if change == "retried":
        retry_analysis(database, recording.analyses[0].id)
    else:
        delete_recording(database, recording.recording.id)
    with pytest.raises(Replaced, match="ask again"):
        next(rows)
    with pytest.raises(NotFound if change == "deleted" else Replaced):
        read_lanes(database, recording.analyses[0].id, LanesFilter(), revision=1)


def test_what_was_lost_is_told_from_silence(database: Database) -> None:
    recording = post(database, 900.0)
    analysis_id, ledger = recording.analyses[0].id, PostgresLedger(database)
    save(ledger, analysis_id, 0, [(ROBIN, 20.0, 30.0, 0.9)], analyzed_s=250.0)
    start(ledger, analysis_id, 1)
    ledger.fail_segment(job(analysis_id, 1), "the decoder crashed")
    header, (row,) = read_answer(answer_of(database, recording))
    assert header["runs"] == [[0, 60]]
    assert header["lost"] == [
        {"start_s": 250.0, "end_s": 300.0, "reason": "the file ends early"},
        {"start_s": 300.0, "end_s": 600.0, "reason": "the decoder crashed"},
    ]
    assert (header["n"], len(row), header["end_s"]) == (180, 180, 900.0)
    save(ledger, analysis_id, 2, [(ROBIN, 610.0, 620.0, 0.9)])
    assert read_answer(answer_of(database, recording))[0]["runs"] == [[0, 60], [120, 60]]
    for span, n in ((Span(0.0, 250.0), 0), (Span(260.0, 290.0), 1), (Span(290.0, 310.0), 2), (Span(600.0), 0)):
        assert len(read_answer(answer_of(database, recording, span=span))[0]["lost"]) == n


def test_what_an_older_version_only_said_was_lost_is_drawn_as_its_whole_segment(database: Database) -> None:
    recording = post(database, 300.0)
    save(PostgresLedger(database), recording.analyses[0].id, 0, [(ROBIN, 20.0, 30.0, 0.9)], analyzed_s=250.0)
    with database.transaction() as connection:
        connection.execute("DELETE FROM lost_stretches")
        connection.execute("UPDATE segments SET lost = 'something was lost'")
    lost = read_lanes(database, recording.analyses[0].id, LanesFilter()).lost
    assert lost == (LostStretch(0.0, 300.0, "something was lost"),)


def test_only_the_taxa_that_are_asked_for_have_a_lane(database: Database) -> None:
    recording = post(database, 300.0)
    save(PostgresLedger(database), recording.analyses[0].id, 0, [(ROBIN, 20.0, 30.0, 0.9), (WREN, 40.0, 50.0, 0.4)])
    header, rows = read_answer(answer_of(database, recording, taxa=("winwre4",)))
    assert [taxon["scientific_name"] for taxon in header["taxa"]] == [WREN.scientific_name]
    assert rows[0].count(round(0.4 * 65535)) == 2
    assert header["taxa"][0]["rule"] == {
        "onset_threshold": 0.5, "offset_threshold": 0.3, "min_event_s": 0.0, "min_gap_s": 0.5,
    }  # fmt: skip
    assert PACK.rules.default.onset_threshold == 0.5
