"""A member's scores as they were before packs had networks of other authors: unchanged, to compare bits with."""

from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from dawn_chorus.inference.packs.manifest_tables import MemberTable

Array = NDArray[np.float32]


class MemberAsBefore:
    """A network of a pack of schema 1."""

    def __init__(self, folder: Path, table: MemberTable) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = ort.InferenceSession(str(folder / table.file), options, providers=["CPUExecutionProvider"])
        self._table = table
        given = [node.name for node in self._session.get_outputs()]
        self._clip_output = None
        if table.rule == "clip":
            self._clip_output = "clip_probs" if "clip_probs" in given else "clip_logits"
        frames = ("frame_logits",) if "frame_logits" in given else ()
        self._outputs = frames if self._clip_output is None else (*frames, self._clip_output)

    def score(self, inputs: Array) -> tuple[Array | None, Array | None]:
        """Return the probabilities of frames and of clips."""
        given = self._session.run(list(self._outputs), {self._table.input: inputs})
        results = dict(zip(self._outputs, (np.asarray(each, np.float32) for each in given), strict=True))
        frames, clips = results.get("frame_logits"), results.get(self._clip_output or "")
        if frames is not None:
            frames = sigmoid(frames, self._table.temperature)
        if clips is not None and self._clip_output == "clip_logits":
            clips = sigmoid(clips, self._table.temperature)
        return frames, clips


def sigmoid(logits: Array, temperature: float) -> Array:
    with np.errstate(over="ignore"):
        logits *= np.float32(-1.0 / temperature)
        np.exp(logits, out=logits)
        logits += 1.0
        return np.reciprocal(logits, out=logits)
