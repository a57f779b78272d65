"""The files of a run: `model.pt`, the trained network, and `last.pt`, the progress to resume from."""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins import Precision
from torch import nn

from models.workshop.data.whole_file import written_whole
from models.workshop.errors import BadInput
from models.workshop.networks.architecture import SedModel, make_model
from models.workshop.recipe import Recipe
from models.workshop.recipe_files import parse_recipe

FINISHED = "model.pt"
LAST = "last.pt"
"""The state of a run after its last complete epoch."""


@dataclass(frozen=True)
class Progress:
    """Everything that changes from epoch to epoch. The precision holds the gradient scaler, if there is one."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    precision: Precision
    codes: Sequence[str]
    """The output columns. They do not change: a run is resumed for the same taxa only."""

    def save(self, epoch: int, path: Path) -> None:
        """Write the state after this epoch; a kill leaves either the old file or the new one, never a partial one."""
        state = {
            "epoch": epoch, "codes": list(self.codes), "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(), "precision": self.precision.state_dict(),
        }  # fmt: skip
        _write(state, path)

    def load(self, path: Path, device: torch.device) -> int:
        """Restore the state from the file; return the number of complete epochs.

        Raises BadInput if the file belongs to another network, other taxa or another precision. Without the gradient
        scaler's state, a run in half precision would have to search for the right scale again.
        """
        state = _read(path, {"epoch", "model", "optimizer"}, device)
        precision, scaled = state.get("precision", {}), bool(self.precision.state_dict())
        if bool(precision) != scaled:
            reason = "lacks the gradient scaler's state" if scaled else "is of a run in half precision, as on CUDA"
            raise BadInput(f"{path}: {reason}: resume with the same precision, or remove the file to start again")
        if state.get("codes", list(self.codes)) != list(self.codes):
            raise BadInput(f"{path}: the run has other taxa: choose another folder, or remove the file")
        try:
            self.model.load_state_dict(state["model"])
        except RuntimeError as error:
            raise BadInput(f"{path}: the run has another network: choose another folder, or remove the file") from error
        self.optimizer.load_state_dict(state["optimizer"])
        self.precision.load_state_dict(precision)
        return int(state["epoch"]) + 1


def save_model(recipe: Recipe, codes: Sequence[str], model: SedModel, path: Path) -> Path:
    _write({"recipe": recipe.model_dump(mode="json"), "codes": list(codes), "model": model.state_dict()}, path)
    return path


def load_checkpoint(path: Path) -> tuple[Recipe, tuple[str, ...], SedModel]:
    """Return the recipe, the output columns and the model in evaluation mode."""
    stored = _read(path, {"recipe", "codes", "model"})
    # Earlier recipes had it; it concerned training alone.
    stored["recipe"].get("pseudo", {}).pop("renormalize", None)
    recipe = parse_recipe(stored["recipe"], path, trained=True)
    model = make_model(recipe, len(stored["codes"]), pretrained=False)
    model.load_state_dict(stored["model"])
    return recipe, tuple(stored["codes"]), model.eval()


def load_backbone(model: SedModel, checkpoint: Path) -> None:
    """Load the backbone of a checkpoint into the model; the head is not loaded, its taxa differ."""
    stored = _read(checkpoint, {"recipe", "codes", "model"})["model"]
    prefix = "network.backbone."
    weights = {name.removeprefix(prefix): value for name, value in stored.items() if name.startswith(prefix)}
    try:
        model.network.backbone.load_state_dict(weights)
    except RuntimeError as error:
        raise BadInput(f"{checkpoint}: its backbone differs from the recipe's") from error


def _write(stored: dict[str, Any], path: Path) -> None:
    with written_whole(path) as partial:
        torch.save(stored, partial)


def _read(path: Path, keys: set[str], device: torch.device | str = "cpu") -> dict[str, Any]:
    try:
        stored = torch.load(path, map_location=device, weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, LookupError, ValueError, AttributeError) as error:
        raise BadInput(f"{path}: is not a checkpoint that `train` wrote") from error
    if missing := keys - (stored.keys() if isinstance(stored, dict) else set()):
        raise BadInput(f"{path}: lacks {', '.join(sorted(missing))}: {FINISHED} is a network, {LAST} is its progress")
    return stored
