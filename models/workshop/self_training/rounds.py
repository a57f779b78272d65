"""Noisy student training: teacher → pseudo-labels → student, repeated for several rounds.

In each round every recipe trains a new network on true labels, mixed (or swapped) with pseudo-labels. These come of the
ensemble of all networks so far. Finished networks and label sets are kept on disk; a killed run resumes from there.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from dawn_chorus.inference.packs.names import MOST_PACK_NAME, PACK_NAME
from models.workshop.data.manifest import Clip
from models.workshop.errors import BadInput
from models.workshop.packing.pack import PackIdentity, export_pack, load_trained
from models.workshop.recipe import Recipe
from models.workshop.self_training.teacher import predict_soundscapes
from models.workshop.training.loop import TrainingSet, chosen_codes, train
from models.workshop.training.pseudo_labels import PseudoLabels, load_labels, refine, save_labels
from models.workshop.training.pseudo_pool import PseudoPool


@dataclass(frozen=True, slots=True)
class Network:
    """A trained network."""

    checkpoint: Path
    learned_from: frozenset[str] = frozenset()
    """Soundscapes that it may not label since it learned from their labels; empty unless labels are out of fold."""


@dataclass(frozen=True, slots=True)
class Round:
    """One generation of networks; round 0 learned from true labels only."""

    number: int
    networks: tuple[Network, ...]
    pack: Path
    """Its networks as an ensemble."""


@dataclass(frozen=True)
class SelfTraining:
    """Recipes that learn together, what they learn from, and where their networks are kept."""

    recipes: Sequence[Recipe]
    training_set: TrainingSet
    soundscapes: Sequence[Clip]
    out_dir: Path
    seed: int | None = None
    """None: each recipe's own."""
    init_from: Path | None = None
    """A checkpoint from whose backbone every network starts."""

    def run(self, done: Sequence[Round] = ()) -> list[Round]:
        """Train all rounds that the recipes have, but for those that are `done`; return all generations.

        Raises BadInput, before it trains, if a recipe cannot be trained in rounds.
        """
        self._check()
        rounds = list(done)
        for number in range(len(rounds), 1 + max(len(recipe.pseudo.gammas) for recipe in self.recipes)):
            networks = [
                network
                for recipe in self.recipes
                if number <= len(recipe.pseudo.gammas)
                for network in self._train(recipe, rounds)
            ]
            pack = self._export(networks, self.out_dir / f"round-{number}" / "pack")
            rounds.append(Round(number, tuple(networks), pack))
        return rounds

    def _check(self) -> None:
        for recipe in self.recipes:
            if len(recipe.name) > MOST_PACK_NAME or not re.fullmatch(PACK_NAME, recipe.name):
                raise BadInput(f"name: {recipe.name!r} names packs: use letters, digits, points, dashes, underscores")
            if recipe.data.frame_labels and recipe.pseudo.gammas:
                raise BadInput("pseudo.gammas: pseudo-labels have no onsets for data.frame_labels: set it to []")
            if (parts := recipe.pseudo.out_of_fold) > len(self.soundscapes) > 0:
                n = len(self.soundscapes)
                raise BadInput(f"pseudo.out_of_fold: {n} soundscapes cannot be cut into {parts} parts")

    def _train(self, recipe: Recipe, rounds: Sequence[Round]) -> list[Network]:
        """Train a recipe's networks of the next round: one, or one for each part of the soundscapes that it leaves out.

        The networks of a recipe's last round label nothing for itself: there is one, and it learns from all parts.
        """
        number, rules = len(rounds), recipe.pseudo
        folder = self.out_dir / f"round-{number}" / (recipe.name if len(self.recipes) > 1 else "")
        if number == 0:
            return [Network(self._train_one(recipe, None, folder, 0))]
        sets = [self.label(rounds[:n]) for n in (range(1, number + 1) if rules.pool else [number])]
        codes = chosen_codes(recipe, self.training_set.dataset)
        sets = [
            refine(replace(labels.columns_of(codes), window_s=recipe.model.window_s), rules, number - len(sets) + n)
            for n, labels in enumerate(sets)
        ]
        paths = [clip.path for clip in self.soundscapes]
        if not rules.out_of_fold or number == len(rules.gammas):
            learned_from = frozenset(paths if rules.out_of_fold else ())
            return [Network(self._train_one(recipe, PseudoPool(sets), folder, number), learned_from)]
        networks = []
        for part in range(rules.out_of_fold):
            kept = frozenset(paths) - frozenset(paths[part :: rules.out_of_fold])
            pool = PseudoPool([labels.without(paths[part :: rules.out_of_fold]) for labels in sets])
            networks.append(Network(self._train_one(recipe, pool, folder / f"without-part-{part}", number), kept))
        return networks

    def _train_one(self, recipe: Recipe, pseudo: PseudoPool | None, folder: Path, number: int) -> Path:
        checkpoint = folder / "model.pt"
        if not checkpoint.exists():
            if pseudo is not None and pseudo.is_empty and recipe.pseudo.style == "swap":  # a mixture would be refused
                found = "no pseudo-label passes pseudo.keep_above"
                Console(stderr=True).print(f"Round {number} of {recipe.name} learns from clips alone: {found}.")
            first = recipe.seed if self.seed is None else self.seed + recipe.seed
            training_set = replace(self.training_set, pseudo=pseudo)
            train(recipe, training_set, folder, seed=first + number, init_from=self.init_from)
        return checkpoint

    def label(self, rounds: Sequence[Round]) -> PseudoLabels:
        """Return the soundscapes' labels by the ensemble of all networks of these rounds.

        A soundscape is labeled by those that did not learn from it. Computed once, and read from the file later.
        """
        path = self.out_dir / f"labels-{len(rounds)}.npz"
        if not path.exists():
            save_labels(self._predict([network for made in rounds for network in made.networks], len(rounds)), path)
        return load_labels(path)

    def _predict(self, networks: Sequence[Network], number: int) -> PseudoLabels:
        clips_of: dict[tuple[Network, ...], list[Clip]] = defaultdict(list)
        for clip in self.soundscapes:
            clips_of[tuple(network for network in networks if clip.path not in network.learned_from)].append(clip)
        parts = []
        for part, (teachers, clips) in enumerate(clips_of.items()):
            pack = self._export(teachers, self.out_dir / f"teacher-{number}" / (f"part-{part}" * (len(clips_of) > 1)))
            ensemble = open_ensemble(pack, SessionOptions())
            parts.append(predict_soundscapes(ensemble, self.training_set.dataset.folder, clips))
        probs = {path: probs for labels in parts for path, probs in labels.probs.items()}
        return replace(parts[0], probs=probs)

    def _export(self, networks: Sequence[Network], folder: Path) -> Path:
        """Export networks as a pack with all taxa that any of them knows, unless it is there."""
        if not (folder / "golden.npz").exists():
            members = [load_trained(network.checkpoint) for network in networks]
            known = {code for member in members for code in member.codes}
            taxa = [taxon for taxon in self.training_set.dataset.taxa if taxon.code in known]
            export_pack(members, folder, taxa, PackIdentity(self.recipes[0].name))
        return folder
