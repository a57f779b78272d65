"""A pack's self-test: what passes, and which packs must not serve."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.inference.ensemble import SessionOptions
from dawn_chorus.inference.self_test import verify_pack, write_golden
from tests.packs import TONE_RATE_HZ, write_random_pack, write_tone_pack

OPTIONS = SessionOptions()


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Write a pack whose self-test is 12 s with a tone."""
    folder = write_tone_pack(tmp_path / "tones")
    name_golden(folder)
    write_golden(folder, tone(), TONE_RATE_HZ)
    return folder


def name_golden(folder: Path) -> None:
    (folder / "pack.toml").write_text('golden = "golden.npz"\n' + (folder / "pack.toml").read_text())


def tone(rate_hz: int = TONE_RATE_HZ) -> np.ndarray:
    time_s = np.arange(12 * rate_hz) / rate_hz
    return (0.03 * np.sin(2 * np.pi * 1000 * time_s) * (time_s > 4)).astype(np.float32)


def change(folder: Path, **arrays: np.ndarray) -> None:
    with np.load(folder / "golden.npz") as file:
        kept = {name: file[name] for name in file.files}
    np.savez(folder / "golden.npz", **kept | arrays)


def test_a_pack_passes_the_self_test_that_it_wrote(pack: Path) -> None:
    result = verify_pack(pack, OPTIONS)
    assert result.worst_difference == 0.0
    assert str(result) == "self-test passed: scores within 0.0e+00 (tolerance 1e-04)"


def test_a_pack_without_a_self_test_says_so(tmp_path: Path) -> None:
    result = verify_pack(write_tone_pack(tmp_path), OPTIONS)
    assert result.worst_difference is None
    assert "no golden.npz" in str(result)


@pytest.mark.parametrize("name", ["window_scores", "frame_scores"])
def test_other_scores_than_the_golden_ones_are_refused(pack: Path, name: str) -> None:
    with np.load(pack / "golden.npz") as file:
        scores = file[name]
    scores[-1, 2] += 0.001
    change(pack, **{name: scores})
    with pytest.raises(
        InvalidPack,
        match=f"golden.npz: {name}: self-test failed on CPU.* differ by up to 0.001.* `chorus models seal",
    ):
        verify_pack(pack, OPTIONS)


def test_golden_scores_of_another_shape_are_refused(pack: Path) -> None:
    change(pack, window_scores=np.zeros((3, 7), np.float32))
    with pytest.raises(InvalidPack, match=r"window_scores: is \(3, 7\), the pack computes \(3, 4\)"):
        verify_pack(pack, OPTIONS)


def test_a_self_test_that_is_not_an_npz_file_is_refused(pack: Path) -> None:
    (pack / "golden.npz").write_bytes(b"zip")
    with pytest.raises(InvalidPack, match=r"tones/golden.npz: is not an npz file of arrays"):
        verify_pack(pack, OPTIONS)


def test_a_self_test_without_a_waveform_is_refused(pack: Path) -> None:
    np.savez(pack / "golden.npz", window_scores=np.zeros((3, 4)))
    with pytest.raises(InvalidPack, match=r"tones/golden.npz: waveform: is missing"):
        verify_pack(pack, OPTIONS)


def test_a_self_test_gets_a_name_in_the_manifest(tmp_path: Path) -> None:
    folder = write_tone_pack(tmp_path)
    before = tomllib.loads((folder / "pack.toml").read_text())
    write_golden(folder, tone(), TONE_RATE_HZ)
    assert tomllib.loads((folder / "pack.toml").read_text()) == before | {"golden": "golden.npz"}


def test_a_self_test_at_another_rate_is_resampled_as_recordings_are(pack: Path) -> None:
    with np.load(pack / "golden.npz") as file:
        expected = file["window_scores"]
    write_golden(pack, tone(48000), 48000)
    with np.load(pack / "golden.npz") as file:
        np.testing.assert_allclose(file["window_scores"], expected, atol=0.01)


@pytest.mark.parametrize("seed", range(6))
def test_ensembles_of_several_rates_pass_their_own_self_tests(tmp_path: Path, seed: int) -> None:
    folder = write_random_pack(tmp_path, seed=seed)
    name_golden(folder)
    noise = np.random.default_rng(seed).normal(0, 0.1, 2000 * 23).astype(np.float32)
    assert write_golden(folder, noise, 2000).worst_difference == 0.0
