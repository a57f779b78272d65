"""One synthetic world: its own voices, recordings and soundscapes, and what every line of a table is trained on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.workshop.data.manifest import Clip, Dataset, load_dataset
from models.workshop.recipe import Recipe
from models.workshop.recipe_files import load_recipe
from models.workshop.self_training.rounds import Round, SelfTraining
from models.workshop.synthetic.world import FOLD_TRAIN, WorldSize, make_world
from models.workshop.training.loop import TrainingSet


@dataclass(frozen=True, slots=True)
class World:
    """A world, and where its networks are kept."""

    number: int
    folder: Path
    recipes: Path
    dataset: Dataset

    @property
    def seed(self) -> int:
        """The first seed of its networks; a round adds its number, so that no two worlds share one."""
        return 10 * self.number

    @property
    def training_set(self) -> TrainingSet:
        return TrainingSet(self.dataset, self.dataset.choose(kind="focal", folds=[FOLD_TRAIN]))

    @property
    def soundscapes(self) -> Sequence[Clip]:
        return self.dataset.unlabeled([FOLD_TRAIN])

    def load_recipe(self, name: str, *overrides: str) -> Recipe:
        return load_recipe(self.recipes / f"{name}.toml", overrides)

    def train_rounds(self, recipe: Recipe, name: str, done: Sequence[Round] = ()) -> list[Round]:
        """Train all rounds of a recipe but for those that are `done`, in the folder `name`; return all generations."""
        return SelfTraining((recipe,), self.training_set, self.soundscapes, self.folder / name, self.seed).run(done)


def open_world(folder: Path, number: int, size: WorldSize, recipes: Path) -> World:
    """Return the world of this number, made in the folder unless it is there."""
    manifest = folder / "world" / "manifest.csv"
    if not manifest.exists():
        make_world(manifest.parent, seed=number, size=size)
    return World(number, folder, recipes, load_dataset(manifest))
