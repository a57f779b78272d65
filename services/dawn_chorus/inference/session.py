"""One ONNX network: its provider, its threads, its inputs and outputs.

ONNX Runtime lists CUDA where there is no GPU and then silently computes on the CPU. Here the requested device is used,
or opening the network fails; there is no fallback.
"""

import queue
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from dawn_chorus.domain.errors import DeviceUnavailable, InvalidPack
from dawn_chorus.inference.packs.network_file import NetworkFile

Array = NDArray[np.float32]

ORT_ERRORS: tuple[type[Exception], ...] = (
    ort_errors.EPFail,
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoModel,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
UNREADABLE_MODEL = (ort_errors.InvalidGraph, ort_errors.InvalidProtobuf, ort_errors.NoModel)
PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
INSTALL_CUDA = (
    'take the image worker-gpu, or run `pip uninstall -y onnxruntime` and `pip install "onnxruntime-gpu[cuda,cudnn]"`'
)
BATCH_WINDOWS = {"cpu": 4, "cuda": 64}
"""Small batches stay in a CPU's caches; a GPU wants large ones."""


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How networks are run; no option changes scores."""

    device: Literal["cpu", "cuda"] = "cpu"
    threads_per_session: int = 1
    sessions: int = 1
    """How many threads may compute at once; further ones wait."""
    batch_windows: int | None = None
    """Windows per run; None: the default of the device."""

    @property
    def batch_size(self) -> int:
        return self.batch_windows or BATCH_WINDOWS[self.device]


class Network:
    """A network opened on one device. Safe to run from many threads."""

    def __init__(self, file: NetworkFile, options: SessionOptions) -> None:
        """Raise InvalidPack if the file is not a network, DeviceUnavailable if the device cannot run it."""
        self._options = options
        self._sessions: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for session in _open_sessions(file, options):
            self._sessions.put(session)
            self._any = session

    @property
    def provider(self) -> str:
        """The ONNX Runtime provider that actually computes."""
        return str(self._any.get_providers()[0])

    @property
    def inputs(self) -> dict[str, tuple[str, list[int | str | None]]]:
        """Element type and declared shape, by name; a dimension that is not a number is dynamic."""
        return {node.name: (node.type, node.shape) for node in self._any.get_inputs()}

    @property
    def outputs(self) -> list[str]:
        return [node.name for node in self._any.get_outputs()]

    @property
    def output_shapes(self) -> dict[str, list[int | str | None]]:
        """Declared shapes, by name; empty where there is none."""
        return {node.name: node.shape for node in self._any.get_outputs()}

    def run(self, feeds: dict[str, Array], outputs: Sequence[str]) -> list[Array]:
        """Return the named outputs, in that order, as float32 arrays owned by the caller."""
        session = self._sessions.get()
        try:
            results = self._run_bound(session, feeds, outputs) if self._on_gpu else session.run(list(outputs), feeds)
        finally:
            self._sessions.put(session)
        return [np.asarray(result, np.float32) for result in results]

    @property
    def _on_gpu(self) -> bool:
        return self._options.device == "cuda"

    @staticmethod
    def _run_bound(session: Any, feeds: dict[str, Array], outputs: Sequence[str]) -> list[Array]:
        """Run with I/O binding: one copy each way, directly between these arrays and the device."""
        binding = session.io_binding()
        for name, value in feeds.items():
            binding.bind_cpu_input(name, value)
        for name in outputs:
            binding.bind_output(name, "cpu")
        session.run_with_iobinding(binding)
        return [value.numpy() for value in binding.get_outputs()]


def _open_sessions(file: NetworkFile, options: SessionOptions) -> list[Any]:
    """Open all sessions; single-threaded ones run on their callers' threads, so one copy of the weights is enough."""
    if options.threads_per_session == 1 or options.device == "cuda":
        return [_open_session(file, options)] * options.sessions
    return [_open_session(file, options) for _ in range(options.sessions)]


def _open_session(file: NetworkFile, options: SessionOptions) -> Any:
    provider = PROVIDERS[options.device]
    where = file.name
    if provider not in ort.get_available_providers():
        raise DeviceUnavailable(
            f"device cuda: the installed ONNX Runtime supports CPUs only; {INSTALL_CUDA}, or set the device to cpu"
        )
    if options.device == "cuda":
        _load_cuda_libraries()
    try:
        session = ort.InferenceSession(
            file.content,
            _session_options(file, options),
            providers=[(provider, _provider_options(options))],
            enable_fallback=0,
        )
        session.disable_fallback()
    except UNREADABLE_MODEL as error:
        raise InvalidPack(f"{where}: is not a network that ONNX Runtime can read: {error}") from error
    except ORT_ERRORS as error:
        raise _refusal(where, options, str(error)) from error
    if session.get_providers()[0] != provider:
        raise _refusal(where, options, f"ONNX Runtime fell back to {session.get_providers()[0]}")
    return session


def _load_cuda_libraries() -> None:
    """Load the CUDA libraries that pip installed; missing ones are printed to stderr, as stdout is for results."""
    with redirect_stdout(sys.stderr):
        ort.preload_dlls()


def _refusal(where: str, options: SessionOptions, reason: str) -> DeviceUnavailable | InvalidPack:
    if options.device == "cpu":
        return InvalidPack(f"{where}: ONNX Runtime cannot run this network: {reason}")
    return DeviceUnavailable(
        f"device cuda cannot run all of {where}: {reason.rstrip('.')}. Check that `nvidia-smi` shows a GPU and that "
        "the CUDA and cuDNN libraries that `onnxruntime-gpu[cuda,cudnn]` brings are installed, or set the device to cpu"
    )


def _session_options(file: NetworkFile, options: SessionOptions) -> Any:
    config = ort.SessionOptions()
    # What was checked is ONNX; ONNX Runtime would read its own format, too, from a file that begins in another way.
    config.add_session_config_entry("session.load_model_format", "ONNX")
    if file.weights:
        names, contents = list(file.weights), list(file.weights.values())
        config.add_external_initializers_from_files_in_memory(names, contents, [len(each) for each in contents])
    config.intra_op_num_threads = options.threads_per_session
    config.inter_op_num_threads = 1
    config.log_severity_level = 3
    # Threads that spin while waiting take cores away from other sessions and from the decoders.
    config.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if options.device == "cuda":
        config.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    return config


def _provider_options(options: SessionOptions) -> dict[str, str]:
    if options.device == "cpu":
        return {}
    # TF32 keeps 10 bits of a factor, too few for the self-test; an exhaustive search restarts for each batch size.
    return {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC", "arena_extend_strategy": "kSameAsRequested"}
