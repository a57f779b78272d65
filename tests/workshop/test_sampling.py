"""How an epoch draws, mixes and labels its clips."""

from pathlib import Path

import numpy as np
import pytest

from models.workshop.data.manifest import Clip, Dataset
from models.workshop.recipe import Recipe
from models.workshop.training.crops import first_seven_seconds, lengthen, whole_file
from models.workshop.training.examples import plan_epoch
from models.workshop.training.mixing import mix_pair, mix_pseudo, scale_to_peak
from models.workshop.training.sampling import balanced_weights, draw, root_weights, voice_weights

LABELS = [("robin",)] * 90 + [("wren",)] * 9 + [("robin", "rail")]


def test_balanced_weights_draw_rare_taxa_as_often_as_common_ones() -> None:
    picks = draw(balanced_weights(LABELS), 30_000, np.random.default_rng(0))
    shares = [np.mean(picks < 90), np.mean((picks >= 90) & (picks < 99)), np.mean(picks == 99)]
    assert shares == pytest.approx([90 / 91 / (90 / 91 + 2), 1 / (90 / 91 + 2), 1 / (90 / 91 + 2)], abs=0.015)


def test_root_weights_are_shares_to_the_power_of_minus_one_half() -> None:
    weights = root_weights(LABELS)
    assert weights[0] == pytest.approx((91 / 101) ** -0.5)
    assert weights[95] == pytest.approx((9 / 101) ** -0.5)
    assert weights[99] == pytest.approx((1 / 101) ** -0.5)


def test_clips_without_a_label_of_the_networks_taxa_are_not_drawn() -> None:
    for weigh in (balanced_weights, root_weights):
        assert weigh([(), ("robin",)])[0] == 0
        with pytest.raises(ValueError, match="nothing to draw"):
            draw(weigh([(), ()]), 3, np.random.default_rng(0))


@pytest.mark.parametrize(("weights", "share"), [("balanced", 1 / 2), ("root", 1 / 5)])
def test_an_epoch_draws_clips_by_the_recipes_weights(tiny_recipe: Recipe, weights: str, share: float) -> None:
    labels = [("robin",)] * 16 + [("wren",)]  # root: 16 / √16 to 1 / √1
    clips = [Clip(f"{number}.wav", codes, "", "", "", 0, 5.0) for number, codes in enumerate(labels)]
    data = tiny_recipe.data.model_copy(update={"weights": weights, "clips_per_epoch": 20_000})
    recipe, dataset = tiny_recipe.model_copy(update={"data": data}), Dataset(Path(), (), clips)
    planned = plan_epoch(recipe, dataset, clips, ["robin", "wren"], None, seed=1, epoch=0)
    assert np.mean(planned.picks == 16) == pytest.approx(share, abs=0.01)


def test_drawing_is_with_replacement() -> None:
    assert len(draw(np.ones(3), 50, np.random.default_rng(0))) == 50


def test_clips_without_labels_are_not_drawn() -> None:
    weights = balanced_weights([(), ("wren",), ()])
    assert set(draw(weights, 20, np.random.default_rng(0))) == {1}
    with pytest.raises(ValueError, match="nothing to draw"):
        draw(balanced_weights([()]), 1, np.random.default_rng(0))


def test_a_soundscapes_weight_is_the_sum_of_its_highest_labels() -> None:
    parts = np.array([[0.9, 0.1], [0.2, 0.4]], np.float32)
    assert voice_weights([parts, np.zeros((2, 2), np.float32)]) == pytest.approx([1.3, 0.0])


def test_mixup_takes_the_mean_of_waveforms_and_clamps_the_sum_of_labels() -> None:
    one = np.array([1.0, 0.0], "f4"), np.array([1.0, 0.0, 0.6], "f4")
    other = np.array([0.0, 0.5], "f4"), np.array([1.0, 1.0, 0.2], "f4")
    sound, labels = mix_pair(one, other)
    assert sound.tolist() == [0.5, 0.25]
    assert labels.tolist() == pytest.approx([1.0, 1.0, 0.8])


