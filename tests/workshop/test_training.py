"""Training: the same seed yields the same weights, whether or not the run was killed and resumed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.fabric import Fabric
from lightning.fabric.plugins import MixedPrecision

from models.workshop.data.manifest import Dataset
from models.workshop.errors import BadInput
from models.workshop.networks.architecture import build_model, make_model
from models.workshop.recipe import Recipe
from models.workshop.training import loop
from models.workshop.training.checkpoints import LAST, load_backbone, load_checkpoint, save_model
from models.workshop.training.loop import TrainingSet, chosen_codes, train


@pytest.fixture
def training_set(tiny_world: Dataset) -> TrainingSet:
    return TrainingSet(tiny_world, tiny_world.choose(kind="focal"), tiny_world.choose(folds=[1]))


def weights_of(checkpoint: Path) -> dict[str, torch.Tensor]:
    weights: dict[str, torch.Tensor] = torch.load(checkpoint, weights_only=True)["model"]
    return weights


def die_in_the_second_epoch(patch: pytest.MonkeyPatch) -> None:
    plan = loop.plan_epoch

    def plan_or_die(*args: Any, epoch: int, **options: Any) -> object:
        if epoch == 1:
            raise KeyboardInterrupt
        return plan(*args, epoch=epoch, **options)

    patch.setattr(loop, "plan_epoch", plan_or_die)


def test_a_killed_run_resumes_to_the_same_weights(
    tiny_recipe: Recipe, training_set: TrainingSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = weights_of(train(tiny_recipe, training_set, tmp_path / "whole", seed=4))
    with monkeypatch.context() as broken:
        die_in_the_second_epoch(broken)
        with pytest.raises(KeyboardInterrupt):
            train(tiny_recipe, training_set, tmp_path / "killed", seed=4)
    resumed = weights_of(train(tiny_recipe, training_set, tmp_path / "killed", seed=4))
    assert all(torch.equal(resumed[name], value) for name, value in whole.items())
    assert (tmp_path / "killed" / "metrics.csv").read_text() == (tmp_path / "whole" / "metrics.csv").read_text()


def with_a_scaler(precision: str) -> Fabric:
    """Return what CUDA uses, on a CPU: half precision, and a gradient scaler that soon changes its scale."""
    assert precision == "auto"
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10, growth_interval=3)
    return Fabric(accelerator="cpu", plugins=[MixedPrecision("16-mixed", "cpu", scaler)])


def scale_after(folder: Path) -> tuple[float, int]:
    state = torch.load(folder / LAST, weights_only=True)["precision"]
    return state["scale"], state["_growth_tracker"]


def test_a_killed_run_in_half_precision_resumes_with_the_gradient_scale(
    tiny_recipe: Recipe, training_set: TrainingSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "open_fabric", with_a_scaler)
    whole = weights_of(train(tiny_recipe, training_set, tmp_path / "whole", seed=4))
    with monkeypatch.context() as broken:
        die_in_the_second_epoch(broken)
        with pytest.raises(KeyboardInterrupt):
            train(tiny_recipe, training_set, tmp_path / "killed", seed=4)
    assert scale_after(tmp_path / "killed") == (2.0**10, 2)
    resumed = weights_of(train(tiny_recipe, training_set, tmp_path / "killed", seed=4))
    assert scale_after(tmp_path / "killed") == scale_after(tmp_path / "whole") == (2.0**11, 1)
    assert all(torch.equal(resumed[name], value) for name, value in whole.items())


def test_a_scaler_without_stored_state_is_not_started_again(
    tiny_recipe: Recipe, training_set: TrainingSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(tiny_recipe, training_set, tmp_path, seed=4)
    old = torch.load(tmp_path / LAST, weights_only=True)
    del old["precision"], old["codes"]
    torch.save(old, tmp_path / LAST)
    train(tiny_recipe, training_set, tmp_path, seed=4)  # without a scaler nothing is missing
    monkeypatch.setattr(loop, "open_fabric", with_a_scaler)
    with pytest.raises(BadInput, match=r"last\.pt: lacks the gradient scaler's state"):
        train(tiny_recipe, training_set, tmp_path, seed=4)


def test_a_run_in_half_precision_is_not_resumed_in_full(
    tiny_recipe: Recipe, training_set: TrainingSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as half:
        half.setattr(loop, "open_fabric", with_a_scaler)
        train(tiny_recipe, training_set, tmp_path, seed=4)
    with pytest.raises(BadInput, match="of a run in half precision"):
        train(tiny_recipe, training_set, tmp_path, seed=4)


def test_a_run_is_not_resumed_with_other_taxa(tiny_recipe: Recipe, training_set: TrainingSet, tmp_path: Path) -> None:
    train(tiny_recipe, training_set, tmp_path, seed=4)
    reversed_taxa = replace(training_set.dataset, taxa=training_set.dataset.taxa[::-1])
    with pytest.raises(BadInput, match="has other taxa"):
        train(tiny_recipe, replace(training_set, dataset=reversed_taxa), tmp_path, seed=4)


def test_a_run_writes_metrics_and_a_picture_of_them(
    tiny_recipe: Recipe, training_set: TrainingSet, tmp_path: Path
) -> None:
    train(tiny_recipe, training_set, tmp_path, seed=4)
    header, *rows = (tmp_path / "metrics.csv").read_text().splitlines()
    assert header == "epoch,loss,val_auroc,val_cmap"
    assert len(rows) == 2
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_backbone_is_loaded_without_the_head(tiny_recipe: Recipe, training_set: TrainingSet, tmp_path: Path) -> None:
    teacher = train(tiny_recipe, training_set, tmp_path / "other-taxa", seed=1)
    model = make_model(tiny_recipe, 3)
    load_backbone(model, teacher)
    with pytest.raises(BadInput, match=r"last.pt: lacks recipe: model.pt is a network, last.pt is its progress"):
        load_backbone(model, teacher.with_name(LAST))
    stem = "network.backbone.conv_stem.weight"
    assert torch.equal(model.state_dict()[stem], weights_of(teacher)[stem])
    other = tiny_recipe.model.model_copy(update={"backbone": "lcnet_050"})
    with pytest.raises(ValueError, match="differs from the recipe's"):
        load_backbone(build_model(other, 3), teacher)


def test_a_specialist_learns_its_own_taxa_only(tiny_recipe: Recipe, training_set: TrainingSet, tmp_path: Path) -> None:
    recipe = tiny_recipe.model_copy(update={"taxonomic_classes": ("Amphibia", "Insecta")})
    _, codes, model = load_checkpoint(train(recipe, training_set, tmp_path, seed=1))
    assert codes == ("ticfro", "crofro", "buzcri", "chicri")
    assert model.network.head.classify.out_channels == 4


def test_a_step_that_the_service_could_not_lay_on_frames_is_refused(
    tiny_recipe: Recipe, training_set: TrainingSet, tmp_path: Path
) -> None:
    for hop_s, reason in ((0.3, "0.3 s are 1.2 of the network's frames of 0.25 s"), (7.0, "leave gaps")):
        recipe = tiny_recipe.model_copy(update={"model": tiny_recipe.model.model_copy(update={"hop_s": hop_s})})
        with pytest.raises(BadInput, match=reason):
            train(recipe, training_set, tmp_path)


def test_a_cross_entropy_over_taxa_is_not_trained_with_one(tiny_recipe: Recipe, training_set: TrainingSet) -> None:
    alone = replace(training_set.dataset, taxa=training_set.dataset.taxa[:1])
    assert chosen_codes(tiny_recipe, alone) == ("rispip",)
    with pytest.raises(BadInput, match=r'loss: "first_place" compares taxa, and there is only rispip'):
        chosen_codes(tiny_recipe.model_copy(update={"loss": "first_place"}), alone)


def test_a_kill_leaves_no_half_of_a_network(
    tiny_recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_: object, path: Path) -> None:
        path.write_bytes(b"PK")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", die)
    with pytest.raises(KeyboardInterrupt):
        save_model(tiny_recipe, ["robin"], make_model(tiny_recipe, 1), tmp_path / "model.pt")
    assert not (tmp_path / "model.pt").exists()


def test_a_network_is_loaded_whose_recipe_is_refused_by_now(tiny_recipe: Recipe, tmp_path: Path) -> None:
    path = save_model(tiny_recipe, ["robin"], make_model(tiny_recipe, 1), tmp_path / "model.pt")
    stored = torch.load(path, weights_only=True)
    stored["recipe"]["model"]["mel"]["n_frames"] = 160
    stored["recipe"]["augment"]["spec_mask_frames"] = 200
    torch.save(stored, path)
    assert load_checkpoint(path)[0].model.mel.n_frames == 160
