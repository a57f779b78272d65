"""Who teaches whom: ensembles of all networks so far, pooled label sets, labels out of fold."""

from pathlib import Path

import numpy as np
import pytest

from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from models.workshop.data.manifest import Dataset
from models.workshop.recipe_files import load_recipe
from models.workshop.self_training.rounds import Round, SelfTraining
from models.workshop.self_training.teacher import predict_soundscapes
from models.workshop.training.loop import TrainingSet
from models.workshop.training.pseudo_labels import load_labels

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
            expected = predict_soundscapes(teacher, dataset.folder, clips, 5.0).probs[clips[0].path]
            stored = expected.astype(np.float16).astype(np.float32)
            assert np.array_equal(labels.probs[clips[0].path], stored) == same


def test_the_first_label_set_is_kept_for_later_rounds(out_of_fold: tuple[Path, list[Round]]) -> None:
    out, _ = out_of_fold
    assert sorted(path.name for path in out.glob("labels-*.npz")) == ["labels-1.npz", "labels-2.npz"]
