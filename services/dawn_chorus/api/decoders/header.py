"""What an answer about the header of a file must be."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from dawn_chorus.api.decoders.child import Refusal, crashed, raise_refusal
from dawn_chorus.cage.limits import Limits
from dawn_chorus.cage.messages import Hangup, Message, parse_messages
from dawn_chorus.domain.clock.readings import RecorderNotes, read_notes_json
from dawn_chorus.domain.recording import AudioFacts, round_s


def _read_notes(value: Any) -> Any:
    try:
        return None if value is None else read_notes_json(value)
    except (KeyError, TypeError) as error:
        raise ValueError("no notes of a recorder") from error


class _Facts(BaseModel):
    format: str
    duration_s: float = Field(gt=0, allow_inf_nan=False)
    sample_rate_hz: int = Field(gt=0, lt=2**31)
    channels: int = Field(gt=0, lt=2**31)
    notes: Annotated[RecorderNotes | None, BeforeValidator(_read_notes)] = None


_ANSWER: TypeAdapter[_Facts | Refusal] = TypeAdapter(_Facts | Refusal)


def read_facts(received: bytes, ended: Message, limits: Limits) -> AudioFacts:
    """Return the facts that a child answered. Raises Problem for a refusal or what is no answer, and TransientError."""
    if ended["late"]:
        raise crashed(ended, "Reading the header", limits)
    try:
        answer = _ANSWER.validate_python(parse_messages(received)[-1])
    except (ValidationError, Hangup, IndexError) as error:
        raise crashed(ended, "Reading the header", limits) from error
    if isinstance(answer, Refusal):
        raise_refusal(answer)
    return AudioFacts(answer.format, round_s(answer.duration_s), answer.sample_rate_hz, answer.channels, answer.notes)
