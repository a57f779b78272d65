"""The lines of the tables. Every network of a world is trained for as many steps, by one recipe a table."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.workshop.packing.pack import FIRST_PLACE_SCORE, SECOND_PLACE_SCORE, Table
from models.workshop.recipe import Recipe
from models.workshop.self_training.rounds import Round
from models.workshop.studies.ablation.references import train_control, train_oracle, train_second_baseline
from models.workshop.studies.ablation.world import World

SHIFTS_ONLY: Table = {key: value for key, value in FIRST_PLACE_SCORE.items() if key != "smoothing"}
BASELINE, CONTROL, ORACLE = "baseline: true labels only", "control: soundscapes without labels", "oracle: true labels"
TWO_BASELINES, BASELINE_AND_ROUND_1 = "ensemble of two baselines", "ensemble of baseline and round 1"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: an ensemble of checkpoints with a score rule."""

    table: str
    name: str
    checkpoints: tuple[Path, ...]
    score: Table | None = None


def make_lines(world: World) -> Iterator[Line]:
    """Yield the lines of all tables, each as soon as its networks are trained."""
    yield from first_place(world)
    yield from binary_cross_entropy(world)
    yield from second_place(world)


def first_place(world: World) -> Iterator[Line]:
    """Yield the lines of the first place's own loss, and of ensembles of their networks."""
    table, recipe = "First place", world.load_recipe("ablation")
    rounds = yield from _first_rounds(world, table, recipe, "first")
    second = train_second_baseline(world, recipe, "first/second-baseline")
    yield Line(table, TWO_BASELINES, (*_checkpoints(rounds[:1]), second))
    yield Line(table, BASELINE_AND_ROUND_1, _checkpoints(rounds[:2]))
    everyone = _checkpoints(rounds)
    yield Line(table, "ensemble of baseline and both rounds, with power", everyone)
    yield Line(table, "the same with shifts of ±2.5 s", everyone, SHIFTS_ONLY)
    yield Line(table, "the same with shifts and smoothing", everyone, FIRST_PLACE_SCORE)


def binary_cross_entropy(world: World) -> Iterator[Line]:
    """Yield the lines of the first place's recipe with the loss of small.toml."""
    recipe = world.load_recipe("ablation", "loss=bce_sed")
    yield from _first_rounds(world, "First place, binary cross-entropy", recipe, "binary")


def second_place(world: World) -> Iterator[Line]:
    """Yield baseline, control, oracle, rounds of hard pseudo-labels, and shifts."""
    table, recipe = "Second place", world.load_recipe("ablation_second")
    baseline = yield from _references(world, table, recipe, "second")
    rounds = world.train_rounds(recipe, "second/rounds", baseline)
    yield from (Line(table, f"round {made.number}", _checkpoints([made])) for made in rounds[1:])
    yield Line(table, "the same with shifts of ±2.5 s", _checkpoints(rounds[-1:]), SECOND_PLACE_SCORE)


def _first_rounds(world: World, table: str, recipe: Recipe, folder: str) -> Generator[Line, None, list[Round]]:
    """Yield baseline, control, oracle, and rounds without and with power; return the latter."""
    baseline = yield from _references(world, table, recipe, folder)
    plain = world.train_rounds(_with_gammas(recipe, (1.0,) * len(recipe.pseudo.gammas)), f"{folder}/plain", baseline)
    yield Line(table, "round 1", _checkpoints(plain[1:2]))
    yield from (Line(table, f"round {made.number}, plain labels", _checkpoints([made])) for made in plain[2:])
    powered = world.train_rounds(recipe, f"{folder}/powered", plain[:2])
    yield from (Line(table, f"round {made.number}, with power", _checkpoints([made])) for made in powered[2:])
    return powered


def _references(world: World, table: str, recipe: Recipe, folder: str) -> Generator[Line, None, list[Round]]:
    """Yield baseline, control and oracle; return the baseline as round 0."""
    baseline = world.train_rounds(_with_gammas(recipe, ()), f"{folder}/baseline")
    yield Line(table, BASELINE, _checkpoints(baseline))
    yield Line(table, CONTROL, (train_control(world, recipe, f"{folder}/control"),))
    yield Line(table, ORACLE, (train_oracle(world, recipe, f"{folder}/oracle"),))
    return baseline


def _with_gammas(recipe: Recipe, gammas: tuple[float, ...]) -> Recipe:
    return recipe.model_copy(update={"pseudo": recipe.pseudo.model_copy(update={"gammas": gammas})})


def _checkpoints(rounds: Sequence[Round]) -> tuple[Path, ...]:
    return tuple(network.checkpoint for made in rounds for network in made.networks)
