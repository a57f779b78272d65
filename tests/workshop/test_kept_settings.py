"""A folder with networks of a run is not taken for that of another run."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from models.workshop.errors import BadInput
from models.workshop.recipe import Recipe
from models.workshop.recipe_files import RECIPES, load_recipe
from models.workshop.training.kept_settings import NAME, keep_settings

SMALL, SECOND = RECIPES / "small.toml", RECIPES / "small_second.toml"
Keep = Callable[..., None]


@pytest.fixture
def keep(tmp_path: Path) -> Keep:
    """Return a function that starts a run in one folder, and leaves a network there."""
    (tmp_path / "manifest.csv").write_text("path,labels")

    def start(*overrides: str, path: Path = SMALL, others: tuple[Recipe, ...] = (), seed: int | None = None) -> None:
        recipes = (load_recipe(path, overrides), *others)
        keep_settings(
            tmp_path / "run", recipes, {"--seed": seed}, {"manifest": tmp_path / "manifest.csv", "--from": None}
        )
        (tmp_path / "run" / "round-0").mkdir(exist_ok=True)
        (tmp_path / "run" / "round-0" / "last.pt").touch()

    return start


def test_the_same_run_is_resumed_and_another_is_refused(keep: Keep, tmp_path: Path) -> None:
    keep()
    keep()
    with pytest.raises(BadInput, match=r"another recipes.small.optimizer.lr \(0.002, now 0.5\): choose another folder"):
        keep("optimizer.lr=0.5")
    with pytest.raises(BadInput, match=r"another --seed \(null, now 3\)"):
        keep(seed=3)
    with pytest.raises(BadInput, match=r"another recipes.small-second: choose"):
        keep(others=(load_recipe(SECOND),))
    (tmp_path / "manifest.csv").write_text("path,labels\na.wav,robin")
    with pytest.raises(BadInput, match="another manifest: choose"):
        keep()


def test_a_round_may_be_added_but_none_changed(keep: Keep) -> None:
    for gammas in ("[]", "[1.0]", "[1.0, 1.5]"):
        keep(f"pseudo.gammas={gammas}")
    for gammas in ("[1.0]", "[1.0, 2.0]", "[2.0, 1.5]"):
        with pytest.raises(BadInput, match=r"another recipes.small.pseudo.gammas"):
            keep(f"pseudo.gammas={gammas}")


def test_out_of_fold_no_round_is_added_since_the_last_one_would_be_another(keep: Keep) -> None:
    keep("pseudo.gammas=[1.0]", path=SECOND)
    with pytest.raises(BadInput, match=r"pseudo.gammas"):
        keep("pseudo.gammas=[1.0, 1.0]", path=SECOND)


def test_a_folder_without_networks_is_free(keep: Keep, tmp_path: Path) -> None:
    keep()
    (tmp_path / "run" / "round-0" / "last.pt").unlink()
    keep("optimizer.lr=0.5")


def test_networks_of_unknown_settings_are_left_alone(keep: Keep, tmp_path: Path) -> None:
    keep()
    (tmp_path / "run" / NAME).unlink()
    keep("optimizer.lr=0.5")
    assert not (tmp_path / "run" / NAME).exists()


def test_a_key_that_recipes_did_not_have_yet_had_its_default(keep: Keep, tmp_path: Path) -> None:
    keep()
    path = tmp_path / "run" / NAME
    settings = json.loads(path.read_text())
    del settings["recipes"]["small"]["pseudo"]["zero_below"]
    path.write_text(json.dumps(settings))
    with pytest.raises(BadInput, match=r"another recipes.small.pseudo.zero_below \(0.0, now 0.1\)"):
        keep("pseudo.zero_below=0.1")
    keep()


@pytest.mark.parametrize("text", ["[1", "{}", '{"recipes": [1]}'])
def test_a_file_that_holds_no_settings_is_named(text: str, keep: Keep, tmp_path: Path) -> None:
    keep()
    (tmp_path / "run" / NAME).write_text(text)
    with pytest.raises(BadInput, match=rf"{NAME}: is not what this command writes"):
        keep()
