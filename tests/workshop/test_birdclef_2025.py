"""The winners' packs with random weights: their contents, their export, and agreement with a pipeline in torch."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import soundfile
import torch

from dawn_chorus.inference.ensemble import Ensemble, SessionOptions, open_ensemble
from dawn_chorus.inference.self_test import verify_golden
from models.workshop.packing.birdclef_2025 import (
    WINNERS,
    find_winner,
    random_identity,
    random_member,
    random_taxa,
)
from models.workshop.packing.export import example_images
from models.workshop.packing.pack import PackRules, Trained, export_pack, golden_waveform
from tests.workshop.torch_pipeline import score_windows

pytestmark = pytest.mark.timeout(3600)  # nine large networks are made and exported once, in a fixture
MEMBERS = [(name, number) for name, winner in WINNERS.items() for number in range(len(winner.recipes))]


@dataclass(frozen=True)
class Made:
    members: list[Trained]
    folder: Path
    ensemble: Ensemble


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    made = {}
    for name, winner in WINNERS.items():
        members = [random_member(winner, number, random_taxa(), 3) for number in range(len(winner.recipes))]
        rules = PackRules(winner.score, {}, winner.frame_s)
        folder = tmp_path_factory.mktemp("packs") / name
        export_pack(members, folder, random_taxa(), random_identity(name, 3), rules)
        made[name] = Made(members, folder, open_ensemble(folder, SessionOptions()))
    return made


def network_of(made: Made, number: int) -> Path:
    return made.folder / made.ensemble.pack.manifest.member[number].file


@pytest.mark.parametrize(("name", "number"), MEMBERS)
def test_every_network_scores_in_onnx_runtime_as_in_torch(packs: dict[str, Made], name: str, number: int) -> None:
    member = packs[name].members[number]
    images = example_images(member.recipe.model, n=2)
    with torch.inference_mode():
        expected = member.network(images)
    assert float(expected.frame_logits.std()) > 0.5, "scores near one half would agree in any case"
    session = onnxruntime.InferenceSession(network_of(packs[name], number), providers=["CPUExecutionProvider"])
    logits, probs = session.run(["frame_logits", "clip_probs"], {"mel": images.numpy()})
    assert np.abs(logits - expected.frame_logits.numpy()).max() < 1e-4 * np.abs(logits).max() + 1e-4
    assert np.abs(probs - expected.clip_probs.numpy()).max() < 1e-4


@pytest.mark.parametrize(("name", "number"), MEMBERS)
def test_cuda_would_accept_every_network_and_any_batch(packs: dict[str, Made], name: str, number: int) -> None:
    model = onnx.load(network_of(packs[name], number))
    assert {entry.domain: entry.version for entry in model.opset_import} == {"": 18}
    kinds = {node.op_type for node in model.graph.node}
    assert not kinds & {"Shape", "Gather", "ConstantOfShape", "If", "Loop", "Reshape", "Expand", "Cast"}
    for node in model.graph.node:
        assert not (node.op_type == "BatchNormalization" and any(a.name == "training_mode" for a in node.attribute))
    n, *rest = model.graph.input[0].type.tensor_type.shape.dim
    assert n.dim_param
    assert all(dimension.dim_value for dimension in rest)


@pytest.mark.parametrize("name", WINNERS)
def test_chorus_analyze_scores_a_recording_as_the_torch_pipeline_does(
    packs: dict[str, Made], name: str, tmp_path: Path
) -> None:
    made, waveform = packs[name], golden_waveform(32000, 13.3)
    soundfile.write(tmp_path / "tones.wav", waveform, 32000, subtype="FLOAT")
    command = [sys.executable, "-m", "dawn_chorus.cli", "analyze", str(tmp_path / "tones.wav"), "--workers", "1"]
    command += ["--pack", str(made.folder), "--min-score", "0"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    windows = [window["scores"] for window in json.loads(result.stdout)["windows"]]
    scores = np.array([[row[taxon.scientific_name] for taxon in random_taxa()] for row in windows])
    expected = score_windows(made.members, random_taxa(), waveform, WINNERS[name].score)
    assert scores.shape == (3, 206)
    assert float(expected.std()) > 0.05
    np.testing.assert_allclose(scores, expected, atol=1e-3)


def test_the_specialist_scores_its_51_amphibians_and_insects_only(packs: dict[str, Made]) -> None:
    made = packs["birdclef-2025-1st"]
    manifest = made.ensemble.pack.manifest
    weights = [member.weight for member in manifest.member]
    assert weights == [0.133, 0.166, 0.133, 0.133, 0.166, 0.133, 0.133]
    with_columns = [member for member in manifest.member if member.columns]
    assert [member.file for member in with_columns] == [manifest.member[6].file]
    codes = (made.folder / str(with_columns[0].columns)).read_text().split()
    assert len(codes) == 51
    classes = {taxon.code: taxon.taxonomic_class for taxon in random_taxa()}
    assert {classes[code] for code in codes} == {"Amphibia", "Insecta"}


@pytest.mark.parametrize("name", WINNERS)
def test_a_random_pack_is_marked_as_random(packs: dict[str, Made], name: str) -> None:
    manifest = packs[name].ensemble.pack.manifest
    assert manifest.name == f"{name}-random"
    assert "RANDOM" in manifest.attribution
    assert all("RANDOM" in taxon.common_name for taxon in packs[name].ensemble.facts.taxa)


@pytest.mark.parametrize("name", WINNERS)
def test_a_random_pack_passes_its_own_self_test(packs: dict[str, Made], name: str) -> None:
    assert "self-test passed" in str(verify_golden(packs[name].ensemble))


def test_a_winners_members_weights_and_rules_are_the_authors() -> None:
    first, second = WINNERS["birdclef-2025-1st"], WINNERS["birdclef-2025-2nd"]
    names = [recipe.name.removeprefix("first-place-") for recipe in first.members]
    assert list(zip(names, first.weights, strict=True)) == [
        ("tf_efficientnet_b4", 0.133), ("tf_efficientnet_b3", 0.166), ("regnety_016", 0.133), ("regnety_016-2", 0.133),
        ("eca_nfnet_l0", 0.166), ("regnety_008", 0.133), ("specialist", 0.133),
    ]  # fmt: skip
    assert first.score == {
        "shifts_s": [-2.5, 0, 2.5], "shift_weights": [0.25, 0.5, 0.25], "smoothing": [0.1, 0.2, 0.4, 0.2, 0.1],
    }  # fmt: skip
    assert [recipe.name for recipe in second.members] == [
        "second-place-eca_nfnet_l0",
        "second-place-tf_efficientnetv2_s_in21k",
    ]
    assert second.weights == (0.5, 0.5)
    assert second.score == {"shifts_s": [-2.5, 0, 2.5], "shift_weights": [1, 1, 1]}


def test_an_ensemble_like_a_winners_needs_the_same_number_of_members() -> None:
    with pytest.raises(ValueError, match="has 7 members, not 2"):
        find_winner("birdclef-2025-1st", 2)
