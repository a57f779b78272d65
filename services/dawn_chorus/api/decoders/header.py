"""What an answer about the header of a file must be."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from dawn_chorus.api.decoders.child import Refusal, crashed, raise_refusal
from dawn_chorus.cage.limits import Limits
from dawn_chorus.cage.messages import Hangup, Message, parse_messages
from dawn_chorus.domain.clock.readings import RecorderNotes, read_notes_json
from dawn_chorus.domain.recording import AudioFacts, EarlyFacts, round_s


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


class _EarlyFacts(_Facts):
    duration_s: float | None = Field(gt=0, allow_inf_nan=False)  # type: ignore[assignment]


_ANSWER: TypeAdapter[_Facts | Refusal] = TypeAdapter(_Facts | Refusal)
_EARLY_ANSWER: TypeAdapter[_EarlyFacts | Refusal] = TypeAdapter(_EarlyFacts | Refusal)
_Answered = TypeVar("_Answered", bound=_Facts)


def read_facts(received: bytes, ended: Message, limits: Limits) -> AudioFacts:
    """Return the facts that a child answered. Raises Problem for a refusal or what is no answer, and TransientError."""
    answer = _read(_ANSWER, received, ended, limits)
    return AudioFacts(answer.format, round_s(answer.duration_s), answer.sample_rate_hz, answer.channels, answer.notes)


def read_early_facts(received: bytes, ended: Message, limits: Limits) -> EarlyFacts:
    """Return the facts in the first bytes of a file, as `read_facts` does."""
    answer = _read(_EARLY_ANSWER, received, ended, limits)
    duration_s = None if answer.duration_s is None else round_s(answer.duration_s)
    return EarlyFacts(answer.format, duration_s, answer.sample_rate_hz, answer.channels, answer.notes)


def _read(form: "TypeAdapter[_Answered | Refusal]", received: bytes, ended: Message, limits: Limits) -> _Answered:
    if ended["late"]:
        raise crashed(ended, "Reading the header", limits)
    try:
        answer = form.validate_python(parse_messages(received)[-1])
    except (ValidationError, Hangup, IndexError) as error:
        raise crashed(ended, "Reading the header", limits) from error
    if isinstance(answer, Refusal):
        raise_refusal(answer)
    return answer
