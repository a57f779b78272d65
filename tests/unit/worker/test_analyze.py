from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Timer
from uuid import UUID

import numpy as np
import pytest
import soundfile

from dawn_chorus.adapters.retrying import Stopped
from dawn_chorus.domain.analysis import MAX_DURATION_S, MAX_SEGMENTS, AnalysisSettings, Segment
from dawn_chorus.domain.errors import TransientError, UndecodableAudio, UnknownPack
from dawn_chorus.domain.jobs import Lane, SegmentJob, SegmentWork
from dawn_chorus.domain.lost_audio import LostStretch
from dawn_chorus.domain.recording import AudioFacts, Place, Recording
from dawn_chorus.domain.timeline import SegmentTimeline
from dawn_chorus.inference.ensemble import Ensemble, SessionOptions, open_ensemble
from dawn_chorus.inference.waveforms.loading import LoadedAudio, WaveformFormat, load_audio
from dawn_chorus.worker.analyze import SegmentAnalyst
from dawn_chorus.worker.retry_policy import RetryPolicy
from dawn_chorus.worker.retrying_ledger import RetryingLedger
from tests.packs import write_tone_pack
from tests.unit.worker.fakes import FolderStore, ScriptedLedger

ID = UUID("01920000-0000-7000-8000-000000000001")
JOB = SegmentJob(ID, 0, Lane.EXPRESS)
RATE_HZ = 16000


@dataclass
class FakeDecoders:
    """Decodes in this process; can fail, lose stretches, or report files as longer than declared."""

    error: Exception | None = None
    lost: tuple[LostStretch, ...] = ()
    length_s: float = 12.0

    def load(
        self,
        path: Path,
        start_s: float,
        end_s: float,
        formats: Iterable[WaveformFormat],
        *,
        duration_s: float,
        channel: int | None = None,
        measured: Segment | None = None,
    ) -> LoadedAudio:
        if self.error is not None:
            raise self.error
        audio = load_audio(path, start_s, end_s, formats, duration_s=duration_s, channel=channel, measured=measured)
        return replace(audio, lost=self.lost) if self.lost else audio

    def measure_duration_s(self, path: Path) -> float:
        if self.error is not None:
            raise self.error
        return self.length_s


@dataclass
class FakePacks:
    ensemble: Ensemble

    def open(self, name: str) -> Ensemble:
        if name != self.ensemble.facts.name:
            raise UnknownPack(f"no pack {name!r} is installed at this worker; installed: {self.ensemble.facts.name}")
        return self.ensemble


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> FakePacks:
    return FakePacks(open_ensemble(write_tone_pack(tmp_path_factory.mktemp("packs") / "tones"), SessionOptions()))


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """A recording of 12 s in which 1 kHz sounds from second 4 to 7."""
    seconds = np.arange(12 * RATE_HZ) / RATE_HZ
    sound = 0.5 * np.sin(2 * np.pi * 1000 * seconds) * ((seconds >= 4) & (seconds < 7))
    soundfile.write(tmp_path / "tone.wav", sound.astype(np.float32), RATE_HZ)
    return FolderStore(tmp_path)


@pytest.fixture
def decoders() -> FakeDecoders:
    return FakeDecoders()


def make_work(*, duration_s: float = 12.0, is_last: bool = True, pack: str = "tones", attempt: int = 1) -> SegmentWork:
    audio = AudioFacts("wav/pcm_16", duration_s, RATE_HZ, 1)
    recording = Recording(ID, "tone.wav", "tone.wav", 1, "0" * 64, audio, Place(), datetime.now(UTC))
    segment = Segment(0, 0.0, duration_s)
    return SegmentWork(JOB, recording, segment, is_last, pack, AnalysisSettings(), attempt, queued_s=0.5)


def analyze(
    ledger: ScriptedLedger,
    store: FolderStore,
    decoders: FakeDecoders,
    packs: FakePacks,
    *,
    stop_soon: bool = False,
    max_duration_s: float = MAX_DURATION_S,
    max_segments: int = MAX_SEGMENTS,
) -> None:
    stopping = Event()
    if stop_soon:
        Timer(0.05, stopping.set).start()
    retrying = RetryingLedger(ledger, stopping, first_s=0.001, most_s=0.001)
    retry = RetryPolicy(max_attempts=3)
    analyst = SegmentAnalyst(
        retrying,
        store,
        decoders,
        packs,
        name="worker-1",
        retry=retry,
        max_duration_s=max_duration_s,
        max_segments=max_segments,
    )
    analyst.analyze_segment(JOB)


def saved_timeline(ledger: ScriptedLedger) -> SegmentTimeline:
    ((name, saved),) = ledger.ends
    assert name == "saved"
    timeline: SegmentTimeline = saved[1]
    return timeline


