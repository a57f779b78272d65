"""The raw samples that follow some messages between a decoder and the pool (`cage.messages`)."""

import socket

import numpy as np

from dawn_chorus.cage.messages import receive_into
from dawn_chorus.inference.audio.reader import Samples


def send_samples(connection: socket.socket, samples: Samples) -> None:
    connection.sendall(samples.view(np.uint8).data)


def receive_samples(connection: socket.socket, samples: Samples) -> None:
    """Read samples into the array until it is full. Raises Hangup, and TimeoutError if the connection has a timeout."""
    receive_into(connection, samples.view(np.uint8).data)
