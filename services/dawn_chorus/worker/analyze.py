"""The use case: analyze one segment, from the audio store to the ledger.

The segment is marked running in the ledger before any audio is read. Whatever happens, it ends there as done, failed
with a reason, or queued again. Only then may its delivery be acknowledged.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from dawn_chorus.adapters.logs import get_logger, log_ids
from dawn_chorus.domain.analysis import MAX_DURATION_S, MAX_SEGMENTS, channels_to_score, longest_plan_s
from dawn_chorus.domain.errors import PermanentError, TransientError, UndecodableAudio
from dawn_chorus.domain.jobs import SegmentJob, SegmentWork, WorkerFacts
from dawn_chorus.domain.lost_audio import NothingHeard, describe_lost
from dawn_chorus.domain.pack import check_version
from dawn_chorus.domain.ports import AudioStore, SegmentLedger
from dawn_chorus.domain.recording import round_s
from dawn_chorus.domain.timeline import SegmentTimeline
from dawn_chorus.inference.ensemble import Ensemble
from dawn_chorus.inference.pipeline import Decoders, analyze_segment, load_segment
from dawn_chorus.inference.waveforms.loading import LoadedAudio
from dawn_chorus.worker import segment_metrics
from dawn_chorus.worker.retry_policy import RetryPolicy

log = get_logger(__name__)

_LENGTH_SLACK_S = 0.001
"""Headers round lengths: an excess over the declared length below this is ignored."""


class MeasuringDecoders(Decoders, Protocol):
    """Decoders that can tell how long a recording really is."""

    def measure_duration_s(self, path: Path) -> float:
        """Return the true length of the sound, whatever length its header declares."""
        ...


class Packs(Protocol):
    """The model packs that are installed here."""

    def open(self, name: str) -> Ensemble:
        """Return a pack ready to score, verified on its device.

        Raises UnknownPack, InvalidPack or DeviceUnavailable. Safe to call from many threads.
        """
        ...


class SegmentAnalyst:
    """Analyzes segments; one instance serves all threads of a worker.

    `ledger` retries by itself while its database is unavailable (`RetryingLedger`), so a TransientError here comes from
    the store or a decoder, or is OutdatedWork.
    """

    def __init__(
        self,
        ledger: SegmentLedger,
        store: AudioStore,
        decoders: MeasuringDecoders,
        packs: Packs,
        *,
        name: str,
        retry: RetryPolicy,
        max_duration_s: float = MAX_DURATION_S,
        max_segments: int = MAX_SEGMENTS,
    ) -> None:
        """Audio of a recording beyond `max_duration_s` or `max_segments` is not analyzed, with that reason."""
        self._ledger, self._store, self._decoders, self._packs = ledger, store, decoders, packs
        self._name, self._retry = name, retry
        self._max_duration_s, self._max_segments = max_duration_s, max_segments

    def analyze_segment(self, job: SegmentJob) -> None:
        """Analyze the job's segment and save the outcome in the ledger, whatever it is.

        Raises Stopped when the worker stops first; any other exception is a bug.
        """
        started_s = time.perf_counter()
        work = self._ledger.start_segment(job, self._name)
        if work is None:
            segment_metrics.observe_skip()
            log.info("segment skipped")
            return
        segment_metrics.observe_start(work)
        with log_ids(recording_id=work.recording.id):
            try:
                self._save(*self._score(work), started_s)
            except PermanentError as error:
                self._fail(work, error, str(error))
            except TransientError as error:
                self._retry_or_fail(work, error)

    def _score(self, work: SegmentWork) -> tuple[SegmentWork, SegmentTimeline, WorkerFacts]:
        """Return the segment's timeline; the work too, extended if the file is longer than declared."""
        self._check_limit(work)
        ensemble = self._packs.open(work.pack)
        check_version(work.pack, began_with=work.pack_version, installed=ensemble.facts.version)
        first, *others = channels_to_score(work.settings.channels, work.recording.audio.channels)
        with self._local_copy(work) as (path, fetch_s):
            audio = self._load(work, path, ensemble, first)
            if work.is_last and audio.goes_on:
                work = self._extend(work, path)
                audio = self._load(work, path, ensemble, first)
            loaded = (self._load(work, path, ensemble, channel, measured=False) for channel in others)
            result = analyze_segment(
                ensemble,
                audio,
                work.segment,
                duration_s=work.recording.audio.duration_s,
                floor=work.settings.floor,
                present=ensemble.present_taxa(work.recording.place, work.settings.occurrence_min),
                next_channels=loaded if work.settings.channels == "each" else None,
            )
        segment_metrics.observe_batches(result.scores)
        stage_s = {"fetch": fetch_s, **result.stage_s}
        facts = WorkerFacts(self._name, ensemble.provider, ensemble.facts.version, stage_s)
        return work, result.timeline, facts

    def _check_limit(self, work: SegmentWork) -> None:
        """Raise PermanentError for what is beyond the limits, or was when the analysis was planned.

        The latter is one segment that may be days long, whatever the limits are now: no worker has the memory for it.
        """
        segment = work.segment
        if segment.start_s >= self._max_duration_s:
            limit = f"{self._max_duration_s / 3600:g} hours (CHORUS_MAX_DURATION_S)"
            raise PermanentError(f"the recording is longer than the {limit} that are analyzed of one")
        if segment.index >= self._max_segments:
            limit = f"{self._max_segments} segments of {work.segment_s:g} s (CHORUS_MAX_SEGMENTS)"
            raise PermanentError(f"the recording is longer than the {limit} that are analyzed of one")
        if segment.duration_s > work.segment_s + _LENGTH_SLACK_S:
            limit = f"{segment.start_s / 3600:g} hours (CHORUS_MAX_DURATION_S or CHORUS_MAX_SEGMENTS)"
            raise PermanentError(f"the limit was {limit} when this analysis began: start a new one")

    @contextmanager
    def _local_copy(self, work: SegmentWork) -> Iterator[tuple[Path, float]]:
        """Yield the path of a local copy of the recording, and how long it took to fetch, in seconds."""
        started_s = time.perf_counter()
        with self._store.local_copy(work.recording.store_key) as path:
            try:
                yield path, time.perf_counter() - started_s
            except UndecodableAudio as error:
                # The uploader knows the file by its original name, not by its name in the store.
                raise type(error)(str(error).replace(path.name, work.recording.filename)) from error

    def _extend(self, work: SegmentWork, path: Path) -> SegmentWork:
        """Plan segments for audio beyond the length that the header declares, so that nothing is dropped."""
        declared_s, length_s = work.recording.audio.duration_s, round_s(self._decoders.measure_duration_s(path))
        if length_s <= declared_s + _LENGTH_SLACK_S:
            return work
        log.warning("file is longer than its header declares", declared_s=declared_s, length_s=length_s)
        most_s = longest_plan_s(self._max_duration_s, self._max_segments, work.segment_s)
        return self._ledger.extend_recording(work, length_s, most_s)

    def _load(
        self, work: SegmentWork, path: Path, ensemble: Ensemble, channel: int | None, *, measured: bool = True
    ) -> LoadedAudio:
        duration_s = work.recording.audio.duration_s
        return load_segment(
            self._decoders, path, work.segment, ensemble, duration_s=duration_s, channel=channel, measured=measured
        )

    def _save(self, work: SegmentWork, timeline: SegmentTimeline, facts: WorkerFacts, started_s: float) -> None:
        scored_s = time.perf_counter()
        self._ledger.save_timeline(work, timeline, facts)
        save_s, segment_s = time.perf_counter() - scored_s, time.perf_counter() - started_s
        segment_metrics.observe_done(work, timeline, facts, save_s=save_s, segment_s=segment_s)
        log.info(
            "segment done",
            pack=work.pack,
            analyzed_s=timeline.analyzed_s,
            lost=describe_lost(timeline.lost),
            taxa=len(timeline.rows),
            segment_s=round(segment_s, 3),
            attempt=work.attempt,
        )

    def _retry_or_fail(self, work: SegmentWork, error: TransientError) -> None:
        if work.attempt >= self._retry.max_attempts:
            self._fail(work, error, f"gave up after {work.attempt} attempts: {error}")
            return
        delay_s = self._retry.delay_s(work.attempt)
        self._ledger.retry_segment(work.job, str(error), delay_s)
        segment_metrics.observe_retry(work, error)
        log.warning("segment will be retried", error=str(error), attempt=work.attempt, delay_s=delay_s)

    def _fail(self, work: SegmentWork, error: PermanentError | TransientError, reason: str) -> None:
        lost = error.lost if isinstance(error, NothingHeard) else ()
        self._ledger.fail_segment(work.job, reason, lost)
        segment_metrics.observe_failure(work, error)
        log.warning("segment failed", kind=type(error).__name__, reason=reason, attempt=work.attempt)