def test_a_segment_becomes_the_timeline_of_what_sounds_in_it(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks
) -> None:
    ledger = ScriptedLedger(make_work())
    analyze(ledger, store, decoders, packs)
    timeline = saved_timeline(ledger)
    assert [row.taxon.code for row in timeline.rows] == ["tone_1000"]
    assert (timeline.analyzed_s, timeline.lost) == (12.0, ())
    sounding = np.flatnonzero(timeline.rows[0].frame_steps > 32768) * 0.25
    assert (sounding.min(), sounding.max()) == (4.0, 6.75)


def test_the_worker_reports_its_name_provider_pack_version_and_stage_times(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks
) -> None:
    ledger = ScriptedLedger(make_work())
    analyze(ledger, store, decoders, packs)
    facts = ledger.ends[0][1][2]
    assert (facts.name, facts.provider, facts.pack_version) == ("worker-1", "CPUExecutionProvider", "1.0.0")
    assert {"fetch", "decode", "resample", "mel", "inference", "score"} <= facts.stage_s.keys()


def test_nothing_is_done_for_a_segment_that_was_cancelled_deleted_or_finished(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks
) -> None:
    ledger = ScriptedLedger(None)
    analyze(ledger, store, decoders, packs)
    assert ledger.ends == []


def test_undecodable_audio_fails_the_segment_with_its_reason(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks
) -> None:
    decoders.error = UndecodableAudio("the decoder crashed (signal 11) between 0 s and 12 s")
    ledger = ScriptedLedger(make_work())
    analyze(ledger, store, decoders, packs)
    assert ledger.ends == [("failed", "the decoder crashed (signal 11) between 0 s and 12 s")]


def test_an_unknown_pack_fails_the_segment_and_names_those_installed(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks
) -> None:
    ledger = ScriptedLedger(make_work(pack="goshawk"))
    analyze(ledger, store, decoders, packs)
    ((outcome, reason),) = ledger.ends
    assert outcome == "failed"
    assert "'goshawk'" in reason
    assert "installed: tones" in reason


def test_an_analysis_of_another_version_of_the_pack_fails_before_any_audio_is_fetched(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks
) -> None:
    store.unavailable = True
    ledger = ScriptedLedger(replace(make_work(), pack_version="0.9.0"))
    analyze(ledger, store, decoders, packs)
    reason = "the analysis began with tones 0.9.0, and 1.0.0 is installed now: begin a new analysis"
    assert ledger.ends == [("failed", reason)]


def test_an_analysis_of_this_version_of_the_pack_goes_on(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks
) -> None:
    ledger = ScriptedLedger(replace(make_work(), pack_version="1.0.0"))
    analyze(ledger, store, decoders, packs)
    assert saved_timeline(ledger).analyzed_s == 12.0


def test_lost_audio_is_accounted_for_to_the_microsecond(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks
) -> None:
    decoders.lost = (LostStretch(9.5, 12.0, "the file ends early"),)
    ledger = ScriptedLedger(make_work())
    analyze(ledger, store, decoders, packs)
    timeline = saved_timeline(ledger)
    assert timeline.analyzed_s == 9.5
    assert timeline.lost == (LostStretch(9.5, 12.0, "the file ends early"),)


def test_a_segment_of_which_all_audio_is_lost_is_failed(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks
) -> None:
    decoders.lost = (LostStretch(0.0, 12.0, "the file ends early"),)
    ledger = ScriptedLedger(make_work())
    analyze(ledger, store, decoders, packs)
    assert ledger.ends == [("failed", "lost 0.000 s to 12.000 s: the file ends early")]
    assert ledger.lost == [LostStretch(0.0, 12.0, "the file ends early")]


def test_while_the_store_is_unavailable_the_segment_is_retried_with_growing_delays(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks
) -> None:
    store.unavailable = True
    delays = []
    for attempt in (1, 2):
        ledger = ScriptedLedger(make_work(attempt=attempt))
        analyze(ledger, store, decoders, packs)
        ((outcome, (reason, delay_s)),) = ledger.ends
        assert (outcome, reason) == ("retried", "the store does not answer")
        delays.append(delay_s)
    assert delays[1] == 2 * delays[0] > 0


def test_the_last_attempt_fails_the_segment_with_the_last_reason(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks
) -> None:
    decoders.error = TransientError("the decoder was killed")
    ledger = ScriptedLedger(make_work(attempt=3))
    analyze(ledger, store, decoders, packs)
    assert ledger.ends == [("failed", "gave up after 3 attempts: the decoder was killed")]


