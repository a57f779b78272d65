"""The recording: one uploaded audio file and its facts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """What a file's header claims about its sound."""

    format: str
    """Container and coding in short: `wav/pcm_16`, `flac/pcm_24`, `ogg/opus`, `mp4/aac`."""
    duration_s: float
    """Rounded to microseconds, as every position and duration that is stored."""
    sample_rate_hz: int
    channels: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a recording was made; all of it optional."""

    site: str | None = None
    latitude: float | None = None
    """Degrees north, −90 to 90."""
    longitude: float | None = None
    """Degrees east, −180 to 180."""
    recorded_at: datetime | None = None
    """When the recording starts, with its offset from UTC; a time without one is refused at the edge."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One uploaded audio file and its facts."""

    id: UUID
    filename: str
    store_key: str
    """Where the audio store keeps the bytes."""
    size_bytes: int
    sha256: str
    audio: AudioFacts
    place: Place
    created_at: datetime
    audio_removed_at: datetime | None = None
    """When retention took the bytes out of the store; None: they are there."""


def round_s(seconds: float) -> float:
    """Seconds to the microsecond: the grain in which the ledger adds up exactly."""
    return round(seconds, 6)
