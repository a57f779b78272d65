"""Where the pictures of a recording's spectrogram are: on one grid, the same for whoever draws and whoever asks."""

from math import ceil

VERSION = 1
"""Of the drawing. Raise it when the same sound gives other pictures: caches then forget the old ones."""
COLUMNS, ROWS = 512, 256
"""Pixels of a picture: columns of time, rows of frequency from 0 Hz to half the sample rate."""
MIN_SPAN_S, DRAWN_SPAN_S, STRIP_SPAN_S = 2, 256, 512
"""Spans are powers of two. Pictures up to `DRAWN_SPAN_S` are drawn each from the sound of its own span; longer ones are
overviews, whose columns are means of those of strips of `STRIP_SPAN_S`, which are drawn once for all of them."""
STEPS_PER_DB, FULL_SCALE = 2, 255
"""A level, 8 bit, is `FULL_SCALE + STEPS_PER_DB · dB`, and at least 1; 0 dB is a sine of full scale."""
ABSENT = 0
"""The level of columns without sound: after the recording's end, or lost."""


def spans_of(duration_s: float) -> tuple[int, ...]:
    """Return the spans that a recording has, in seconds: all that are drawn, then up to the first that covers it."""
    spans = [MIN_SPAN_S]
    while spans[-1] < DRAWN_SPAN_S or spans[-1] < duration_s:
        spans.append(2 * spans[-1])
    return tuple(spans)


def count_pictures(duration_s: float, span_s: int) -> int:
    """Return how many pictures of a span a recording has; the last may reach beyond its end."""
    return max(1, ceil(duration_s / span_s))


def level_to_db(level: float) -> float:
    return (level - FULL_SCALE) / STEPS_PER_DB
