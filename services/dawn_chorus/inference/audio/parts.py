"""The recordings that stand one after another in a file: where each is, and how long.

Chained Ogg (`Vorbis`, `Opus`, `FLAC`), and files that were joined by `cat`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO

from dawn_chorus.domain.errors import EmptyAudio, UndecodableAudio
from dawn_chorus.inference.audio.claims import believe_length
from dawn_chorus.inference.audio.containers.beginnings import find_beginning
from dawn_chorus.inference.audio.containers.byte_ranges import FileBytes
from dawn_chorus.inference.audio.containers.endings import next_recording
from dawn_chorus.inference.audio.containers.ogg_pages import CAPTURE, find_links
from dawn_chorus.inference.audio.ffmpeg_reader import NoSoundTrack
from dawn_chorus.inference.audio.source import AudioSource

MAX_PARTS = 2000
"""Recordings of one file that are read; opening each takes some milliseconds."""
HIGHEST_HZ = 500_000
"""Of a part: all parts are brought to the highest rate, and one short part must not multiply the work of the others."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The bytes of one recording."""

    file: FileBytes
    granules: int | None = None
    """How far the positions in an Ogg link go, in samples (of 48 kHz in Opus); None: it is no Ogg."""


@dataclass(frozen=True, slots=True)
class Part:
    """One recording of several in a file."""

    file: FileBytes
    sample_rate_hz: int
    channels: int
    format: str
    n_samples: int
    """At its own rate."""
    lost: str | None = None
    """Why it cannot be read."""


def find_parts(file: FileBytes, open_one: Callable[[FileBytes], AudioSource]) -> list[Part]:
    """Return the parts of a file that holds several recordings; empty if it holds one, or none can be read.

    `open_one` opens the bytes of one recording. Parts without sound are left out. The length of a part that cannot be
    read is estimated.
    """
    recordings = _find_recordings(file)
    if len(recordings) < 2:
        return []
    found = [
        _measure(recording, open_one) if number < MAX_PARTS else f"only {MAX_PARTS} recordings of a file are read"
        for number, recording in enumerate(recordings)
    ]
    readable = [part for part in found if isinstance(part, Part)]
    if not readable:
        return []
    parts: list[Part] = []
    for number, (recording, part) in enumerate(zip(recordings, found, strict=True), start=1):
        if isinstance(part, str):
            reason = f"part {number} of {len(recordings)} of the file cannot be read: {part}"
            parts.append(_estimate(recording, reason, next(iter(parts[::-1]), readable[0])))
        elif part is not None:
            parts.append(part)
    return parts


def _find_recordings(file: FileBytes) -> list[Recording]:
    found = list(islice(_each_recording(file), MAX_PARTS + 1))
    if len(found) > MAX_PARTS:
        start = sum(recording.file.size for recording in found[:MAX_PARTS])
        found[MAX_PARTS:] = [Recording(file.cut((start, file.size)))]
    return found


def _each_recording(file: FileBytes) -> Iterator[Recording]:
    rest: FileBytes | None = file
    while rest is not None:
        with rest.open() as opened:
            is_ogg = _begins_ogg(opened, 0)
        if is_ogg:
            yield from _each_link(rest)
            return
        end, following = next_recording(rest)
        yield Recording(rest.cut((0, end)))
        rest = following


def _begins_ogg(file: BinaryIO, position: int) -> bool:
    file.seek(position)
    return file.read(len(CAPTURE)) == CAPTURE


def _each_link(ogg: FileBytes) -> Iterator[Recording]:
    """Yield the links, and the recordings of other formats behind and between them."""
    links = find_links(ogg)
    starts_of_next = [link.start for link in links[1:]]
    for link, limit in zip(links, [*starts_of_next, ogg.size], strict=True):
        with ogg.open() as opened:
            begins = find_beginning(opened, link.end, limit)
            if begins is not None and limit < ogg.size and _begins_ogg(opened, begins):
                begins = None  # a link that could be read would have been found
        end = link.end if limit == ogg.size else limit  # what is damaged behind a link's last page belongs to it
        yield Recording(ogg.cut((link.start, begins or end)), link.granules)
        if begins is not None:
            yield from _each_recording(ogg.cut((begins, limit)))


def _measure(recording: Recording, open_one: Callable[[FileBytes], AudioSource]) -> Part | str | None:
    """Return a part, why it cannot be read, or None if there is no sound in it."""
    if recording.granules == 0:
        return None
    try:
        source = open_one(recording.file)
    except EmptyAudio:
        return None
    except UndecodableAudio as error:
        has_sound = recording.granules or not isinstance(error, NoSoundTrack)
        return str(error).replace(recording.file.name, "it") if has_sound else None
    n_samples = max(source.length(), source.count_samples())
    source.close()
    if source.sample_rate_hz > HIGHEST_HZ:
        return f"its sample rate of {source.sample_rate_hz} Hz is too high to be joined with others"
    return Part(recording.file, source.sample_rate_hz, source.channels, source.format, n_samples) if n_samples else None


def _estimate(recording: Recording, reason: str, neighbor: Part) -> Part:
    """Return an unreadable part, as long as its positions say, or as its neighbor would be with as many bytes."""
    n_samples = by_bytes = round(neighbor.n_samples * recording.file.size / max(1, neighbor.file.size))
    if recording.granules:
        per_granule = neighbor.sample_rate_hz / 48000 if neighbor.format.endswith("/opus") else 1
        n_samples = believe_length(round(recording.granules * per_granule), by_bytes, neighbor.sample_rate_hz)
    return replace(neighbor, file=recording.file, n_samples=max(1, n_samples), lost=reason)
