"""The timeline is written fast, and exactly as the response model would write it."""

import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dawn_chorus.adapters.postgres.timelines import TaxonTimeline
from dawn_chorus.adapters.postgres.values import Analysis, AnalysisStatus
from dawn_chorus.api.models.responses import EventOut, ScoreOut, TaxonTimelineOut, TimelineOut
from dawn_chorus.api.models.timeline_json import timeline_json
from dawn_chorus.domain.analysis import AnalysisResult, AnalysisSettings, AnalysisState
from dawn_chorus.domain.exports.findings import detection_row, review_row, spread_of
from dawn_chorus.domain.jobs import Lane
from dawn_chorus.domain.recording import AudioFacts, Place, Recording, round_s
from dawn_chorus.domain.review.verdicts import Review, Verdict
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Detection, positions_s

AN_ID = UUID(int=7)
NOON = datetime(2026, 3, 29, 1, 30, tzinfo=timezone(timedelta(hours=1)))
STARTS = [
    None,
    NOON,
    NOON.replace(microsecond=999_999, tzinfo=timezone(timedelta(hours=-9, minutes=-30))),
    NOON.replace(tzinfo=timezone(timedelta(hours=1, seconds=37))),
    NOON.replace(tzinfo=UTC, year=1969),
    NOON.replace(tzinfo=ZoneInfo("Europe/Berlin")),
]
STATUS = AnalysisStatus(
    analysis=Analysis(
        AN_ID, AN_ID, AnalysisState.FINISHED, AnalysisResult.PARTIAL, "woods", "1.0.0", "CC0-1.0", 'the "woods"',
        AnalysisSettings(), Lane.BULK, 1, "CPU", 7, NOON, NOON, NOON,
    ),
    terminal=True, retryable=False, segments_done=1, segments_failed=0, duration_s=3600.0, analyzed_s=3599.5,
    failed_s=0.5, eta_s=None, failures=(),
)  # fmt: skip


def recording(recorded_at: datetime | None) -> Recording:
    audio = AudioFacts("wav/pcm_16", 3600.0, 48_000, 1)
    return Recording(AN_ID, "dawn.wav", "key", 1, "0" * 64, audio, Place(recorded_at=recorded_at), datetime.now(UTC))


REVIEW = Review(
    AN_ID,
    AN_ID,
    "b",
    0,
    1000,
    Verdict.REJECTED,
    'Ada "B"',
    datetime(2026, 5, 4, 9, 12, 44, 5, UTC),
    "Turdus merula",
    "é",
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scores = st.lists(st.floats(0, 1, width=32) | st.integers(0, 65535).map(lambda step: step / 65535), max_size=40)
seconds = st.floats(0, 90_000).map(round_s)
events = st.lists(
    st.tuples(seconds, seconds, st.floats(0, 1), st.none() | st.integers(1, 8), st.none() | st.floats(0, 1)), max_size=4
)


@st.composite
def timelines(draw: st.DrawFn) -> TaxonTimeline:
    taxon = Taxon(draw(texts), draw(texts), draw(texts), "Aves")
    windows, frames = (np.array(draw(scores), np.float32) for _ in range(2))
    first = draw(st.integers(0, 200_000))
    detections = tuple(Detection(taxon, *event) for event in draw(events))
    return TaxonTimeline(
        taxon=taxon,
        peak=draw(st.floats(0, 1, width=32)),
        window_s=3.0,
        window_start_s=positions_s(np.arange(len(windows)) + first, 3.0),
        window_scores=windows,
        frame_s=0.3707,
        frame_start_s=positions_s(np.arange(len(frames)) + first, 0.3707),
        frame_scores=frames,
        detections=detections,
        reviews=tuple(draw(st.sampled_from([None, REVIEW])) for _ in detections),
    )


def by_the_model(rows: list[TaxonTimeline], of: Recording, *, frames: bool) -> str:
    """Return the document as pydantic writes it, one object per score."""
    head = TimelineOut(
        analysis_id=AN_ID, recording_id=AN_ID, state=STATUS.analysis.state, result=STATUS.analysis.result,
        pack={"name": "woods", "version": "1.0.0", "license": "CC0-1.0", "attribution": 'the "woods"'},
        duration_s=3600.0, analyzed_s=3599.5, failed_s=0.5, floor=0.05, taxa=[],
        window_s=rows[0].window_s if rows else None, frame_s=rows[0].frame_s if rows else None,
    )  # fmt: skip
    taxa = [taxon_by_the_model(row, of, frames=frames) for row in rows]
    return head.model_dump_json(exclude={"taxa"})[:-1] + ', "taxa": [' + ",\n".join(taxa) + "]}\n"


def taxon_by_the_model(row: TaxonTimeline, of: Recording, *, frames: bool) -> str:
    def listed(starts_s: list[float], found: list[float]) -> list[ScoreOut]:
        return [ScoreOut(start_s=at, score=round(score, 6)) for at, score in zip(starts_s, found, strict=True)]

    out = TaxonTimelineOut(
        code=row.taxon.code,
        scientific_name=row.taxon.scientific_name,
        common_name=row.taxon.common_name,
        taxonomic_class=row.taxon.taxonomic_class,
        peak=round(row.peak, 6),
        windows=listed(row.window_start_s.tolist(), row.window_scores.tolist()),
        detections=[
            EventOut.model_validate(
                detection_row(each, of.place.recorded_at) | {"review": review_row(review), "spread": spread_of(each)}
            )
            for each, review in zip(row.detections, row.reviews, strict=True)
        ],
        frames=listed(row.frame_start_s.tolist(), row.frame_scores.tolist()),
    )
    return out.model_dump_json(exclude=None if frames else {"frames"})


@given(st.lists(timelines(), max_size=3), st.sampled_from(STARTS), st.booleans())
def test_it_is_the_document_of_the_model_to_the_byte(
    rows: list[TaxonTimeline], recorded_at: datetime | None, frames: bool
) -> None:
    of = recording(recorded_at)
    written = b"".join(timeline_json(STATUS, of, iter(rows), frames=frames)).decode()
    assert written == by_the_model(rows, of, frames=frames)
    assert TimelineOut.model_validate(json.loads(written)).analyzed_s == 3599.5


def test_a_long_taxon_comes_in_parts() -> None:
    n = 100_000
    found = np.random.default_rng(0).random(n, np.float32)
    row = TaxonTimeline(
        Taxon("a", "b", "c", "Aves"),
        1.0,
        5.0,
        positions_s(np.arange(n), 5.0),
        found,
        None,
        np.empty(0),
        found[:0],
        (),
        (),
    )
    parts = list(timeline_json(STATUS, recording(None), iter([row]), frames=False))
    assert b"".join(parts).decode() == by_the_model([row], recording(None), frames=False)
    assert max(map(len, parts)) < 1e6
