"""Receives one recording: bytes to the store, header read by a child process, rows in one transaction.

What blocks runs on the threads of uploads: for a small file once before its header is read and once after.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Self, TypeVar
from uuid import UUID

from anyio import to_thread
from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger, log_ids
from dawn_chorus.adapters.postgres.orphaned_audio import UploadExpired, reserve_audio
from dawn_chorus.adapters.postgres.recordings import create_recording
from dawn_chorus.adapters.postgres.values import NewRecording, StoredRecording
from dawn_chorus.api.analysis_request import check_pack, plan_analysis
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.api.http.limits.places import Place
from dawn_chorus.api.http.problems import (
    NOT_AUDIO,
    STALLED,
    TOO_LARGE,
    Problem,
    invalid_field,
    invalid_fields,
)
from dawn_chorus.api.http.request_ids import note_ids
from dawn_chorus.api.models.requests import UPLOAD_FIELDS, UploadFields
from dawn_chorus.api.uploads.multipart import Chunks, Upload, receive_upload
from dawn_chorus.api.uploads.resumable.reading import wait_until_ready
from dawn_chorus.api.uploads.store_keys import new_store_key
from dawn_chorus.api.uploads.sweep import discard_audio
from dawn_chorus.domain.clock.start import Start
from dawn_chorus.domain.errors import Conflict, PermanentError, TransientError, UnclearHour
from dawn_chorus.domain.recording import AudioFacts

log = get_logger(__name__)
_OUTCOMES = {TOO_LARGE: "too_large", NOT_AUDIO: "not_audio", STALLED: "interrupted"}
"""Of problems, as the metric names them; others are `invalid`."""
_SMALL_BYTES = 2**20
"""Smaller files are kept in memory until their fields are checked, larger ones are stored as they arrive."""
_T = TypeVar("_T")
Answer = Callable[[StoredRecording, Start], Response]
"""Makes the response; may query the database."""


class Intake:
    """One upload in progress. Its stored bytes are deleted again unless `accept` succeeds.

    Those of an upload in parts stay until that expires, and can be tried again with other fields; they are deleted if
    they turn out to be known.
    """

    def __init__(self, deps: Dependencies, request: Request) -> None:
        self._deps, self._request = deps, request
        self._content: bytes | None = None
        """The bytes of a small file, until they are stored."""
        self._key = ""
        self._is_kept = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is not None:
            metrics.uploads.labels(_outcome(error)).inc()
        if self._key and not self._is_kept:
            # Shielded: a cancellation (client disconnected, server stopping) must not leave the bytes behind.
            await asyncio.shield(self._in_thread(discard_audio, self._deps, self._key))

    async def _in_thread(self, call: Callable[..., _T], *arguments: object) -> _T:
        return await to_thread.run_sync(call, *arguments, limiter=self._deps.upload_threads)

    async def receive(self, place: Place) -> tuple[Upload, UploadFields]:
        """Read the body, and stream a large file to the store; raises Problem for an invalid body or field."""
        content_type = self._request.headers.get("content-type", "")
        body = place.read(self._request.stream())
        upload = await receive_upload(body, content_type, UPLOAD_FIELDS, self._take)
        try:
            return upload, UploadFields.model_validate(upload.fields)
        except ValidationError as error:
            raise invalid_fields(error.errors()) from error

    async def _take(self, filename: str, chunks: Chunks) -> None:
        counted, first = _counted(chunks), bytearray()
        async for chunk in counted:
            first += chunk
            if len(first) > _SMALL_BYTES:
                break
        else:
            self._content = bytes(first)
            return
        await self._in_thread(self._reserve, filename)
        await self._deps.store.write(self._key, _joined(bytes(first), counted))

    async def _take_whole(self, upload: Upload, upload_id: UUID) -> Upload:
        """Return the upload with the file that was sent in parts, and is whole."""
        whole = await wait_until_ready(self._deps, upload_id)
        if whole.store_key is None or whole.sha256 is None:
            raise Conflict("this upload is not complete")
        self._key, self._is_kept = whole.store_key, True
        return replace(upload, filename=whole.filename, size_bytes=whole.size_bytes, sha256=whole.sha256)

    def _reserve(self, filename: str) -> None:
        store_key = new_store_key(filename)
        reserve_audio(self._deps.database, store_key)
        self._key = store_key

    async def accept(self, upload: Upload, fields: UploadFields, answer: Answer) -> Response:
        """Read the header and write the rows; of known bytes, those that are new (`create_recording`)."""
        if fields.upload is not None:
            # Said before the bytes are waited for: a client may ask with an upload that has none yet.
            await self._in_thread(check_pack, self._deps, fields.pack or self._deps.settings.default_pack)
            upload = await self._take_whole(upload, fields.upload)
        facts = await self._probe(upload.filename)
        try:
            place, start = fields.locate(facts, upload.filename)
        except UnclearHour as error:
            raise invalid_field("time_zone", str(error)) from error
        new = NewRecording(upload.filename, self._key, upload.size_bytes, upload.sha256, facts, place)
        return await self._in_thread(self._save, new, fields, start, answer)

    def _save(self, new: NewRecording, fields: UploadFields, start: Start, answer: Answer) -> Response:
        """Write the rows; if it is unknown whether they were committed, keep the bytes.

        That is so when the connection breaks during the commit. The sweep later decides by what the database has.
        """
        request = plan_analysis(self._deps, fields, new.audio, name=new.filename)
        self._is_kept = True
        try:
            stored = create_recording(self._deps.database, new, request, reserved=True, upload_id=fields.upload)
        except (PermanentError, UploadExpired):
            self._is_kept = fields.upload is not None
            raise
        # A duplicate restores bytes that had been removed; otherwise the first upload's bytes stay.
        self._is_kept = stored.recording.store_key == self._key
        _log_accepted(stored)
        if not stored.is_known:
            metrics.upload_audio_seconds.inc(new.audio.duration_s)
        metrics.uploads.labels("duplicate" if stored.duplicate else "accepted").inc()
        return answer(stored, start)

    async def _probe(self, filename: str) -> AudioFacts:
        if self._content is None:
            facts = await self._deps.stored_headers.read_by_ranges(self._key, filename)
            if facts is not None:
                return facts
        with ExitStack() as stack:
            # Fetching a large file from a bucket takes long: small ones do not wait for that.
            run = run_in_threadpool if self._content is None else self._in_thread
            file, stored_name = await run(self._open, filename, stack)
            return await self._deps.decoders.read_header(file, stored_name, filename)

    def _open(self, filename: str, stack: ExitStack) -> tuple[int, str]:
        """Store the bytes, unless they are; return a descriptor of the file, until the stack ends, and its name."""
        if self._content is not None:
            self._reserve(filename)
            self._deps.store.put(self._key, self._content)
            self._content = None
        path = stack.enter_context(self._deps.store.local_copy(self._key))
        file = os.open(path, os.O_RDONLY)
        stack.callback(os.close, file)
        return file, path.name


def _log_accepted(stored: StoredRecording) -> None:
    recording = stored.recording
    note_ids(recording_id=recording.id, analysis_id=stored.analysis_id)
    with log_ids(recording_id=recording.id, analysis_id=str(stored.analysis_id)):
        log.info(
            "duplicate recording"
            if stored.duplicate
            else "known recording will be analyzed again"
            if stored.is_known
            else "recording accepted",
            file=recording.filename,
            size_bytes=recording.size_bytes,
            duration_s=recording.audio.duration_s,
            store_key=recording.store_key,
        )


async def _counted(chunks: Chunks) -> Chunks:
    async for chunk in chunks:
        metrics.upload_bytes.inc(len(chunk))
        yield chunk


async def _joined(first: bytes, rest: Chunks) -> Chunks:
    yield first
    async for chunk in rest:
        yield chunk


def _outcome(error: BaseException) -> str:
    match error:
        case Problem(kind=kind):
            return _OUTCOMES.get(kind, "invalid")
        case ClientDisconnect():
            return "disconnected"
        case Conflict():
            return "conflict"
        case PermanentError():
            return "invalid"
        case TransientError():
            return "unavailable"
        case _:
            return "interrupted"
