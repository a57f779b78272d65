"""The API's server of caged children: `python -P -m dawn_chorus.inference.pictures FD`, started by the API only."""

import socket
import sys
from dataclasses import asdict
from typing import Any

import dawn_chorus.one_blas_thread  # noqa: F401 - before numpy
from dawn_chorus.cage.fork_server import serve_jobs
from dawn_chorus.cage.messages import Message, send_message
from dawn_chorus.inference.audio.containers.audio_file import AudioFile
from dawn_chorus.inference.audio.containers.byte_ranges import FileBytes
from dawn_chorus.inference.audio.failures import describe_failure
from dawn_chorus.inference.audio.probe import describe_facts, probe_audio, probe_beginning
from dawn_chorus.inference.audio.warm_up import quiet_libraries, warm_up
from dawn_chorus.inference.pictures.byte_index import build_index
from dawn_chorus.inference.pictures.clip import make_clip, warm_up_clips
from dawn_chorus.inference.pictures.spectrogram_jobs import (
    draw_strip,
    draw_tile,
    encode_levels,
    tell_contrast,
    warm_up_spectrograms,
)
from dawn_chorus.inference.pictures.stretch import lent_file, open_sound


def read_header(request: Message, connection: socket.socket, files: list[int]) -> None:
    """Send the facts of the file `{"name", "size", "version"}`, or `{"error", "detail"}`."""
    file = lent_file(request, files)
    try:
        answer = describe_facts(probe_audio(file))
    except Exception as error:  # noqa: BLE001 - any error that a hostile file causes in a decoder is reported
        answer = describe_failure(error)
    send_message(connection, answer)


def read_beginning(request: Message, connection: socket.socket, files: list[int]) -> None:
    """Send the facts of a file of `{"whole_size"}` of which the first `{"size"}` bytes are here, like `read_header`."""
    file = lent_file(request, files)
    try:
        answer = describe_facts(probe_beginning(file, request["whole_size"]))
    except Exception as error:  # noqa: BLE001 - as above
        answer = describe_failure(error)
    send_message(connection, answer)


def index_bytes(request: Message, connection: socket.socket, files: list[int]) -> None:
    """Send `{"index"}` of a lent MP3 or raw AAC, None where it can have none, or `{"error", "detail"}`."""
    file = lent_file(request, files)
    try:
        index = build_index(FileBytes(file))
        answer: dict[str, Any] = {"index": index and asdict(index)}
    except Exception as error:  # noqa: BLE001 - as above
        answer = describe_failure(error)
    send_message(connection, answer)


JOBS = {
    "header": read_header,
    "beginning": read_beginning,
    "byte_index": index_bytes,
    "spectrogram": draw_tile,
    "spectrogram strip": draw_strip,
    "spectrogram overview": encode_levels,
    "spectrogram contrast": tell_contrast,
    "clip": make_clip,
}


def _do_all(file: AudioFile) -> None:
    """Do with a file in memory what is done with others, so that nothing is left to be imported in a cage."""
    warm_up_spectrograms(file)
    index = build_index(FileBytes(file)) if file.name.endswith((".mp3", ".aac")) else None
    request = {"name": file.name, "size": file.size, "version": file.version, "index": index and asdict(index)}
    with open_sound(request | {"audio": describe_facts(probe_audio(file))}, [file.descriptor or 0]) as sound:
        sound.read(sound.sample_rate_hz // 10, sound.n_samples)


def main() -> None:
    connection = socket.socket(fileno=int(sys.argv[1]))
    with quiet_libraries():
        warm_up(_do_all)
        warm_up_clips()
    serve_jobs(connection, JOBS)


if __name__ == "__main__":
    main()
