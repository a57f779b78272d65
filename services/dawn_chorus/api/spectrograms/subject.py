"""What a spectrogram shows: the sound of a recording, of all its channels or of one."""

from dataclasses import dataclass
from typing import Any

from dawn_chorus.domain.pictures.spectrogram_grid import VERSION
from dawn_chorus.domain.recording import Recording


@dataclass(frozen=True, slots=True)
class Subject:
    """A recording and the channel of it that is shown."""

    recording: Recording
    sha256: str
    duration_s: float
    sample_rate_hz: int
    n_channels: int
    channel: int | None
    """From 1; None: the mean of all."""

    @classmethod
    def of(cls, recording: Recording, channel: int | None) -> "Subject":
        audio = recording.audio
        shown = None if audio.channels == 1 else channel
        facts = (audio.duration_s, audio.sample_rate_hz, audio.channels)
        return cls(recording, recording.sha256, *facts, shown)

    @property
    def version(self) -> str:
        """Return what changes when pictures of the same bytes do: the drawing, or the length that they are read to."""
        return f"{VERSION}-{round(1000 * self.duration_s)}"

    def key(self, *what: object) -> str:
        """Return under what a thing that was made of this is kept."""
        return "/".join(map(str, (self.sha256, self.version, self.channel or "mix", *what)))

    def request(self) -> dict[str, Any]:
        """Return what a child is told, beside the file that is lent."""
        return {"channel": self.channel, "duration_s": self.duration_s}
