"""Has a clip made by a child, unless it was made just now."""

import os
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from dawn_chorus.api.clips.files import ClipFile, ClipFiles
from dawn_chorus.api.clips.wanted import ClipFormat, Wanted
from dawn_chorus.api.decoders.lending import Lending, LentAudio, Reading
from dawn_chorus.api.decoders.pictures import Job, Pictures
from dawn_chorus.api.http.problems import UNDECODABLE, Problem
from dawn_chorus.cage.limits import Limits
from dawn_chorus.domain.recording import Recording

LIMITS = Limits(256 << 20, wall_s=120, cpu_s=60)
CONTENT_TYPES = {
    ClipFormat.FLAC: ("audio/flac", b"fLaC"),
    ClipFormat.WAV: ("audio/wav", b"RIFF"),
    ClipFormat.OPUS: ("audio/ogg", b"OggS"),
    ClipFormat.MP3: ("audio/mpeg", b"ID3"),
}
"""And how the bytes begin."""
SLACK_S = 0.15
"""Encoders pad: what is missing of a recording's last moment was never there."""
_Second = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


class _About(BaseModel):
    lost: list[tuple[_Second, _Second]] = Field(max_length=20)


@dataclass(frozen=True, slots=True)
class Clips:
    """Makes clips. One for each process of the API, used from one event loop."""

    pictures: Pictures
    lending: Lending
    files: ClipFiles

    async def make(self, recording: Recording, wanted: Wanted) -> ClipFile:
        """Return a clip. Cancel it when nobody waits for it.

        Raises Problem: `busy`, or `undecodable-audio` where nothing comes of the recording; TransientError.
        """
        if kept := self.files.get(wanted.key):
            return kept
        clip = await self._make(recording, wanted, self.pictures.place())
        self.files.keep(wanted.key, clip)
        return clip

    async def make_aside(self, recording: Recording, wanted: Wanted) -> ClipFile:
        """Return a clip for which nobody waits: others go before it, and it is not kept in place of theirs.

        Raises as `make` does.
        """
        return await self._make(recording, wanted, self.pictures.spare_place())

    async def _make(self, recording: Recording, wanted: Wanted, place: AbstractAsyncContextManager[None]) -> ClipFile:
        reading = Reading(wanted.start_s, wanted.end_s)
        # Lent first: finding out where in a file a second stands may take long, and should keep nobody from a place.
        async with self.lending.lend(recording, reading) as lent, place:
            return await self._write(recording, wanted, lent)

    async def _write(self, recording: Recording, wanted: Wanted, lent: LentAudio) -> ClipFile:
        content_type, magic = CONTENT_TYPES[wanted.format]
        request = {name: getattr(wanted, name) for name in ("start_s", "end_s", "format", "slow", "channel")}
        job = Job("clip", "Making the clip", lent.facts | request, LIMITS, {content_type: magic}, wanted.max_bytes)
        target = self.files.open()
        try:
            about = _About.model_validate(await self.pictures.write(job, lent.descriptor, target))
            lost = (f"{begin:.3f}-{end:.3f}" for begin, end in about.lost if not _is_padding(begin, recording))
            return ClipFile(target, ", ".join(lost))
        except ValidationError as error:
            os.close(target)
            raise Problem(UNDECODABLE, "The decoder said nothing that makes sense of this stretch") from error
        except BaseException:
            os.close(target)
            raise


def _is_padding(begin_s: float, recording: Recording) -> bool:
    return begin_s >= recording.audio.duration_s - SLACK_S
