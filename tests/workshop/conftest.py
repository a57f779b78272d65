"""A synthetic world, recipes so small that a network trains within seconds, and recordings with known events."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from models.workshop.data.manifest import Dataset, load_dataset
from models.workshop.recipe import Recipe
from models.workshop.recipe_files import load_recipe
from models.workshop.synthetic.world import WorldSize, make_world

RECIPES = Path(__file__).parents[2] / "models" / "workshop" / "recipes"
TINY = WorldSize(
    focal_most=4, focal_s=6.0, soundscapes=2, labeled_soundscapes=1, validation_soundscapes=1, test_soundscapes=1,
    soundscape_s=20.0,
)  # fmt: skip


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """Use one thread: on a busy machine several threads wait for each other and are slower."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny_manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_world(tmp_path_factory.mktemp("world"), seed=1, size=TINY)


@pytest.fixture(scope="session")
def tiny_world(tiny_manifest: Path) -> Dataset:
    return load_dataset(tiny_manifest)


@pytest.fixture(scope="session")
def tiny_recipes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the recipes of a CPU's size, two epochs of two steps each."""
    folder = tmp_path_factory.mktemp("recipes")
    for name in ("small.toml", "small_second.toml", "ablation.toml", "ablation_second.toml"):
        text = (RECIPES / name).read_text()
        for key, value in {"epochs": "2", "clips_per_epoch": "16", "batch": "8", "gammas": "[1.0, 1.5]"}.items():
            lines = [f"{key} = {value}" if line.split(" = ")[0] == key else line for line in text.splitlines()]
            text = "\n".join(lines)
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="session")
def tiny_recipe_file(tiny_recipes: Path) -> Path:
    return tiny_recipes / "small.toml"


@pytest.fixture(scope="session")
def tiny_recipe(tiny_recipe_file: Path) -> Recipe:
    return load_recipe(tiny_recipe_file)


@pytest.fixture
def labeled_recordings(tmp_path: Path) -> Path:
    """Return a folder with two recordings of 4 s: a wren and an unnamed song; a hummingbird's notes of 0.1 s."""
    for name in ("wren", "hermit", "weak"):
        soundfile.write(tmp_path / f"{name}.wav", np.zeros(4 * 16000), 16000)
    (tmp_path / "index.csv").write_text(
        "file,group,source,licence\nwren.wav,bird,here,CC0\nhermit.wav,bird,here,CC0\nweak.wav,bird,here,CC0\n"
    )
    (tmp_path / "strong_labels.csv").write_text(
        "file,onset_s,offset_s,label\nwren.wav,1,2,Wren\nwren.wav,1.5,3,SP\nwren.wav,3.5,3.8,Wren\n"
        "hermit.wav,1,1.1,Hermit\nhermit.wav,2,2.1,Hermit\n"
    )
    return tmp_path
