"""All that a recorder wrote into a file beside the sound."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from dawn_chorus.domain.clock.moments import parse_clock
from dawn_chorus.domain.clock.readings import HEADER, ClockReading, RecorderNotes
from dawn_chorus.inference.audio.containers.audio_file import AudioFile
from dawn_chorus.inference.audio.recorder.audiomoth import read_comment
from dawn_chorus.inference.audio.recorder.broadcast_wave import read_bext
from dawn_chorus.inference.audio.recorder.guano_text import read_guano
from dawn_chorus.inference.audio.recorder.riff import Words, read_words
from dawn_chorus.inference.audio.recorder.tags import read_tags

COMMENTS = ("comment", "description")
RECORDING_START = "recordingstart"
"""Frontier Labs' name for it in FLAC."""

Reader = Callable[[], RecorderNotes | None]


def read_notes(file: Path | AudioFile) -> RecorderNotes | None:
    """Return what the header says of clock, position and device; None if nothing. Raises nothing.

    Where texts of several kinds stand in one file, the first that has a fact counts, and AudioMoth's comment is first.
    """
    found = RecorderNotes()
    for notes in _each(file):
        recorder = found.recorder.completed_by(notes.recorder)
        found = replace(found, clocks=found.clocks + notes.clocks, recorder=recorder)
        if found.latitude is None:
            found = replace(found, latitude=notes.latitude, longitude=notes.longitude)
    return None if found == RecorderNotes() else found


def _each(file: Path | AudioFile) -> Iterator[RecorderNotes]:
    try:
        audio = AudioFile.of(file)
        words = read_words(audio)
        readers = _readers_of_tags(read_tags(audio)) if words is None else _readers_of_words(words)
    except Exception:  # noqa: BLE001 - words beside a sound can be anything, and are no part of it
        return
    for read in readers:
        try:
            notes = read()
        except Exception:  # noqa: BLE001, S112 - the same; and another kind of text may still be right
            continue
        if notes is not None:
            yield notes


def _readers_of_words(words: Words) -> list[Reader]:
    readers: list[Reader] = []
    if comment := words.info.get("ICMT"):
        readers.append(lambda: read_comment(_text(comment), _text(words.info.get("IART", b""))))
    if guano := words.chunks.get("guan"):
        readers.append(lambda: read_guano(guano))
    if bext := words.chunks.get("bext"):
        readers.append(lambda: read_bext(bext))
    return readers


def _readers_of_tags(tags: dict[str, str]) -> list[Reader]:
    def read_start() -> RecorderNotes | None:
        moment = parse_clock(tags.get(RECORDING_START, ""))
        if moment is None:
            return None
        clock = ClockReading(moment.replace(tzinfo=None), moment.utcoffset(), HEADER, "the header (RecordingStart)")
        return RecorderNotes((clock,))

    comments = [partial(read_comment, text, tags.get("artist", "")) for name in COMMENTS if (text := tags.get(name))]
    return [*comments, read_start]


def _text(chunk: bytes) -> str:
    return chunk.lstrip(b"\0").split(b"\0", 1)[0].decode("utf-8", "replace").strip()
