"""The API's server of caged children: `python -P -m dawn_chorus.inference.pictures FD`, started by the API only."""

import socket
import sys

import dawn_chorus.one_blas_thread  # noqa: F401 - before numpy
from dawn_chorus.cage.fork_server import serve_jobs
from dawn_chorus.cage.messages import Message, send_message
from dawn_chorus.inference.audio.containers.audio_file import AudioFile
from dawn_chorus.inference.audio.failures import describe_failure
from dawn_chorus.inference.audio.probe import describe_facts, probe_audio
from dawn_chorus.inference.audio.warm_up import warm_up
from dawn_chorus.inference.pictures.clip import make_clip, warm_up_clips
from dawn_chorus.inference.pictures.spectrogram_jobs import (
    draw_strip,
    draw_tile,
    encode_levels,
    tell_contrast,
    warm_up_spectrograms,
)


def read_header(request: Message, connection: socket.socket, files: list[int]) -> None:
    """Send the facts of the file `{"name", "size", "version"}`, or `{"error", "detail"}`."""
    file = AudioFile(request["name"], request["size"], tuple(request["version"]), descriptor=files[0])
    try:
        answer = describe_facts(probe_audio(file))
    except Exception as error:  # noqa: BLE001 - any error that a hostile file causes in a decoder is reported
        answer = describe_failure(error)
    send_message(connection, answer)


JOBS = {
    "header": read_header,
    "spectrogram": draw_tile,
    "spectrogram strip": draw_strip,
    "spectrogram overview": encode_levels,
    "spectrogram contrast": tell_contrast,
    "clip": make_clip,
}


def main() -> None:
    connection = socket.socket(fileno=int(sys.argv[1]))
    warm_up(warm_up_spectrograms)
    warm_up_clips()
    serve_jobs(connection, JOBS)


if __name__ == "__main__":
    main()
