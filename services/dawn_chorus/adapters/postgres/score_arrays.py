"""Reads stored scores: window scores are real[], frame scores bytes."""

from typing import Any

import numpy as np
from psycopg.adapt import Buffer, Loader
from psycopg.pq import Format

from dawn_chorus.domain.timeline import Scores, Steps, dequantize_scores, quantize_scores

REAL_ARRAY = 1021
"""The type's OID in PostgreSQL."""
_HEADER_BYTES = 20
"""Of an array of one dimension: dimensions, whether there are nulls, type, length, first index."""
_ELEMENT = np.dtype([("size_bytes", ">i4"), ("value", ">f4")])


class ScoreArrayLoader(Loader):
    """Loads real[] without nulls as an array, (n,); for cursors in binary format."""

    format = Format.BINARY

    def load(self, data: Buffer) -> Scores:
        if len(data) <= _HEADER_BYTES:
            return np.empty(0, np.float32)
        return np.frombuffer(data, _ELEMENT, offset=_HEADER_BYTES)["value"].astype(np.float32)


def read_scores(stored: Any) -> Scores:
    """Return stored frame scores (bytes) or window scores (a list or an array) as an array, (n,)."""
    if isinstance(stored, bytes | memoryview):
        return dequantize_scores(np.frombuffer(stored, "<u2"))
    return np.asarray(stored, np.float32)


def read_steps(stored: Any) -> Steps:
    """Return stored frame scores (bytes) as they are, window scores (a list or an array) quantized, (n,)."""
    if isinstance(stored, bytes | memoryview):
        return np.frombuffer(stored, "<u2")
    return quantize_scores(np.asarray(stored, np.float32))
