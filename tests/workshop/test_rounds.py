"""Who teaches whom: ensembles of all networks so far, pooled label sets, labels out of fold."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from models.workshop.data.manifest import Dataset
from models.workshop.errors import BadInput
from models.workshop.recipe import Recipe
from models.workshop.recipe_files import load_recipe
from models.workshop.self_training.rounds import Network, Round, SelfTraining
from models.workshop.self_training.teacher import predict_soundscapes
from models.workshop.training.loop import TrainingSet
from models.workshop.training.pseudo_labels import PseudoLabels, load_labels
from models.workshop.training.pseudo_pool import PseudoPool

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def training_set(tiny_world: Dataset) -> TrainingSet:
    return TrainingSet(tiny_world, tiny_world.choose(kind="focal"))


@pytest.fixture(scope="module")
def out_of_fold(
    tiny_recipes: Path, training_set: TrainingSet, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Round]]:
    changed = ["pseudo.out_of_fold=2", "pseudo.pool=true", "pseudo.share=1.0"]
    recipe = load_recipe(tiny_recipes / "small.toml", changed)
    out = tmp_path_factory.mktemp("out-of-fold")
    return out, SelfTraining((recipe,), training_set, training_set.dataset.unlabeled(), out, seed=1).run()


def members_of(pack: Path) -> int:
    return len(open_ensemble(pack, SessionOptions()).members)


def test_each_rounds_teacher_is_the_ensemble_of_all_networks_so_far(
    tiny_recipes: Path, training_set: TrainingSet, tmp_path: Path
) -> None:
    first = load_recipe(tiny_recipes / "small.toml")
    brief = load_recipe(tiny_recipes / "small.toml", ["name=brief", "model.backbone=lcnet_050", "pseudo.gammas=[1.0]"])
    soundscapes = training_set.dataset.unlabeled()
    rounds = SelfTraining((first, brief), training_set, soundscapes, tmp_path, seed=1).run()
    assert [len(made.networks) for made in rounds] == [2, 2, 1]
    assert [members_of(made.pack) for made in rounds] == [2, 2, 1]
    assert [members_of(tmp_path / f"teacher-{number}") for number in (1, 2)] == [2, 4]
    again = SelfTraining((first, brief), training_set, soundscapes, tmp_path, seed=1).run()
    assert again == rounds


def test_a_round_but_the_last_trains_a_network_without_each_part(out_of_fold: tuple[Path, list[Round]]) -> None:
    _, rounds = out_of_fold
    assert [[sorted(network.learned_from) for network in made.networks] for made in rounds] == [
        [[]],
        [["audio/unlabeled-001.flac"], ["audio/unlabeled-000.flac"]],
        [["audio/unlabeled-000.flac", "audio/unlabeled-001.flac"]],
    ]


def test_a_soundscape_is_labeled_by_networks_that_did_not_learn_from_it(
    out_of_fold: tuple[Path, list[Round]], training_set: TrainingSet
) -> None:
    out, _ = out_of_fold
    labels, dataset = load_labels(out / "labels-2.npz"), training_set.dataset
    for part, other in ((0, 1), (1, 0)):
        pack = out / "teacher-2" / f"part-{part}"
        assert members_of(pack) == 2
        clips = [clip for clip in dataset.unlabeled() if clip.path == f"audio/unlabeled-00{part}.flac"]
        for who, same in ((part, True), (other, False)):
            teacher = open_ensemble(out / "teacher-2" / f"part-{who}", SessionOptions())
            expected = predict_soundscapes(teacher, dataset.folder, clips).probs[clips[0].path]
            stored = expected.astype(np.float16).astype(np.float32)
            assert np.array_equal(labels.probs[clips[0].path], stored) == same


def test_the_first_label_set_is_kept_for_later_rounds(out_of_fold: tuple[Path, list[Round]]) -> None:
    out, _ = out_of_fold
    assert sorted(path.name for path in out.glob("labels-*.npz")) == ["labels-1.npz", "labels-2.npz"]


class Rehearsal(SelfTraining):
    """Trains nothing; keeps what each network would learn from. The labels of set n are n / 10 for every taxon."""

    pools: dict[str, PseudoPool]

    def label(self, rounds: Sequence[Round]) -> PseudoLabels:
        codes = self.training_set.dataset.codes
        probs = {clip.path: np.full((4, len(codes)), len(rounds) / 10, "f4") for clip in self.soundscapes}
        return PseudoLabels(tuple(codes), 5.0, probs, 5.0)

    def _train_one(self, recipe: Recipe, pseudo: PseudoPool | None, folder: Path, number: int) -> Path:
        if pseudo is not None:
            self.pools[str(folder.relative_to(self.out_dir))] = pseudo
        return folder / "model.pt"

    def _export(self, networks: Sequence[Network], folder: Path) -> Path:
        return folder


@pytest.fixture
def rehearse(tiny_recipes: Path, training_set: TrainingSet, tmp_path: Path) -> Callable[..., dict[str, set[Any]]]:
    """Return a function that rehearses rounds and returns, by network, soundscapes and labels it would learn from."""

    def run(*overrides: str) -> dict[str, set[Any]]:
        recipe = load_recipe(tiny_recipes / "small.toml", overrides)
        rehearsal = Rehearsal((recipe,), training_set, training_set.dataset.unlabeled(), tmp_path)
        object.__setattr__(rehearsal, "pools", {})
        rehearsal.run()
        rng = np.random.default_rng(0)
        return {
            name: {(part.path[-8:-5], round(float(part.targets.max()), 4), len(part.targets)) for part in drawn}
            for name, pool in rehearsal.pools.items()
            for drawn in [[pool.draw(rng) for _ in range(200)]]
        }

    return run


def test_each_round_raises_the_last_label_set_to_its_own_power(rehearse: Callable[..., dict[str, set[Any]]]) -> None:
    learned = rehearse("pseudo.gammas=[1.0, 2.0, 3.0]")
    assert learned == {
        "round-1": {("000", 0.1, 12), ("001", 0.1, 12)},
        "round-2": {("000", 0.04, 12), ("001", 0.04, 12)},
        "round-3": {("000", 0.027, 12), ("001", 0.027, 12)},
    }


def test_pooled_label_sets_keep_their_powers_and_each_part_is_left_out_once(
    rehearse: Callable[..., dict[str, set[Any]]],
) -> None:
    learned = rehearse("pseudo.gammas=[1.0, 2.0, 3.0]", "pseudo.pool=true", "pseudo.out_of_fold=2")
    assert learned == {
        "round-1/without-part-0": {("001", 0.1, 12)},
        "round-1/without-part-1": {("000", 0.1, 12)},
        "round-2/without-part-0": {("001", 0.1, 12), ("001", 0.04, 12)},
        "round-2/without-part-1": {("000", 0.1, 12), ("000", 0.04, 12)},
        "round-3": {(path, label, 12) for path in ("000", "001") for label in (0.1, 0.04, 0.027)},
    }


def test_a_specialist_learns_the_labels_of_its_own_taxa(rehearse: Callable[..., dict[str, set[Any]]]) -> None:
    learned = rehearse("pseudo.gammas=[1.0]", "taxonomic_classes=['Amphibia', 'Insecta']")
    assert learned == {"round-1": {("000", 0.1, 4), ("001", 0.1, 4)}}


def test_a_round_without_any_hard_label_says_so(
    tiny_recipes: Path, training_set: TrainingSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sure = ["pseudo.gammas=[1.0]", "pseudo.keep_above=0.999", "pseudo.out_of_fold=0"]
    recipe = load_recipe(tiny_recipes / "small_second.toml", sure)
    SelfTraining((recipe,), training_set, training_set.dataset.unlabeled(), tmp_path, seed=1).run()
    text = " ".join(capsys.readouterr().err.split())
    assert "Round 1 of small-second learns from clips alone: no pseudo-label passes pseudo.keep_above." in text


def test_soundscapes_cannot_be_cut_into_more_parts_than_there_are(
    rehearse: Callable[..., dict[str, set[Any]]],
) -> None:
    with pytest.raises(BadInput, match="out_of_fold: 2 soundscapes cannot be cut into 3 parts"):
        rehearse("pseudo.out_of_fold=3")


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        (["name='a song / 2'"], "name: 'a song / 2' names packs"),
        (["loss=frames", "data.frame_labels=true"], r"pseudo.gammas: pseudo-labels have no onsets .* set it to \[\]"),
    ],
)
def test_what_no_round_can_be_made_of_is_told_before_any_is_trained(
    rehearse: Callable[..., dict[str, set[Any]]], overrides: list[str], reason: str
) -> None:
    with pytest.raises(BadInput, match=reason):
        rehearse(*overrides)