def test_while_the_database_is_unavailable_no_result_is_lost(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks
) -> None:
    ledger = ScriptedLedger(make_work(), failures_left=4)
    analyze(ledger, store, decoders, packs)
    assert saved_timeline(ledger).analyzed_s == 12.0


def test_the_result_of_a_segment_that_was_stretched_meanwhile_is_discarded_and_retried(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks
) -> None:
    ledger = ScriptedLedger(make_work(), outdated=True)
    analyze(ledger, store, decoders, packs)
    ((outcome, (reason, _)),) = ledger.ends
    assert (outcome, reason) == ("retried", "segment 0 was stretched meanwhile")


def test_a_worker_that_stops_while_the_database_is_unavailable_raises_stopped(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks
) -> None:
    ledger = ScriptedLedger(make_work(), failures_left=10**9)
    with pytest.raises(Stopped):
        analyze(ledger, store, decoders, packs, stop_soon=True)


def test_a_file_longer_than_its_header_declares_is_extended_and_analyzed_in_full(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks
) -> None:
    ledger = ScriptedLedger(make_work(duration_s=5.0), extended=make_work(duration_s=12.0))
    analyze(ledger, store, decoders, packs)
    (extended, saved) = ledger.ends
    assert extended == ("extended", 12.0)
    assert saved[1][0].segment.end_s == 12.0
    assert saved[1][1].analyzed_s == 12.0


def test_nothing_beyond_the_longest_duration_is_planned_or_analyzed(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks
) -> None:
    ledger = ScriptedLedger(make_work(duration_s=5.0), extended=make_work(duration_s=12.0))
    analyze(ledger, store, decoders, packs, max_duration_s=8.0)
    assert ledger.most_s == 8.0
    beyond = ScriptedLedger(replace(make_work(duration_s=1e7), segment=Segment(3, 8.0, 1e7)))
    analyze(beyond, store, decoders, packs, max_duration_s=8.0)
    ((name, reason),) = beyond.ends
    assert name == "failed"
    assert "CHORUS_MAX_DURATION_S" in reason


def test_nothing_beyond_the_highest_number_of_segments_is_planned_or_analyzed(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks
) -> None:
    work = replace(make_work(duration_s=5.0), segment_s=5.0)
    ledger = ScriptedLedger(work, extended=make_work(duration_s=12.0))
    analyze(ledger, store, decoders, packs, max_duration_s=100.0, max_segments=2)
    assert ledger.most_s == 10.0
    beyond = ScriptedLedger(replace(make_work(duration_s=1e7), segment=Segment(3, 12.0, 1e7), segment_s=4.0))
    analyze(beyond, store, decoders, packs, max_segments=3)
    reason = "the recording is longer than the 3 segments of 4 s (CHORUS_MAX_SEGMENTS) that are analyzed of one"
    assert beyond.ends == [("failed", reason)]


def test_what_lay_beyond_the_longest_duration_is_not_analyzed_as_one_segment_when_that_is_raised(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks
) -> None:
    rest = replace(make_work(duration_s=1e7), segment=Segment(12, 3600.0, 1e7), segment_s=300.0)
    ledger = ScriptedLedger(rest)
    analyze(ledger, store, decoders, packs, max_duration_s=1e8)
    reason = (
        "the limit was 1 hours (CHORUS_MAX_DURATION_S or CHORUS_MAX_SEGMENTS) when this analysis began: start a new one"
    )
    assert ledger.ends == [("failed", reason)]


@pytest.mark.parametrize("segment_s", [12.0, 11.999999])
def test_a_segment_is_not_refused_for_what_rounding_adds(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks, segment_s: float
) -> None:
    ledger = ScriptedLedger(replace(make_work(), segment_s=segment_s))
    analyze(ledger, store, decoders, packs)
    assert saved_timeline(ledger).analyzed_s == 12.0


def test_a_segment_in_the_middle_of_a_recording_never_extends_it(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks
) -> None:
    ledger = ScriptedLedger(make_work(duration_s=5.0, is_last=False))
    analyze(ledger, store, decoders, packs)
    assert saved_timeline(ledger).analyzed_s == 5.0


def test_a_file_that_is_not_longer_after_all_changes_nothing(
    store: FolderStore, decoders: FakeDecoders, packs: FakePacks
) -> None:
    decoders.length_s = 5.0
    ledger = ScriptedLedger(make_work(duration_s=5.0))
    analyze(ledger, store, decoders, packs)
    assert saved_timeline(ledger).analyzed_s == 5.0


def test_retry_delays_double_up_to_a_maximum() -> None:
    policy = RetryPolicy(max_attempts=9, first_s=5.0, most_s=60.0)
    assert [policy.delay_s(attempt) for attempt in (1, 2, 3, 4, 5, 99)] == [5, 10, 20, 40, 60, 60]
