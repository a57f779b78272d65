"""Measures the gain of each trick of both winners' recipes in the synthetic world, where the truth is known.

Finished steps are kept in the work folder; a killed run resumes from there.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from models.workshop.data.manifest import Clip, Dataset, load_dataset
from models.workshop.evaluation.held_out import evaluate, tune_rule
from models.workshop.evaluation.pack_scores import score_clips
from models.workshop.packing.pack import (
    FIRST_PLACE_SCORE,
    SECOND_PLACE_SCORE,
    PackIdentity,
    PackRules,
    Table,
    Trained,
    export_pack,
    load_trained,
)
from models.workshop.recipe import Recipe
from models.workshop.recipe_files import load_recipe
from models.workshop.self_training.rounds import Round, SelfTraining
from models.workshop.synthetic.world import FOLD_TEST, FOLD_TRAIN, FOLD_VALIDATE, WorldSize, make_world
from models.workshop.training.loop import TrainingSet

RECIPES = Path(__file__).parents[1] / "recipes"
WORLD = WorldSize(focal_most=30, soundscapes=40, validation_soundscapes=6, test_soundscapes=12)
SHIFTS_ONLY: Table = {key: value for key, value in FIRST_PLACE_SCORE.items() if key != "smoothing"}
MEASURES = ("macro_auroc", "cmap", "event_f1", "psds")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the table: an ensemble of checkpoints with a score rule."""

    name: str
    checkpoints: tuple[Path, ...]
    score: Table | None = None


def run_ablation(work_dir: Path, seeds: Sequence[int]) -> str:
    """Run both recipes for all seeds; return the Markdown table, which is written to ablation.md after every seed."""
    results: list[list[dict[str, object]]] = []
    for seed in seeds:
        results.append(list(run_seed(work_dir / f"seed-{seed}", seed)))
        (work_dir / "ablation.md").write_text(draw_table(results), encoding="utf-8")
    return draw_table(results)


def run_seed(work_dir: Path, seed: int) -> Iterator[dict[str, object]]:
    """Run both recipes with one seed; yield a row of measures for each step."""
    manifest = work_dir / "world" / "manifest.csv"
    if not manifest.exists():
        make_world(manifest.parent, seed=seed, size=WORLD)
    dataset = load_dataset(manifest)
    training_set = TrainingSet(dataset, dataset.choose(kind="focal", folds=[FOLD_TRAIN]))
    unlabeled = dataset.unlabeled([FOLD_TRAIN])
    for train_steps in (first_place, second_place):
        for step in train_steps(training_set, unlabeled, work_dir, seed):
            yield measure_step(step, dataset, work_dir)


def first_place(training_set: TrainingSet, unlabeled: Sequence[Clip], work_dir: Path, seed: int) -> Iterator[Step]:
    """Yield baseline, rounds with and without power, longer training, ensemble, specialist, test-time augmentation."""
    recipe = load_recipe(RECIPES / "small.toml")
    powered = SelfTraining((recipe,), training_set, unlabeled, work_dir / "powered", seed=seed).run()
    plain = _with_gammas(recipe, (1.0,) * len(recipe.pseudo.gammas))
    unpowered = SelfTraining((plain,), training_set, unlabeled, work_dir / "plain", seed=seed).run(powered[:2])
    names = ["1st: baseline, true labels only", "1st: + pseudo-labels, round 1"]
    names += [f"1st: round {number}, with power" for number in range(2, len(powered))]
    yield from (Step(name, _checkpoints(made)) for name, made in zip(names, powered, strict=True))
    for made in unpowered[2:]:
        yield Step(f"1st: round {made.number}, without power", _checkpoints(made))
    longer = SelfTraining((_twice_as_long(recipe),), training_set, unlabeled, work_dir / "longer", seed=seed).run()
    for name, made in zip(names[:2], longer, strict=True):
        yield Step(f"{name}, trained twice as long", _checkpoints(made))
    yield from _ensembles(recipe, training_set, unlabeled, work_dir, seed, powered)


