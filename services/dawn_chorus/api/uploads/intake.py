"""Receives one recording: bytes to the store, header read by a child process, rows in one transaction."""

import asyncio
import math
import os
from contextlib import ExitStack
from pathlib import PurePath
from typing import Self
from uuid import uuid4

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger, log_ids
from dawn_chorus.adapters.postgres.orphaned_audio import UploadExpired, reserve_audio
from dawn_chorus.adapters.postgres.recordings import create_recording
from dawn_chorus.adapters.postgres.values import AnalysisRequest, NewRecording, StoredRecording
from dawn_chorus.api.analysis_request import plan_analysis
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.api.http.problems import (
    NOT_AUDIO,
    STALLED,
    TOO_LARGE,
    TOO_LONG,
    Problem,
    invalid_field,
    invalid_fields,
)
from dawn_chorus.api.models.requests import UPLOAD_FIELDS, UploadFields
from dawn_chorus.api.uploads.multipart import Chunks, Upload, receive_upload
from dawn_chorus.api.uploads.sweep import discard_audio
from dawn_chorus.domain.clock.start import Start
from dawn_chorus.domain.errors import Conflict, PermanentError, TransientError, UnclearHour
from dawn_chorus.domain.recording import AudioFacts

log = get_logger(__name__)
_OUTCOMES = {TOO_LARGE: "too_large", NOT_AUDIO: "not_audio", STALLED: "interrupted"}
"""Of problems, as the metric names them; others are `invalid`."""


class Intake:
    """One upload in progress. Its stored bytes are deleted again unless `accept` succeeds."""

    def __init__(self, deps: Dependencies, request: Request) -> None:
        self._deps, self._request = deps, request
        self._key = ""
        self._is_kept = False
        self.start: Start | None = None
        """How the start is known, once the recording was accepted."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is not None:
            metrics.uploads.labels(_outcome(error)).inc()
        if self._key and not self._is_kept:
            # Shielded: a cancellation (client disconnected, server stopping) must not leave the bytes behind.
            await asyncio.shield(run_in_threadpool(discard_audio, self._deps, self._key))

    async def receive(self) -> tuple[Upload, UploadFields]:
        """Stream the body to the store; raises Problem for an invalid body or field."""
        content_type = self._request.headers.get("content-type", "")
        body = _with_idle_timeout(self._request.stream(), self._deps.settings.upload_idle_s)
        upload = await receive_upload(body, content_type, UPLOAD_FIELDS, self._store)
        try:
            return upload, UploadFields.model_validate(upload.fields)
        except ValidationError as error:
            raise invalid_fields(error.errors()) from error

    async def _store(self, filename: str, chunks: Chunks) -> None:
        store_key = new_store_key(filename)
        await run_in_threadpool(reserve_audio, self._deps.database, store_key)
        self._key = store_key
        await self._deps.store.write(self._key, _counted(chunks))

    async def accept(self, upload: Upload, fields: UploadFields) -> StoredRecording:
        """Read the header and write the rows; of known bytes, those that are new (`create_recording`)."""
        facts = await self._probe(upload.filename)
        try:
            place, self.start = fields.locate(facts, upload.filename)
        except UnclearHour as error:
            raise invalid_field("time_zone", str(error)) from error
        request = await run_in_threadpool(plan_analysis, self._deps, fields, facts)
        stored = await self._save(
            NewRecording(upload.filename, self._key, upload.size_bytes, upload.sha256, facts, place), request
        )
        _log_accepted(stored)
        if not stored.is_known:
            metrics.upload_audio_seconds.inc(facts.duration_s)
        metrics.uploads.labels("duplicate" if stored.duplicate else "accepted").inc()
        return stored

    async def _save(self, new: NewRecording, request: AnalysisRequest) -> StoredRecording:
        """Write the rows; if it is unknown whether they were committed, keep the bytes.

        That is so when the connection breaks during the commit. The sweep later decides by what the database has.
        """
        self._is_kept = True
        try:
            stored = await run_in_threadpool(create_recording, self._deps.database, new, request, reserved=True)
        except (PermanentError, UploadExpired):
            self._is_kept = False
            raise
        # A duplicate restores bytes that had been removed; otherwise the first upload's bytes stay.
        self._is_kept = stored.recording.store_key == self._key
        return stored

    async def _probe(self, filename: str) -> AudioFacts:
        with ExitStack() as stack:
            file, stored_name = await run_in_threadpool(self._open, stack)
            facts = await self._deps.decoders.read_header(file, stored_name, filename)
        most_s = self._deps.settings.max_duration_s
        if facts.duration_s > most_s:
            raise Problem(
                TOO_LONG,
                f"{filename} is {_spoken(facts.duration_s)} long; this service takes at most {_spoken(most_s)} "
                "(CHORUS_MAX_DURATION_S): cut it into shorter recordings",
            )
        return facts

    def _open(self, stack: ExitStack) -> tuple[int, str]:
        """Return a descriptor of the stored file, and the file's name there; both end with the stack."""
        path = stack.enter_context(self._deps.store.local_copy(self._key))
        file = os.open(path, os.O_RDONLY)
        stack.callback(os.close, file)
        return file, path.name


def _log_accepted(stored: StoredRecording) -> None:
    recording = stored.recording
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


def _spoken(seconds: float) -> str:
    minutes, rest_s = divmod(math.ceil(seconds), 60)
    parts = ((minutes // 60, "h"), (minutes % 60, "min"), (rest_s, "s"))
    return " ".join(f"{number:,} {unit}" for number, unit in parts if number)


def new_store_key(filename: str) -> str:
    """Return a new key; the file suffix helps people who look into the store, and decoders of headerless formats."""
    suffix = PurePath(filename).suffix.lower()
    return f"{uuid4()}{suffix if suffix[1:].isalnum() and suffix.isascii() and len(suffix) <= 6 else ''}"


async def _with_idle_timeout(chunks: Chunks, idle_s: float) -> Chunks:
    """Yield the chunks; raise a Problem if none arrives for `idle_s`, as the upload would hold its slot forever."""
    while True:
        try:
            async with asyncio.timeout(idle_s):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise Problem(STALLED, f"No bytes arrived for {idle_s:g} s; send the recording again") from error
        yield chunk


async def _counted(chunks: Chunks) -> Chunks:
    async for chunk in chunks:
        metrics.upload_bytes.inc(len(chunk))
        yield chunk


def _outcome(error: BaseException) -> str:
    match error:
        case Problem(kind=kind):
            return _OUTCOMES.get(kind, "invalid")
        case Conflict():
            return "conflict"
        case PermanentError():
            return "invalid"
        case TransientError():
            return "unavailable"
        case _:
            return "interrupted"
