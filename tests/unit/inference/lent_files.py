"""Lends files to readers as the API does: by descriptor, or by ranges that a thread answers."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dawn_chorus.cage.ranges import ANSWER, AWAY, REFUSED, REQUEST, WHOLE
from dawn_chorus.domain.recording import INDEXED_FORMATS
from dawn_chorus.inference.audio.containers.audio_file import AudioFile
from dawn_chorus.inference.audio.containers.byte_ranges import FileBytes
from dawn_chorus.inference.audio.probe import describe_facts, probe_audio
from dawn_chorus.inference.pictures.byte_index import build_index
from dawn_chorus.inference.pictures.stretch import Sound, open_sound


@dataclass
class Ranges:
    """What was asked for."""

    fails_at: int | None = None
    """The number of the request that the store does not answer, from 0."""
    may_be_whole: bool = True
    lengths: list[int] = field(default_factory=list)
    asked_for_whole: bool = False
    has_failed: bool = False

    def answer(self, connection: socket.socket, file: int) -> None:
        while request := connection.recv(REQUEST.size, socket.MSG_WAITALL):
            start, length = REQUEST.unpack(request)
            if start == WHOLE:
                self.asked_for_whole = True
                connection.sendall(ANSWER.pack(start, 0 if self.may_be_whole else REFUSED))
            elif len(self.lengths) == self.fails_at:
                self.has_failed = True
                connection.sendall(ANSWER.pack(start, AWAY))
            else:
                content = os.pread(file, length, start)
                self.lengths.append(len(content))
                connection.sendall(ANSWER.pack(start, len(content)) + content)


def facts_of(path: Path) -> dict[str, Any]:
    """Return what the API knows of a recording: what reading its file through said, and its index where it has one."""
    file = AudioFile.at(path)
    audio = probe_audio(file)
    index = build_index(FileBytes(file)) if audio.format in INDEXED_FORMATS else None
    described = {name: value for name, value in describe_facts(audio).items() if name != "notes"}
    return {"name": path.name, "size": file.size, "version": list(file.version), "audio": described} | (
        {"index": asdict(index)} if index else {}
    )


@contextmanager
def lent_file(path: Path, known: dict[str, Any] | None = None) -> Iterator[Sound]:
    """Lend a file by descriptor."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with open_sound(known or facts_of(path), [descriptor]) as sound:
            yield sound
    finally:
        os.close(descriptor)


@contextmanager
def lent_ranges(
    path: Path, ranges: Ranges, known: dict[str, Any] | None = None, most_bytes: int = 1 << 40
) -> Iterator[Sound]:
    """Lend a file by ranges."""
    file = os.open(path, os.O_RDONLY)
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        answering = threading.Thread(target=ranges.answer, args=(ours, file))
        answering.start()
        try:
            with open_sound((known or facts_of(path)) | {"most_bytes": most_bytes}, [theirs.fileno()]) as sound:
                yield sound
        finally:
            theirs.shutdown(socket.SHUT_RDWR)
            answering.join()
            os.close(file)
