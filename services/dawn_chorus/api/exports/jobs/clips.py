"""The sound of detections: a clip of each, one after the other, behind all clips that people wait for."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from fastapi.concurrency import run_in_threadpool

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.audio_presence import check_audio
from dawn_chorus.adapters.postgres.detection_stream import stream_detections
from dawn_chorus.adapters.postgres.detections import DetectionFilter
from dawn_chorus.adapters.postgres.export_making import Progress
from dawn_chorus.adapters.postgres.recordings import get_recording
from dawn_chorus.api.clips.files import ClipFile
from dawn_chorus.api.clips.names import name_clip
from dawn_chorus.api.clips.wanted import MOST_S, ClipFormat, ClipQuery, Wanted, choose_clip
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.api.exports.jobs.archive import ClipArchive
from dawn_chorus.api.http.problems import BUSY, Problem
from dawn_chorus.api.models.exports import MOST_CLIPS, ClipsFields, ExportFields
from dawn_chorus.domain.errors import PermanentError, Replaced, TransientError
from dawn_chorus.domain.exports.findings import Finding
from dawn_chorus.domain.recording import Recording

_TRIES, _PAUSE_S, _LONGEST_PAUSE_S = 20, 1.0, 20.0
"""For a clip that cannot be made now: five minutes, while its recording is fetched from a bucket, say."""
_AWAY_AFTER = 3
"""So many in a row that cannot be made now: the store is away, not a file."""
_READ_TRIES = 5
log = get_logger(__name__)


class _LeftOut(Exception):
    """There is no clip of this event; the message says why."""


class _LeftOutForNow(_LeftOut):
    """There may be one later."""


@dataclass(slots=True)
class ClipsExport:
    """One export of clips."""

    deps: Dependencies
    progress: Progress
    fields: ExportFields
    _recording: Recording | None = field(default=None, init=False)
    """The last one: events come in the order of time, so mostly those of a recording together."""

    async def write(self, archive: ClipArchive, wanted: DetectionFilter) -> None:
        """Write the whole zip. Raises TooLarge, PermanentError for too many clips, TransientError."""
        findings = await asyncio.to_thread(self._read, wanted)
        self.progress.total, in_a_row = len(findings), 0
        for finding in findings:
            try:
                await self._add(archive, finding)
                in_a_row = 0
            except _LeftOut as error:
                in_a_row = in_a_row + 1 if isinstance(error, _LeftOutForNow) else 0
                if in_a_row >= _AWAY_AFTER:
                    raise TransientError(f"clips cannot be made: {error}") from error
                archive.leave_out(finding, str(error))
                self.progress.left_out += 1
            self.progress.done += 1
        await asyncio.to_thread(archive.close)

    @property
    def _clips(self) -> ClipsFields:
        return self.fields.clips or ClipsFields()

    def _read(self, wanted: DetectionFilter) -> Sequence[Finding]:
        """Return the events, as they are now: the sound takes longer than analyses that replace them."""
        for left in reversed(range(_READ_TRIES)):
            try:
                found = list(islice(stream_detections(self.deps.database, wanted), self._clips.most or MOST_CLIPS + 1))
            except Replaced:
                if not left:
                    raise
                continue
            if len(found) > MOST_CLIPS:
                raise PermanentError(
                    f"more than {MOST_CLIPS:,} events match: ask for less, by time, site, taxon or min_confidence, or "
                    "set clips.most"
                )
            return found
        raise AssertionError("unreachable")

    async def _add(self, archive: ClipArchive, finding: Finding) -> None:
        recording = await self._find_recording(finding)
        detection, clips = finding.detection, self._clips
        start_s = max(0.0, detection.onset_s - clips.before_s)
        try:
            query = ClipQuery(
                start_s=start_s,
                end_s=min(detection.offset_s + clips.after_s, start_s + MOST_S),
                format=ClipFormat(clips.format),
            )
            wanted = choose_clip(query, recording.audio, recording.sha256)
        except (Problem, ValueError) as error:
            raise _LeftOut(str(error)) from error
        clip = await self._make(recording, wanted)
        corrected = finding.review.corrected_taxon if finding.review else None
        # How sure the model was says nothing of a taxon that somebody else named.
        heard = (corrected, None) if corrected else (detection.taxon.scientific_name, detection.confidence)
        name = name_clip(recording, wanted.start_s, wanted.format, *heard)
        await asyncio.to_thread(archive.add, name, clip, finding, wanted.start_s, wanted.end_s)

    async def _find_recording(self, finding: Finding) -> Recording:
        recording_id = finding.source.recording_id
        if self._recording is None or str(self._recording.id) != recording_id:
            try:
                stored = await run_in_threadpool(get_recording, self.deps.database, UUID(recording_id))
            except PermanentError as error:
                raise _LeftOut("the recording was deleted meanwhile") from error
            self._recording = stored.recording
        try:
            check_audio(self._recording.id, self._recording.audio_removed_at)
        except PermanentError as error:
            raise _LeftOut(str(error)) from error
        return self._recording

    async def _make(self, recording: Recording, wanted: Wanted) -> ClipFile:
        pause_s = _PAUSE_S
        for left in reversed(range(_TRIES)):
            try:
                return await self.deps.clips.make_aside(recording, wanted)
            except Problem as error:
                if error.kind is not BUSY:
                    raise _LeftOut(error.detail) from error
                reason = error.detail
            except TransientError as error:
                reason = str(error)
            except PermanentError as error:
                raise _LeftOut(str(error)) from error
            if left:
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        raise _LeftOutForNow(reason)


async def write_clips(
    deps: Dependencies, progress: Progress, fields: ExportFields, wanted: DetectionFilter, archive: ClipArchive
) -> None:
    """Write the clips of what is wanted into a zip. Raises as `ClipsExport.write` does."""
    try:
        await ClipsExport(deps, progress, fields).write(archive, wanted)
    finally:
        archive.give_up()
