"""The server of decoders: `python -P -m dawn_chorus.inference.decoders FD`, started by `DecoderPool` only.

A file that crashes a decoder ends only its child. The server ends when its socket is closed, and its children with it,
so none outlives whoever started them.
"""

import os
import socket
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import dawn_chorus.one_blas_thread  # noqa: F401 - before numpy
from dawn_chorus.cage.fork_server import serve_jobs
from dawn_chorus.cage.messages import Hangup, receive_descriptors, send_message
from dawn_chorus.domain.analysis import Segment
from dawn_chorus.inference.audio.containers.audio_file import AudioFile
from dawn_chorus.inference.audio.failures import describe_failure
from dawn_chorus.inference.audio.opening import choose_source, open_source
from dawn_chorus.inference.audio.probe import describe_facts, measure_duration_s, probe_audio
from dawn_chorus.inference.audio.source import AudioSource
from dawn_chorus.inference.audio.warm_up import quiet_libraries, warm_up
from dawn_chorus.inference.decoders.protocol import send_samples
from dawn_chorus.inference.waveforms.loading import LoadedAudio, WaveformFormat, load_from
from dawn_chorus.inference.waveforms.resampling import allocate_resamplers

Request = dict[str, Any]


def main() -> None:
    connection = socket.socket(fileno=int(sys.argv[1]))
    with quiet_libraries():
        allocate_resamplers()
        warm_up(_load_some)
    serve_jobs(connection, {"decode": decode})


def decode(_request: Request, connection: socket.socket, _files: list[int]) -> None:
    """Answer requests, one after another, each with the file that it is about, until the connection is closed."""
    opened = OpenFile()
    send_message(connection, {"ready": True})
    with suppress(Hangup):
        while True:
            request, (descriptor,) = receive_descriptors(connection)
            _answer(connection, request, opened.choose(request, descriptor))


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
    if request["action"] == "probe":
        return describe_facts(probe_audio(opened.file)), None
    if request["action"] == "measure":
        return {"duration_s": measure_duration_s(opened.file)}, None
    formats = [WaveformFormat(rate_hz, name) for rate_hz, name in request["formats"]]
    measured = Segment(**request["measured"]) if request["measured"] else None
    source = opened.source(request["channel"], measured=measured is not None)
    stretch, duration_s = (request["start_s"], request["end_s"]), request["duration_s"]
    audio = load_from(source, *stretch, formats, duration_s=duration_s, measured=measured)
    lost, warnings = ([asdict(each) for each in found] for found in (audio.lost, audio.warnings))
    return {"lost": lost, "stage_s": audio.stage_s, "goes_on": audio.goes_on, "warnings": warnings}, audio


class OpenFile:
    """The file last read, kept open: in some formats the next stretch is fast only from the current position.

    Each channel that is read has a position of its own.
    """

    def __init__(self) -> None:
        self._file: AudioFile | None = None
        self._sources: dict[tuple[int | None, bool], AudioSource] = {}

    @property
    def file(self) -> AudioFile:
        assert self._file is not None  # noqa: S101 - each request comes with its file
        return self._file

    def choose(self, request: Request, descriptor: int) -> "OpenFile":
        """Go on with the file of a request, or with the one that is open, if it is the same."""
        name, size, version = request["name"], request["size"], tuple(request["version"])
        before = self._file
        if before is not None and (before.name, before.size, before.version) == (name, size, version):
            os.close(descriptor)
            return self
        self.close()
        if before is not None and before.descriptor is not None:
            os.close(before.descriptor)
        self._file = AudioFile(name, size, version, descriptor=descriptor)
        return self

    def source(self, channel: int | None, *, measured: bool) -> AudioSource:
        """Return the file opened for one channel, or for the mix; see `AudioSource.choose_channel`."""
        source = self._sources.get((channel, measured))
        if source is None:
            source = self._sources[channel, measured] = choose_source(self.file)
            source.choose_channel(channel, measured=measured)
        return source

    def close(self) -> None:
        """Close what reads the file."""
        for source in self._sources.values():
            source.close()
        self._sources = {}


def _load_some(file: AudioFile) -> None:
    """Load a part of a file as a request for it would, at another rate and measured."""
    with open_source(file) as source:
        formats = [WaveformFormat(32000, "soxr_hq"), WaveformFormat(22050, "kaiser_fast")]
        duration_s = source.length() / source.sample_rate_hz
        load_from(source, 0.1, duration_s, formats, duration_s=duration_s, measured=Segment(0, 0.1, duration_s))


if __name__ == "__main__":
    main()
