"""What a request for a clip comes to: a stretch within the recording, a format, a channel."""

import hashlib
import math
from dataclasses import asdict, dataclass
from enum import IntEnum, StrEnum
from importlib.metadata import version

from pydantic import Field

from dawn_chorus.api.http.problems import invalid_field
from dawn_chorus.api.models.query_parameters import StrictQuery
from dawn_chorus.api.models.requests import Name, Score
from dawn_chorus.api.models.spectrograms import ShownChannel
from dawn_chorus.domain.recording import AudioFacts, round_s

MOST_S = 300.0
FLAC_UP_TO_S = 30.0
"""Longer clips are Opus, unless another format is asked for."""
MOST_BYTES, _HEADERS_BYTES = 512 << 20, 1 << 18
_MADE_BY = f"1-{version('soundfile')}-{version('av')}"
"""Another version of an encoder may write other bytes; the first number goes up where this code does."""


class ClipFormat(StrEnum):
    """Formats of clips, by their suffixes."""

    FLAC = "flac"
    WAV = "wav"
    OPUS = "opus"
    MP3 = "mp3"


class Slowness(IntEnum):
    """How many times slower, and lower, a clip plays."""

    ONCE = 1
    TEN_TIMES = 10


class ClipQuery(StrictQuery):
    start_s: float = Field(ge=0, allow_inf_nan=False, description="Where it begins in the recording.", examples=[0])
    end_s: float = Field(
        gt=0,
        allow_inf_nan=False,
        description=f"Where it ends, at most {MOST_S:g} s later; a clip never ends behind the recording.",
        examples=[1],
    )
    format: ClipFormat | None = Field(
        default=None,
        description=f"Unset: `flac`, `opus` above {FLAC_UP_TO_S:g} s. `wav` holds the samples of the recording as "
        "they are, in 16 bit, 24, or floating point. So does `flac` in 16 or 24 bit from 8 to 192 kHz; beyond, "
        "where not all browsers play it, it is brought to 48 kHz, and below 8 kHz to a multiple above that. `opus` and "
        "`mp3` hold 48 kHz at most.",
    )
    slow: Slowness = Field(
        default=Slowness.ONCE, description="10: ten times slower and lower, to hear bats; at 8 kHz at least."
    )
    channel: ShownChannel | None = Field(
        default=None,
        description="This one alone, from 1; `mix`: the mean of all. Unset: all, but their mean where there are more "
        "than two in `opus` and `mp3`, more than eight in `flac`.",
    )
    taxon: Name | None = Field(default=None, description="For the name of the file only.")
    confidence: Score | None = Field(default=None, description="For the name of the file only.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A clip of a recording."""

    start_s: float
    end_s: float
    format: ClipFormat
    slow: int
    channel: int | str | None
    """From 1; `mix`; None: all."""
    sha256: str
    """Of the recording."""
    max_bytes: int
    """More than it can have."""

    @property
    def key(self) -> str:
        """Return what its bytes depend on, as a short name."""
        return hashlib.sha256(repr((asdict(self), _MADE_BY)).encode()).hexdigest()[:32]


def choose_clip(query: ClipQuery, audio: AudioFacts, sha256: str) -> Wanted:
    """Return the clip that is asked for. Raises Problem for what the recording does not have, or is too much."""
    start_s, end_s = round_s(query.start_s), round_s(min(query.end_s, audio.duration_s))
    if query.end_s <= query.start_s:
        raise invalid_field("end_s", "it must be greater than start_s")
    if query.end_s - query.start_s > MOST_S:
        raise invalid_field("end_s", f"a clip has at most {MOST_S:g} s: ask for several")
    if start_s >= audio.duration_s:
        raise invalid_field("start_s", f"the recording ends at {audio.duration_s:g} s")
    n_samples = round(end_s * audio.sample_rate_hz) - round(start_s * audio.sample_rate_hz)
    if not n_samples:
        raise invalid_field("end_s", "no sample of the recording lies between start_s and end_s")
    if isinstance(query.channel, int) and query.channel > audio.channels:
        have = "1 channel" if audio.channels == 1 else f"{audio.channels} channels"
        raise invalid_field("channel", f"the recording has {have}: there is no channel {query.channel}")
    form = query.format or (ClipFormat.FLAC if end_s - start_s <= FLAC_UP_TO_S else ClipFormat.OPUS)
    played_s, played_hz = (end_s - start_s) * query.slow, audio.sample_rate_hz / query.slow
    max_bytes = _max_bytes(form, played_s, played_hz, 1 if query.channel else audio.channels)
    if max_bytes > MOST_BYTES:
        raise invalid_field(
            "end_s", f"the clip may be larger than {MOST_BYTES >> 20} MiB: ask for less, or one channel"
        )
    return Wanted(start_s, end_s, form, query.slow, query.channel, sha256, max_bytes)


def _max_bytes(form: ClipFormat, played_s: float, rate_hz: float, channels: int) -> int:
    """Return what a clip cannot exceed that plays so long, at such a rate as long as its format knows it."""
    if form in (ClipFormat.FLAC, ClipFormat.WAV):  # a rate below 8 kHz is multiplied
        bytes_a_sample = 4 if form is ClipFormat.WAV else 3
        return math.ceil(played_s * max(rate_hz, 16_000)) * channels * bytes_a_sample + _HEADERS_BYTES
    return math.ceil(played_s * 48_000) + _HEADERS_BYTES
