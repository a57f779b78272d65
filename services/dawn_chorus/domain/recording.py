"""The recording: one uploaded audio file and its metadata."""

import calendar
import math
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from dawn_chorus.domain.clock.readings import RecorderNotes

INDEXED_FORMATS = ("mp3", "aac")
"""As in `AudioFacts`."""
LEAD_FRAMES = 12
"""Frames that are decoded before the wanted ones: ten are enough for the bytes that MP3 keeps back."""
WHOLE_YEAR = -1
"""The week of a recording whose time is not known, for occurrence models."""


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """What a file's header declares about its audio."""

    format: str
    """Container and codec: `wav/pcm_16`, `flac/pcm_24`, `ogg/opus`, `mp4/aac`."""
    duration_s: float
    """Rounded to microseconds, like every position and duration that is stored."""
    sample_rate_hz: int
    channels: int
    notes: RecorderNotes | None = None
    """What the recorder wrote beside the sound; None: nothing, or it was not kept."""


@dataclass(frozen=True, slots=True)
class EarlyFacts:
    """What is known of a file's audio while only its first bytes are here."""

    format: str
    duration_s: float | None
    """None: the header does not say."""
    sample_rate_hz: int
    channels: int
    notes: RecorderNotes | None = None
    """Without what may stand behind the samples."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a recording was made; every field is optional."""

    site: str | None = None
    latitude: float | None = None
    """Degrees north, −90 to 90."""
    longitude: float | None = None
    """Degrees east, −180 to 180."""
    recorded_at: datetime | None = None
    """When the recording starts, with its offset from UTC; the API refuses a time without one."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One uploaded audio file and its metadata."""

    id: UUID
    filename: str
    store_key: str
    """The key of the bytes in the audio store."""
    size_bytes: int
    sha256: str
    audio: AudioFacts
    place: Place
    created_at: datetime
    audio_removed_at: datetime | None = None
    """When retention removed the bytes from the store; None: they are there."""


@dataclass(frozen=True, slots=True)
class ByteIndex:
    """The byte position of a frame every ten seconds or so, of a coding that does not say (MP3, raw AAC)."""

    codec: str
    """FFmpeg's name of the decoder."""
    frame_samples: int
    skipped: int
    """Samples at the start that belong to the encoder, not to the recording."""
    frames: int
    step: int
    """Frames from one entry to the next."""
    positions: tuple[int, ...]
    """Bytes at which frames 0, `step`, 2 `step`, … begin, and at the end, where the last frame ends."""
    first_entry: int = 0
    """Which entry `positions` begins with."""

    @property
    def n_samples(self) -> int:
        """Return the samples in all frames, those of an encoder's padding at the end included."""
        return self.frames * self.frame_samples - self.skipped

    def first_frame(self, first: int) -> int:
        """Return the frame to begin with for a recording's sample, those before it included that it needs."""
        return max(0, (first + self.skipped) // self.frame_samples - LEAD_FRAMES)

    def end_frame(self, end: int) -> int:
        """Return the frame behind those that hold the samples before `end`."""
        return min(self.frames, -(-(end + self.skipped) // self.frame_samples))

    def entries(self, first: int, end: int) -> tuple[int, int]:
        """Return the entries that samples [first, end) lie between, counted from the first of all."""
        return self.first_frame(first) // self.step, -(-self.end_frame(end) // self.step)

    def around(self, first: int, end: int) -> "ByteIndex":
        """Return the index with those entries only that samples [first, end) need."""
        begin, stop = self.entries(first, end)
        return replace(self, positions=self.positions[begin : stop + 1], first_entry=begin)


def week_of(recorded_at: datetime | None) -> int:
    """Return the 48th part of the year, 1 to 48, in the recording's own time zone, as birdnetlib counts."""
    if recorded_at is None:
        return WHOLE_YEAR
    days = 366 if calendar.isleap(recorded_at.year) else 365
    return math.ceil(recorded_at.timetuple().tm_yday / days * 48)


def round_s(seconds: float) -> float:
    """Return seconds rounded to the microsecond, the precision at which the ledger adds up exactly."""
    return round(seconds, 6)
