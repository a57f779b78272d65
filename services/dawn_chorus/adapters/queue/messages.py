"""The format of a message: versioned, strict, ids only."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dawn_chorus.domain.errors import UnknownMessage
from dawn_chorus.domain.jobs import Lane, SegmentJob


class SegmentMessage(BaseModel):
    """Version 1 of a job. A new version is a new model; workers of both run at the same time during an upgrade."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = 1
    analysis_id: UUID
    segment_index: int = Field(ge=0)
    lane: Lane


def encode_job(job: SegmentJob) -> bytes:
    message = SegmentMessage(analysis_id=job.analysis_id, segment_index=job.segment_index, lane=job.lane)
    return message.model_dump_json().encode()


def decode_job(body: bytes) -> SegmentJob:
    """Return the job. Raises UnknownMessage for anything that is not a message of a known version."""
    try:
        message = SegmentMessage.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise UnknownMessage(f"unreadable message: {field}: {first['msg']}") from error
    return SegmentJob(message.analysis_id, message.segment_index, message.lane)
