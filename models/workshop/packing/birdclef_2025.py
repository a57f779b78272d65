"""The two winning ensembles of BirdCLEF 2025, as packs: their members, front ends, weights and score rules.

With a user's checkpoints they are the real thing. With random weights they cost what the real thing costs, and test
what it needs: marked as random wherever a pack says what it is, and good for benchmarks and parity only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from dawn_chorus.domain.taxonomy import Taxon
from models.workshop.errors import BadInput
from models.workshop.networks.architecture import SedNetwork, make_model
from models.workshop.packing.export import example_images
from models.workshop.packing.pack import (
    FIRST_PLACE_SCORE,
    SECOND_PLACE_SCORE,
    PackIdentity,
    PackRules,
    Table,
    Trained,
    export_pack,
)
from models.workshop.training.recipe import Recipe, load_recipe

RECIPES = Path(__file__).parents[1] / "recipes"
CLASS_COUNTS = {"Aves": 146, "Amphibia": 34, "Mammalia": 9, "Insecta": 17}
"""The 206 taxa of BirdCLEF 2025; the specialist knows the 51 amphibians and insects."""
SPECIALTY = ("Amphibia", "Insecta")


@dataclass(frozen=True, slots=True)
class Winner:
    """An ensemble as its authors submitted it."""

    recipe: str
    backbones: tuple[str, ...]
    weights: tuple[float, ...]
    score: Table
    frame_s: float
    specialist: int | None = None
    """Which member knows amphibians and insects only."""


WINNERS = {
    "birdclef-2025-1st": Winner(
        "first_place",
        ("tf_efficientnet_b4", "tf_efficientnet_b3", "regnety_016", "regnety_016", "eca_nfnet_l0", "regnety_008",
         "tf_efficientnet_b0"),
        (0.133, 0.166, 0.133, 0.133, 0.166, 0.133, 0.133),
        FIRST_PLACE_SCORE,
        frame_s=0.5,
        specialist=6,
    ),
    "birdclef-2025-2nd": Winner(
        "second_place", ("eca_nfnet_l0", "tf_efficientnetv2_s"), (0.5, 0.5), SECOND_PLACE_SCORE, frame_s=0.5
    ),
}  # fmt: skip


def winner_named(name: str, n_members: int | None) -> Winner:
    """Raise BadInput for a name that nobody bears, or another number of members than the winner had."""
    if name not in WINNERS:
        raise BadInput(f"{name!r} is none of {', '.join(WINNERS)}")
    if n_members not in {None, len(WINNERS[name].backbones)}:
        raise BadInput(f"{name} has {len(WINNERS[name].backbones)} members, not {n_members}")
    return WINNERS[name]


def random_winner(name: str, seed: int, folder: Path) -> Path:
    """Write the pack with random weights, `NAME-random`; return the folder."""
    winner, taxa = winner_named(name, None), random_taxa()
    members = [random_member(winner, number, taxa, seed) for number in range(len(winner.backbones))]
    return export_pack(members, folder, taxa, random_identity(name, seed), PackRules(winner.score, {}, winner.frame_s))


def random_identity(name: str, seed: int) -> PackIdentity:
    attribution = f"RANDOM weights (seed {seed}): for benchmarks and parity tests, its scores mean nothing"
    return PackIdentity(f"{name}-random", version=f"0.0.{seed}", attribution=attribution)


def random_member(winner: Winner, number: int, taxa: Sequence[Taxon], seed: int) -> Trained:
    """Build one member with random weights that speak: its scores spread over the whole of [0, 1]."""
    classes = SPECIALTY if number == winner.specialist else ()
    codes = tuple(taxon.code for taxon in taxa if not classes or taxon.taxonomic_class in classes)
    recipe = member_recipe(winner, number)
    torch.manual_seed(seed * 100 + number)
    network = make_model(recipe, len(codes)).network.eval()
    spread_logits(network, example_images(recipe.model))
    return Trained(recipe, codes, network, winner.weights[number])


def member_recipe(winner: Winner, number: int) -> Recipe:
    recipe = load_recipe(RECIPES / f"{winner.recipe}.toml")
    changed = {"backbone": winner.backbones[number], "pretrained": False}
    return recipe.model_copy(update={"model": recipe.model.model_copy(update=changed)})


@torch.no_grad()
def spread_logits(network: SedNetwork, images: Tensor, deviation: float = 1.0) -> None:
    """Let a fresh network hear differences: its norms measured on the images, its logits of mean 0 and the deviation.

    With fresh weights and norms every sound gets nearly the same score, and nearly 0.5: any two pipelines would agree.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.train()
        norm.momentum = None  # the plain mean of what it sees
    network(images)
    for norm in norms:  # a channel that hardly moves would be blown up, and rounding with it, layer after layer
        norm.running_var.clamp_(min=float(norm.running_var.mean()) / 4)
    network.eval()
    logits = network(images).frame_logits
    means = logits.mean(dim=(0, 1))
    last = network.head.classify
    scale = deviation / (logits - means).std()
    last.weight.mul_(scale)
    last.bias.copy_((last.bias - means) * scale)


def random_taxa() -> tuple[Taxon, ...]:
    """Return 206 taxa that say what they are: stand-ins."""
    return tuple(
        Taxon(f"random-{name.lower()}-{number:03d}", f"Fictum {name.lower()} {number}", f"RANDOM {name} {number}", name)
        for name, count in CLASS_COUNTS.items()
        for number in range(1, count + 1)
    )
