"""Reads a file's header in a short-lived child process: no decoder ever runs in the API's own process."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from dawn_chorus.api.http.problems import NOT_AUDIO, UNDECODABLE, Problem
from dawn_chorus.domain.clock.readings import RecorderNotes, read_notes_json
from dawn_chorus.domain.recording import AudioFacts, round_s

PROBE_COMMAND = (sys.executable, "-P", "-m", "dawn_chorus.inference.audio.probe")
"""Takes a path; prints the facts or `{"error": …, "detail": …}`; limits its own time and memory."""


def _read_notes(value: Any) -> Any:
    try:
        return None if value is None else read_notes_json(value)
    except (KeyError, TypeError) as error:
        raise ValueError("no notes of a recorder") from error


class _Facts(BaseModel):
    format: str
    duration_s: float = Field(gt=0, allow_inf_nan=False)
    sample_rate_hz: int = Field(gt=0)
    channels: int = Field(gt=0)
    notes: Annotated[RecorderNotes | None, BeforeValidator(_read_notes)] = None


class _Refusal(BaseModel):
    error: str
    detail: str


_ANSWER: TypeAdapter[_Facts | _Refusal] = TypeAdapter(_Facts | _Refusal)


async def probe_file(path: Path, filename: str, timeout_s: float, command: Sequence[str] = PROBE_COMMAND) -> AudioFacts:
    """Return the facts in the header; raises Problem for a file that is not audio, broken or empty.

    The detail names the file `filename`. If the child crashes or times out the file counts as broken, as the cause.
    """
    child = await asyncio.create_subprocess_exec(
        *command, str(path), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
    )
    try:
        printed, _ = await asyncio.wait_for(child.communicate(), timeout_s)
    except TimeoutError as error:
        raise Problem(UNDECODABLE, f"The header could not be read within {timeout_s:g} s") from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    try:
        return _facts(printed, child.returncode or 0)
    except Problem as problem:
        detail = problem.detail.replace(str(path), filename).replace(path.name, filename)
        raise Problem(problem.kind, detail) from problem


def _facts(printed: bytes, exit_code: int) -> AudioFacts:
    try:
        answer = _ANSWER.validate_python(_last_line(printed))
    except (ValidationError, ValueError) as error:
        how = f"signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"
        raise Problem(UNDECODABLE, f"The decoder crashed while it read the header ({how})") from error
    if isinstance(answer, _Refusal):
        raise Problem(NOT_AUDIO if answer.error == "not_audio" else UNDECODABLE, answer.detail)
    return AudioFacts(answer.format, round_s(answer.duration_s), answer.sample_rate_hz, answer.channels, answer.notes)


def _last_line(printed: bytes) -> Any:
    """Return the JSON of the last line; codec libraries may have printed lines before it."""
    return json.loads(printed.strip().rpartition(b"\n")[2])
