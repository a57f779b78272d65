"""The decoder process: `python -P -m dawn_chorus.inference.decoders FD MEMORY_BYTES`, started by `DecoderPool` only.

A file that crashes a decoder ends only this process. The process exits when its socket is closed, so it never outlives
its parent, however the parent ends.
"""

import os
import queue
import signal
import socket
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dawn_chorus.one_blas_thread  # noqa: F401 - before numpy
from dawn_chorus.domain.analysis import Segment
from dawn_chorus.inference.audio.failures import describe_failure
from dawn_chorus.inference.audio.opening import choose_source
from dawn_chorus.inference.audio.probe import (
    describe_facts,
    limit_memory,
    measure_duration_s,
    probe_audio,
    silence_libraries,
)
from dawn_chorus.inference.audio.source import AudioSource
from dawn_chorus.inference.decoders.protocol import Hangup, receive_message, send_message, send_samples
from dawn_chorus.inference.waveforms.loading import LoadedAudio, WaveformFormat, load_from
from dawn_chorus.inference.waveforms.resampling import allocate_resamplers

Request = dict[str, Any]


def main() -> None:
    """Answer requests, one after another, until the socket is closed."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    silence_libraries()
    allocate_resamplers()
    limit_memory(int(sys.argv[2]))
    requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection, requests), daemon=True).start()
    send_message(connection, {"ready": True})
    opened = OpenFile()
    while True:
        _answer(connection, requests.get(), opened)


def _receive(connection: socket.socket, requests: "queue.SimpleQueue[Request]") -> None:
    """Put requests into the queue, even while decoding; exit at once if the socket is closed."""
    try:
        while True:
            requests.put(receive_message(connection))
    except Hangup:
        os._exit(0)


def _answer(connection: socket.socket, request: Request, opened: "OpenFile") -> None:
    try:
        answer, audio = _work(request, opened)
    except Exception as error:  # noqa: BLE001 - every error is returned to the caller
        opened.close()
        answer, audio = describe_failure(error), None
    send_message(connection, answer)
    for waveform in audio.waveforms.values() if audio else ():
        send_samples(connection, waveform)


def _work(request: Request, opened: "OpenFile") -> tuple[Request, LoadedAudio | None]:
    path = Path(request["path"])
    if request["action"] == "probe":
        return describe_facts(probe_audio(path)), None
    if request["action"] == "measure":
        return {"duration_s": measure_duration_s(path)}, None
    formats = [WaveformFormat(rate_hz, name) for rate_hz, name in request["formats"]]
    measured = Segment(**request["measured"]) if request["measured"] else None
    source = opened.source(path, request["channel"], measured=measured is not None)
    stretch, duration_s = (request["start_s"], request["end_s"]), request["duration_s"]
    audio = load_from(source, *stretch, formats, duration_s=duration_s, measured=measured)
    lost, warnings = ([asdict(each) for each in found] for found in (audio.lost, audio.warnings))
    return {"lost": lost, "stage_s": audio.stage_s, "goes_on": audio.goes_on, "warnings": warnings}, audio


class OpenFile:
    """The file last read, kept open: in some formats the next stretch is fast only from the current position.

    Each channel that is read has a position of its own.
    """

    def __init__(self) -> None:
        self._key: tuple[str, int, int, int] | None = None
        self._sources: dict[tuple[int | None, bool], AudioSource] = {}

    def source(self, path: Path, channel: int | None, *, measured: bool) -> AudioSource:
        """Return the file opened for one channel, or for the mix; see `AudioSource.choose_channel`."""
        key = _identity(path)
        if key is None or key != self._key:
            self.close()
        self._key = key
        source = self._sources.get((channel, measured))
        if source is None:
            source = self._sources[channel, measured] = choose_source(path)
            source.choose_channel(channel, measured=measured)
        return source

    def close(self) -> None:
        for source in self._sources.values():
            source.close()
        self._sources, self._key = {}, None


def _identity(path: Path) -> tuple[str, int, int, int] | None:
    if not path.exists():
        return None
    facts = path.stat()
    return str(path), facts.st_ino, facts.st_size, facts.st_mtime_ns


if __name__ == "__main__":
    main()
