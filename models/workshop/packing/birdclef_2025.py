"""The two winning ensembles of BirdCLEF 2025, as packs: their members, front ends, weights and score rules.

`export --like` combines a user's checkpoints as the winners did. With random weights the packs cost as much to run as
the real ones and are for benchmarks and parity tests only: name, attribution and taxa of the pack are marked as random.
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
    Specialists,
    Table,
    Trained,
    export_pack,
)
from models.workshop.recipe import Recipe
from models.workshop.recipe_files import find_recipe

CLASS_COUNTS = {"Aves": 146, "Amphibia": 34, "Mammalia": 9, "Insecta": 17}
"""The 206 taxa of BirdCLEF 2025; the specialist scores the 51 amphibians and insects only."""


@dataclass(frozen=True, slots=True)
class Winner:
    """An ensemble as its authors submitted it."""

    recipes: tuple[str, ...]
    """Of the members, by name."""
    weights: tuple[float, ...]
    score: Table
    frame_s: float

    @property
    def members(self) -> tuple[Recipe, ...]:
        return tuple(find_recipe(name) for name in self.recipes)


WINNERS = {
    "birdclef-2025-1st": Winner(
        ("first_place_tf_efficientnet_b4", "first_place_tf_efficientnet_b3", "first_place_regnety_016",
         "first_place_regnety_016_2", "first_place_eca_nfnet_l0", "first_place_regnety_008", "first_place_specialist"),
        (0.133, 0.166, 0.133, 0.133, 0.166, 0.133, 0.133),
        FIRST_PLACE_SCORE,
        frame_s=0.5,
    ),
    "birdclef-2025-2nd": Winner(
        ("second_place_eca_nfnet_l0", "second_place_tf_efficientnetv2_s_in21k"), (0.5, 0.5), SECOND_PLACE_SCORE,
        frame_s=0.5,
    ),
}  # fmt: skip


def find_winner(name: str, n_members: int | None) -> Winner:
    """Return the winner with this name; raises BadInput for an unknown name or a wrong number of members."""
    if name not in WINNERS:
        raise BadInput(f"{name!r} is none of {', '.join(WINNERS)}")
    if n_members not in {None, len(WINNERS[name].recipes)}:
        raise BadInput(f"{name} has {len(WINNERS[name].recipes)} members, not {n_members}")
    return WINNERS[name]


def write_random_pack(name: str, seed: int, folder: Path, specialists: Specialists = "join") -> Path:
    """Write the winner's pack with random weights, `NAME-random`; return the folder."""
    winner, taxa = find_winner(name, None), random_taxa()
    members = [random_member(winner, number, taxa, seed) for number in range(len(winner.recipes))]
    rules = PackRules(winner.score, {}, winner.frame_s, specialists)
    return export_pack(members, folder, taxa, random_identity(name, seed), rules)


def random_identity(name: str, seed: int) -> PackIdentity:
    attribution = f"RANDOM weights (seed {seed}): for benchmarks and parity tests, its scores mean nothing"
    return PackIdentity(f"{name}-random", version=f"0.0.{seed}", attribution=attribution)


def random_member(winner: Winner, number: int, taxa: Sequence[Taxon], seed: int) -> Trained:
    """Build one member with random weights, scaled so that its scores spread over the whole of [0, 1]."""
    recipe = winner.members[number]
    classes = recipe.taxonomic_classes
    codes = tuple(taxon.code for taxon in taxa if not classes or taxon.taxonomic_class in classes)
    torch.manual_seed(seed * 100 + number)
    network = make_model(recipe, len(codes), pretrained=False).network.eval()
    spread_logits(network, example_images(recipe.model))
    return Trained(recipe, codes, network, winner.weights[number])


@torch.no_grad()
def spread_logits(network: SedNetwork, images: Tensor, deviation: float = 1.0) -> None:
    """Scale a random network so that its logits on the images have mean 0 and the given deviation.

    Batch norms take their statistics from the images. Without this, every sound would score nearly 0.5, and any two
    pipelines would agree.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.train()
        norm.momentum = None  # a plain mean instead of a moving average
    network(images)
    for norm in norms:  # dividing by a tiny variance would amplify the channel's rounding errors, layer after layer
        norm.running_var.clamp_(min=float(norm.running_var.mean()) / 4)
    network.eval()
    logits = network(images).frame_logits
    means = logits.mean(dim=(0, 1))
    last = network.head.classify
    scale = deviation / (logits - means).std()
    last.weight.mul_(scale)
    last.bias.copy_((last.bias - means) * scale)


def random_taxa() -> tuple[Taxon, ...]:
    """Return 206 placeholder taxa, named as such."""
    return tuple(
        Taxon(f"random-{name.lower()}-{number:03d}", f"Fictum {name.lower()} {number}", f"RANDOM {name} {number}", name)
        for name, count in CLASS_COUNTS.items()
        for number in range(1, count + 1)
    )