def _ensembles(
    recipe: Recipe,
    training_set: TrainingSet,
    unlabeled: Sequence[Clip],
    work_dir: Path,
    seed: int,
    powered: Sequence[Round],
) -> Iterator[Step]:
    other = recipe.model_copy(update={"model": recipe.model.model_copy(update={"backbone": "lcnet_050"})})
    siblings = SelfTraining((other,), training_set, unlabeled, work_dir / "sibling", seed=seed + 50)
    sibling = siblings.run(powered[:-1])[-1]
    frogs_and_insects = _with_gammas(recipe, ()).model_copy(update={"taxonomic_classes": ("Amphibia", "Insecta")})
    specialists = SelfTraining((frogs_and_insects,), training_set, (), work_dir / "specialist", seed=seed + 60)
    three = tuple(path for made in (powered[-2], powered[-1], sibling) for path in _checkpoints(made))
    yield Step("1st: ensemble of three", three)
    four = (*three, *_checkpoints(specialists.run()[-1]))
    yield Step("1st: + specialist for frogs and insects", four)
    yield Step("1st: + shifts of ±2.5 s", four, SHIFTS_ONLY)
    yield Step("1st: + smoothing over windows", four, FIRST_PLACE_SCORE)


def second_place(training_set: TrainingSet, unlabeled: Sequence[Clip], work_dir: Path, seed: int) -> Iterator[Step]:
    """Yield baseline, two rounds of hard pseudo-labels, and test-time augmentation."""
    recipe = load_recipe(RECIPES / "small_second.toml")
    generations = SelfTraining((recipe,), training_set, unlabeled, work_dir / "second", seed=seed).run()
    yield Step("2nd: baseline, true labels only", _checkpoints(generations[0]))
    for made in generations[1:]:
        yield Step(f"2nd: hard pseudo-labels, round {made.number}", _checkpoints(made))
    yield Step("2nd: + shifts of ±2.5 s", _checkpoints(generations[-1]), SECOND_PLACE_SCORE)


def _checkpoints(made: Round) -> tuple[Path, ...]:
    return tuple(network.checkpoint for network in made.networks)


def measure_step(step: Step, dataset: Dataset, work_dir: Path) -> dict[str, object]:
    """Measure on test soundscapes, with event rules chosen on validation ones; the result is kept as measures.json."""
    folder = work_dir / "steps" / "".join(letter if letter.isalnum() else "-" for letter in step.name)
    measures = folder / "measures.json"
    if not measures.exists():
        members: list[Trained] = [load_trained(checkpoint) for checkpoint in step.checkpoints]
        rules = PackRules(step.score or {"shifts_s": [0.0]}, frame_s=0.25)
        ensemble = open_ensemble(
            export_pack(members, folder, dataset.taxa, PackIdentity("ablation"), rules), SessionOptions()
        )
        held_out = [dataset.choose(kind="soundscape", folds=[fold]) for fold in (FOLD_VALIDATE, FOLD_TEST)]
        rule = tune_rule(ensemble, dataset, list(score_clips(ensemble, dataset.folder, held_out[0])))
        measures.write_text(json.dumps(asdict(evaluate(ensemble, dataset, held_out[1], rule))))
    return {"name": step.name} | json.loads(measures.read_text())


def draw_table(results: Sequence[Sequence[dict[str, object]]]) -> str:
    """Return a Markdown table of means over the seeds ± standard deviation."""
    lines = ["| | macro ROC-AUC | cmAP | event F1 | PSDS |", "| --- | --- | --- | --- | --- |"]
    for rows in zip(*results, strict=True):
        cells = [_mean_and_spread([float(str(row[measure])) for row in rows]) for measure in MEASURES]
        lines.append(f"| {rows[0]['name']} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _mean_and_spread(values: Sequence[float]) -> str:
    mean = f"{np.mean(values):.3f}"
    return mean if len(values) == 1 else f"{mean} ± {np.std(values, ddof=1):.3f}"


def _twice_as_long(recipe: Recipe) -> Recipe:
    """Return the recipe for a teacher and one student with twice the epochs, to rule out too short a training."""
    optimizer = recipe.optimizer.model_copy(update={"epochs": 2 * recipe.optimizer.epochs})
    pseudo = recipe.pseudo.model_copy(update={"epochs": 2 * recipe.pseudo.epochs, "gammas": recipe.pseudo.gammas[:1]})
    return recipe.model_copy(update={"optimizer": optimizer, "pseudo": pseudo})


def _with_gammas(recipe: Recipe, gammas: tuple[float, ...]) -> Recipe:
    return recipe.model_copy(update={"pseudo": recipe.pseudo.model_copy(update={"gammas": gammas})})
