"""BirdNET's embedding of a window: what its classifier sees, averaged over the window's frames."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from dawn_chorus.inference.packs.network_file import NetworkFile
from dawn_chorus.inference.packs.pack import check_pack
from dawn_chorus.inference.session import Network, SessionOptions
from models.workshop.errors import BadInput
from models.workshop.training.mixing import Waveform

BATCH = 4


class Embedder:
    """The first network of a pack made by `chorus models install birdnet`, with its embedding as output."""

    def __init__(self, pack_dir: Path, threads: int = 1) -> None:
        """Raise InvalidPack for a broken pack, BadInput for one whose network pools no frames."""
        member = check_pack(pack_dir).manifest.member[0]
        graph = onnx.load(pack_dir / member.file)
        pooled = [node.output[0] for node in graph.graph.node if node.op_type == "GlobalAveragePool"]
        if not pooled or member.input != "waveform":
            raise BadInput(f"{pack_dir}: has no embedding: give a pack that `chorus models install birdnet` made")
        graph.graph.output.append(onnx.helper.make_tensor_value_info(pooled[-1], onnx.TensorProto.FLOAT, None))
        file = NetworkFile(f"{pack_dir.name}/{member.file}", graph.SerializeToString(), has_half_weights=False)
        self._network = Network(file, SessionOptions(threads_per_session=threads))
        self._input, self._output = member.input_name or "waveform", pooled[-1]
        self.sample_rate_hz = member.sample_rate_hz
        self.length = round(member.window_s * member.sample_rate_hz)

    def embed(self, waves: Sequence[Waveform]) -> NDArray[np.float32]:
        """Return embeddings, (n, n_features), of windows (length,)."""
        batches = [np.stack(waves[first : first + BATCH]) for first in range(0, len(waves), BATCH)]
        found = [self._network.run({self._input: batch}, [self._output])[0] for batch in batches]
        return np.concatenate(found).reshape(len(waves), -1)
