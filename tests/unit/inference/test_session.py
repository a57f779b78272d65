"""The requested device is used, or opening fails; there is no fallback."""

from pathlib import Path

import onnxruntime as ort
import pytest

from dawn_chorus.domain.errors import DeviceUnavailable
from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from tests.packs import TONE_RATE_HZ, write_tone_pack
from tests.unit.inference.sounds import random_sounds, score_sounds

CUDA = SessionOptions(device="cuda")


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return write_tone_pack(tmp_path / "tones")


def test_cuda_is_refused_where_there_is_none(pack: Path) -> None:
    with pytest.raises(DeviceUnavailable, match=r"device cuda.*set the device to cpu"):
        open_ensemble(pack, CUDA)


def test_cuda_is_refused_even_where_onnx_runtime_lists_it(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(ort, "get_available_providers", lambda: listed)
    with pytest.raises(DeviceUnavailable, match=r"device cuda cannot run all of tones/tones.onnx: .*nvidia-smi"):
        open_ensemble(pack, CUDA)


def test_a_session_that_fell_back_is_refused(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an ONNX Runtime would do that does not know the option that disables the fallback."""
    monkeypatch.setattr(ort, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    open_session = ort.InferenceSession

    def fall_back(path: str, *_: object, **__: object) -> object:
        return open_session(path, providers=["CPUExecutionProvider"])

    monkeypatch.setattr(ort, "InferenceSession", fall_back)
    with pytest.raises(DeviceUnavailable, match="ONNX Runtime fell back to CPUExecutionProvider"):
        open_ensemble(pack, CUDA)


def test_the_reported_provider_is_the_one_that_computes(pack: Path) -> None:
    assert open_ensemble(pack, SessionOptions()).provider == "CPUExecutionProvider"


@pytest.mark.parametrize(("sessions", "threads"), [(1, 1), (3, 1), (2, 2)])
def test_sessions_and_threads_do_not_change_scores(pack: Path, sessions: int, threads: int) -> None:
    sounds = random_sounds({TONE_RATE_HZ}, 20.0)
    expected = score_sounds(open_ensemble(pack, SessionOptions()), sounds, 20.0)
    ensemble = open_ensemble(pack, SessionOptions(sessions=sessions, threads_per_session=threads))
    assert abs(score_sounds(ensemble, sounds, 20.0).window_scores - expected.window_scores).max() < 1e-6


def test_binding_inputs_and_outputs_as_on_a_gpu_gives_the_same_scores(
    pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dawn_chorus.inference.session import Network  # noqa: PLC0415

    sounds = random_sounds({TONE_RATE_HZ}, 20.0)
    expected = score_sounds(open_ensemble(pack, SessionOptions()), sounds, 20.0)
    monkeypatch.setattr(Network, "_on_gpu", True)
    bound = score_sounds(open_ensemble(pack, SessionOptions()), sounds, 20.0)
    assert (bound.window_scores == expected.window_scores).all()
