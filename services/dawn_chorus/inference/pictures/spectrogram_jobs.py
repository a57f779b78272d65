"""What a child does for a spectrogram: a picture, a strip for overviews, the picture of an overview, its contrast.

A request holds the recording that is lent, `duration_s` and `channel`. The answer is a message, `{"size"}` and so many
bytes after it, or `{"error", "detail"}`.
"""

import os
import socket
from collections.abc import Callable
from dataclasses import asdict

import numpy as np

from dawn_chorus.cage.messages import Message, send_message
from dawn_chorus.domain.pictures.spectrogram_grid import COLUMNS, ROWS
from dawn_chorus.inference.audio.containers.audio_file import AudioFile
from dawn_chorus.inference.audio.failures import describe_failure
from dawn_chorus.inference.pictures.contrast import measure_contrast
from dawn_chorus.inference.pictures.spectrogram import Columns, Levels, draw_levels
from dawn_chorus.inference.pictures.stretch import open_sound
from dawn_chorus.inference.pictures.webp import encode_webp


def draw_tile(request: Message, connection: socket.socket, files: list[int]) -> None:
    """Send a picture of `columns`, `{"first", "length_s"}`, as WebP."""
    _answer(connection, lambda: encode_webp(_draw(request, files)))


def draw_strip(request: Message, connection: socket.socket, files: list[int]) -> None:
    """Send the levels of `columns`, (n_rows, n_columns)."""
    _answer(connection, lambda: _draw(request, files).tobytes())


def encode_levels(_request: Message, connection: socket.socket, files: list[int]) -> None:
    """Send the levels, (n_rows, n_columns), that are in a file, as WebP."""

    def encode() -> bytes:
        levels = np.frombuffer(os.pread(files[0], ROWS * COLUMNS, 0), np.uint8)
        return encode_webp(levels.reshape(ROWS, COLUMNS))

    _answer(connection, encode)


def tell_contrast(request: Message, connection: socket.socket, files: list[int]) -> None:
    """Send `{"low_db", "high_db", "loudest"}`, of the channel asked for, and which channel is the loudest, from 1."""
    try:
        with open_sound(request, files) as sound:
            answer = asdict(measure_contrast(sound, request["duration_s"], request["channel"]))
    except Exception as error:  # noqa: BLE001 - any error that a hostile file causes in a decoder is reported
        answer = describe_failure(error)
    send_message(connection, answer)


def _answer(connection: socket.socket, make: Callable[[], bytes]) -> None:
    try:
        made = make()
    except Exception as error:  # noqa: BLE001 - any error that a hostile file causes in a decoder is reported
        send_message(connection, describe_failure(error))
        return
    send_message(connection, {"size": len(made)})
    connection.sendall(made)


def _draw(request: Message, files: list[int]) -> Levels:
    asked = request["columns"]
    columns = Columns(asked["first"], COLUMNS, asked["length_s"], request["channel"], request["duration_s"])
    with open_sound(request, files) as sound:
        return draw_levels(sound, columns)


def warm_up_spectrograms(file: AudioFile) -> None:
    """Draw what can be drawn of a file in memory, so that nothing is left to be imported or allocated in a cage."""
    request = {
        "name": file.name,
        "size": file.size,
        "version": list(file.version),
        "channel": None,
        "duration_s": 0.4,
        "columns": {"first": 0, "length_s": 2 / COLUMNS},
    }
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for job in (draw_tile, tell_contrast):
            job(request, ours, [file.descriptor or 0])
    encode_webp(np.full((ROWS, COLUMNS), 128, np.uint8))
