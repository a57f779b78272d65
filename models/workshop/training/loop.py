"""The training loop: any recipe, CPU or CUDA, resumable after a kill."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.fabric import Fabric
from rich import progress as bars
from torch import Tensor, nn

from models.workshop.data.manifest import Clip, Dataset
from models.workshop.errors import BadInput
from models.workshop.networks.architecture import SedModel, check_hop, count_frames, make_model
from models.workshop.recipe import Recipe
from models.workshop.training.augmentation import mask_image
from models.workshop.training.checkpoints import FINISHED, LAST, Progress, load_backbone, save_model
from models.workshop.training.curves import draw_curves
from models.workshop.training.examples import Examples, plan_epoch
from models.workshop.training.losses import LOSSES
from models.workshop.training.pseudo_pool import PseudoPool
from models.workshop.training.schedules import build_optimizer, cosine
from models.workshop.training.validation import validate_windows


@dataclass(frozen=True)
class TrainingSet:
    """The data of one training run."""

    dataset: Dataset
    clips: Sequence[Clip]
    validation: Sequence[Clip] = ()
    pseudo: PseudoPool | None = None


def train(
    recipe: Recipe, training_set: TrainingSet, out_dir: Path, *, seed: int | None = None, init_from: Path | None = None
) -> Path:
    """Train a network, or resume a killed run; return the checkpoint's path (`model.pt`).

    Writes metrics.csv and curves.png beside it. `init_from` loads the backbone (not the head) of another checkpoint.
    Raises BadInput if that checkpoint has a different backbone.
    """
    seed = recipe.seed if seed is None else seed
    out_dir.mkdir(parents=True, exist_ok=True)
    codes = chosen_codes(recipe, training_set.dataset)
    torch.manual_seed(seed)
    # The backbone's weights come from `init_from`, so timm's need not be downloaded.
    pretrained = recipe.model.pretrained and init_from is None
    model = make_model(recipe, len(codes), with_pseudo=training_set.pseudo is not None, pretrained=pretrained)
    check_hop(recipe.model, count_frames(model.network, recipe.model.mel))
    if init_from is not None:
        load_backbone(model, init_from)
    fabric = open_fabric(recipe.optimizer.precision)
    optimizer = build_optimizer(
        recipe.optimizer.name, model.parameters(), lr=recipe.optimizer.lr, weight_decay=recipe.optimizer.weight_decay
    )
    model.front_end.to(fabric.device)
    model.network.to(memory_format=torch.channels_last)  # convolutions are a third faster, on a CPU as on CUDA
    wrapped, optimizer = fabric.setup(model.network, optimizer)
    _TrainingRun(recipe, training_set, codes, seed, fabric, model, wrapped, optimizer, out_dir).run()
    draw_curves(out_dir / "metrics.csv", out_dir / "curves.png")
    return save_model(recipe, codes, model, out_dir / FINISHED)


def open_fabric(precision: str) -> Fabric:
    """Choose the device: CUDA, with half precision unless the recipe wants `float32`, else the CPU with full."""
    half = torch.cuda.is_available() and precision == "auto"
    return Fabric(accelerator="auto", devices=1, precision="16-mixed" if half else "32-true")


def chosen_codes(recipe: Recipe, dataset: Dataset) -> tuple[str, ...]:
    """Return the output columns: all taxa, or those of the recipe's taxonomic classes (a specialist).

    Raises BadInput if there are none, or one that a cross-entropy over taxa has nothing to compare with.
    """
    wanted = recipe.taxonomic_classes
    codes = tuple(taxon.code for taxon in dataset.taxa if not wanted or taxon.taxonomic_class in wanted)
    if not codes:
        known = ", ".join(sorted({taxon.taxonomic_class for taxon in dataset.taxa}))
        raise BadInput(f"taxonomic_classes: taxa.csv has none of {', '.join(wanted)}; it has {known}")
    if len(codes) == 1 and recipe.loss == "first_place":
        raise BadInput(f'loss: "first_place" compares taxa, and there is only {codes[0]}: set loss to "bce_sed"')
    return codes


@dataclass
class _TrainingRun:
    recipe: Recipe
    training_set: TrainingSet
    codes: Sequence[str]
    seed: int
    fabric: Fabric
    model: SedModel
    wrapped: nn.Module
    optimizer: torch.optim.Optimizer
    out_dir: Path

    @property
    def epochs(self) -> int:
        return self.recipe.count_epochs(with_pseudo=self.training_set.pseudo is not None)

    def run(self) -> None:
        first = self._resume()
        columns = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.MofNCompleteColumn())
        with bars.Progress(*columns, bars.TimeRemainingColumn(), transient=True) as progress:
            bar = progress.add_task(self.out_dir.name, total=self.epochs, completed=first)
            for epoch in range(first, self.epochs):
                row = {"epoch": epoch, "loss": self._learn_epoch(epoch)}
                row |= validate_windows(
                    self.model, self.recipe, self.training_set.dataset, self.training_set.validation, self.codes
                )
                self._save_epoch(epoch, row)
                progress.update(bar, advance=1, description=f"{self.out_dir.name} loss {row['loss']:.3f}")

    def _learn_epoch(self, epoch: int) -> float:
        examples = plan_epoch(
            self.recipe, self.training_set.dataset, self.training_set.clips, self.codes, self.training_set.pseudo,
            seed=self.seed, epoch=epoch, n_frames=count_frames(self.model.network, self.recipe.model.mel),
        )  # fmt: skip
        loader = self._loader(examples)
        rng = np.random.default_rng((self.seed, epoch, 1))
        torch.manual_seed(self.seed * 1000 + epoch)
        self.model.train()
        losses = [
            self._step(waveforms, targets, epoch * len(loader) + number, len(loader), rng)
            for number, (waveforms, targets) in enumerate(loader)
        ]
        return float(np.mean(losses))

    def _loader(self, examples: Examples) -> Any:
        cuda = torch.cuda.is_available()
        loader = torch.utils.data.DataLoader(
            examples, batch_size=self.recipe.optimizer.batch, num_workers=8 if cuda else 0, pin_memory=cuda
        )
        return self.fabric.setup_dataloaders(loader)

    def _step(self, waveforms: Tensor, targets: Tensor, step: int, per_epoch: int, rng: np.random.Generator) -> float:
        rules = self.recipe.optimizer
        period = (rules.restart_epochs or self.epochs) * per_epoch
        for group in self.optimizer.param_groups:
            group["lr"] = cosine(step, period=period, high=rules.lr, low=rules.lr_min)
        images = self.model.front_end(waveforms).clone()
        images = mask_image(images, self.recipe.augment, rng)
        loss = LOSSES[self.recipe.loss](self.wrapped(images), targets)
        self.optimizer.zero_grad(set_to_none=True)
        self.fabric.backward(loss)
        if rules.clip_gradient is not None:
            self.fabric.clip_gradients(self.wrapped, self.optimizer, max_norm=rules.clip_gradient)
        self.optimizer.step()
        return float(loss.detach())

    def _save_epoch(self, epoch: int, row: dict[str, float]) -> None:
        """Write the metrics row, then the progress; a kill between the two repeats one epoch at most."""
        path = self.out_dir / "metrics.csv"
        rows = [old for old in _read_rows(path) if int(old["epoch"]) < epoch] + [row]
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(row))
            writer.writeheader()
            writer.writerows(rows)
        self._progress.save(epoch, self.out_dir / LAST)

    def _resume(self) -> int:
        path = self.out_dir / LAST
        return self._progress.load(path, self.fabric.device) if path.exists() else 0

    @property
    def _progress(self) -> Progress:
        return Progress(self.model, self.optimizer, self.fabric.strategy.precision, self.codes)


def _read_rows(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
