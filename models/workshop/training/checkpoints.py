"""What a run leaves behind: `model.pt`, the network that it made, and `last.pt`, where it stands."""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins import Precision
from torch import nn

from models.workshop.errors import BadInput
from models.workshop.networks.architecture import SedModel, make_model
from models.workshop.training.recipe import Recipe, parse_recipe

FINISHED = "model.pt"
LAST = "last.pt"
"""Where a run stands after its last whole epoch."""


@dataclass(frozen=True)
class Progress:
    """Everything that changes from epoch to epoch. The precision holds the gradient scaler, where there is one."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    precision: Precision
    codes: Sequence[str]
    """The output columns, which do not change: a run goes on for the same taxa only."""

    def save(self, epoch: int, path: Path) -> None:
        """Write down that this epoch is done; a kill leaves the old file or the new one, never half of one."""
        state = {
            "epoch": epoch, "codes": list(self.codes), "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(), "precision": self.precision.state_dict(),
        }  # fmt: skip
        partial = path.with_name(path.name + ".part")
        torch.save(state, partial)
        partial.replace(path)

    def load(self, path: Path, device: torch.device) -> int:
        """Go back to where the run stood; return the number of epochs that are done.

        Raises BadInput where that is not possible: the file is of another network, other taxa, or another precision.
        Without its scaler's state a run in half precision would begin to look for the right scale anew.
        """
        state = _read(path, {"epoch", "model", "optimizer"}, device)
        kept, scaled = state.get("precision", {}), bool(self.precision.state_dict())
        if bool(kept) != scaled:
            why = "lacks the gradient scaler's state" if scaled else "is of a run in half precision, as CUDA does it"
            raise BadInput(f"{path}: {why}: go on where the run was begun, or remove the file to begin anew")
        if state.get("codes", list(self.codes)) != list(self.codes):
            raise BadInput(f"{path}: the run is about other taxa: choose another folder, or remove the file")
        try:
            self.model.load_state_dict(state["model"])
        except RuntimeError as error:
            raise BadInput(f"{path}: the run has another network: choose another folder, or remove the file") from error
        self.optimizer.load_state_dict(state["optimizer"])
        self.precision.load_state_dict(kept)
        return int(state["epoch"]) + 1


def save_model(recipe: Recipe, codes: Sequence[str], model: SedModel, path: Path) -> Path:
    torch.save({"recipe": recipe.model_dump(mode="json"), "codes": list(codes), "model": model.state_dict()}, path)
    return path


def load_checkpoint(path: Path) -> tuple[Recipe, tuple[str, ...], SedModel]:
    """Return recipe, output columns and the model, ready to score."""
    stored = _read(path, {"recipe", "codes", "model"})
    recipe = parse_recipe(stored["recipe"], path)
    model = make_model(recipe, len(stored["codes"]), pretrained=False)
    model.load_state_dict(stored["model"])
    return recipe, tuple(stored["codes"]), model.eval()


def load_backbone(model: SedModel, checkpoint: Path) -> None:
    """Take over a pretrained backbone; its head knew other taxa and stays behind."""
    stored = _read(checkpoint, {"recipe", "codes", "model"})["model"]
    prefix = "network.backbone."
    weights = {name.removeprefix(prefix): value for name, value in stored.items() if name.startswith(prefix)}
    try:
        model.network.backbone.load_state_dict(weights)
    except RuntimeError as error:
        raise BadInput(f"{checkpoint}: its backbone is of another kind than the recipe's") from error


def _read(path: Path, keys: set[str], device: torch.device | str = "cpu") -> dict[str, Any]:
    try:
        stored = torch.load(path, map_location=device, weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, LookupError, ValueError, AttributeError) as error:
        raise BadInput(f"{path}: is not a checkpoint that `train` wrote") from error
    if not isinstance(stored, dict) or not keys <= stored.keys():
        raise BadInput(f"{path}: lacks {', '.join(sorted(keys))}, which `train` writes to {FINISHED} and {LAST}")
    return stored
