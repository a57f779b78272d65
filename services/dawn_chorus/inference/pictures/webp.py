"""Pictures as WebP."""

from fractions import Fraction

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from numpy.typing import NDArray

from dawn_chorus.domain.pictures.spectrogram_grid import ABSENT
from dawn_chorus.inference.pictures.spectrogram import Levels

QUALITY = 85
DARKEST, BRIGHTEST = 16, 235
"""What decoders take for black and white in a plane of luma."""
NO_COLOR = 128


def encode_webp(levels: Levels) -> bytes:
    """Return a gray picture of the levels; columns that are absent are transparent, exactly: that plane is lossless."""
    is_there = levels != ABSENT
    encoder = av.CodecContext.create("libwebp", "w")
    encoder.height, encoder.width = levels.shape
    encoder.pix_fmt = "yuv420p" if is_there.all() else "yuva420p"
    encoder.options = {"quality": str(QUALITY), "compression_level": "1"}
    encoder.thread_count = 1
    encoder.time_base = Fraction(1)
    frame = VideoFrame(encoder.width, encoder.height, encoder.pix_fmt)
    luma = np.rint(DARKEST + levels * ((BRIGHTEST - DARKEST) / 255)).astype(np.uint8)
    opaque = np.where(is_there, 255, 0).astype(np.uint8)
    for plane, values in zip(frame.planes, (luma, NO_COLOR, NO_COLOR, opaque), strict=False):
        _fill(plane, values)
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def _fill(plane: VideoPlane, values: NDArray[np.uint8] | int) -> None:
    """Write values, (height, width), into a plane, whose lines may be longer."""
    lines = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)  # type: ignore[call-overload]
    lines[:, : plane.width] = values