def test_a_soundscape_is_mixed_in_with_constant_weight_and_the_higher_labels() -> None:
    clip = np.array([1.0, 0.0], "f4"), np.array([1.0, 0.0, 0.6], "f4")
    soundscape = np.array([0.0, 1.0], "f4"), np.array([0.3, 0.7, 0.3], "f4")
    sound, labels = mix_pseudo(clip, soundscape, 0.5)
    assert sound.tolist() == [0.5, 0.5]
    assert labels.tolist() == pytest.approx([1.0, 0.7, 0.6])


def test_the_early_crop_stays_within_the_first_seven_seconds() -> None:
    rng, ramp = np.random.default_rng(0), np.arange(200, dtype=np.float32)
    starts = {first_seven_seconds(ramp, 50, 10, rng)[0] for _ in range(300)}
    assert (min(starts), max(starts)) == (0, 20)
    assert {whole_file(ramp, 50, 10, rng)[0] for _ in range(3000)} == set(range(151))


def test_a_short_clip_is_repeated_or_followed_by_zeros() -> None:
    short = np.array([1.0, 2.0, 3.0], "f4")
    assert lengthen(short, 7, "repeat").tolist() == np.tile(short, 3).tolist()
    assert lengthen(short, 7, "zeros").tolist() == [1.0, 2.0, 3.0, 0.0, 0.0, 0.0, 0.0]
    assert lengthen(short[:0], 2, "repeat").tolist() == [0.0, 0.0]
    assert lengthen(short, 2, "zeros") is short


def test_parts_have_the_same_peak_before_they_are_mixed() -> None:
    assert scale_to_peak(np.array([0.1, -0.2], "f4")).tolist() == pytest.approx([0.5, -1.0])
    assert scale_to_peak(np.zeros(2, "f4")).tolist() == [0.0, 0.0]


def test_an_example_depends_on_seed_epoch_and_number_only(tiny_world: Dataset, tiny_recipe: Recipe) -> None:
    clips = tiny_world.choose(kind="focal")
    plan = [
        plan_epoch(tiny_recipe, tiny_world, clips, tiny_world.codes, None, seed=5, epoch=epoch) for epoch in (0, 0, 1)
    ]
    first, again, later = (epoch[3][0] for epoch in plan)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, later)


def test_frames_are_labeled_where_the_event_is(tiny_world: Dataset, tiny_recipe: Recipe) -> None:
    clips = tiny_world.choose(kind="focal")
    data = tiny_recipe.data.model_copy(update={"frame_labels": True})
    quiet = tiny_recipe.augment.model_copy(update={"mixup": 0.0})
    recipe = tiny_recipe.model_copy(update={"data": data, "augment": quiet, "loss": "frames"})
    planned = plan_epoch(recipe, tiny_world, clips, tiny_world.codes, None, seed=5, epoch=0, n_frames=20)
    waveform, targets = planned[0]
    assert targets.shape == (20, 12)
    singer = tiny_world.codes.index(clips[planned.picks[0]].labels[0])
    assert targets[:, singer].any()
    assert not np.delete(targets, singer, axis=1).any()
    loudness = np.abs(waveform).reshape(20, -1).max(axis=1)
    assert loudness[targets[:, singer] > 0].mean() > loudness[targets[:, singer] == 0].mean()


def test_frames_cannot_be_labeled_without_events(tiny_world: Dataset, tiny_recipe: Recipe) -> None:
    data = tiny_recipe.data.model_copy(update={"frame_labels": True})
    recipe = tiny_recipe.model_copy(update={"data": data, "loss": "frames"})
    blind = Dataset(tiny_world.folder, tiny_world.taxa, tiny_world.clips)
    with pytest.raises(ValueError, match="every training clip needs events"):
        plan_epoch(recipe, blind, blind.choose(kind="focal"), blind.codes, None, seed=0, epoch=0)
