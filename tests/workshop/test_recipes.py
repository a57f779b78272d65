"""The recipes that come along hold the winners' parameters; recipes extend each other, and keys are overridden."""

import math
from pathlib import Path

import pytest

from models.workshop.errors import BadInput
from models.workshop.recipe_files import RECIPES, find_recipe, load_recipe

ROUNDS = [1, 1 / 0.65, 1 / 0.55, 1 / 0.6]
FIRST = {
    "tf_efficientnet_b4": 3, "tf_efficientnet_b3": 3, "regnety_016": 4, "regnety_016_2": 4, "eca_nfnet_l0": 3,
    "regnety_008": 0,
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_is_read(path: Path) -> None:
    assert load_recipe(path).name.replace("-", "_") == path.stem


@pytest.mark.parametrize(("backbone", "rounds"), FIRST.items())
def test_the_first_places_members_share_all_but_backbone_and_rounds(backbone: str, rounds: int) -> None:
    recipe = find_recipe(f"first_place_{backbone}")
    model, rules, pseudo = recipe.model, recipe.optimizer, recipe.pseudo
    assert model.backbone.split(".")[0] == backbone.removesuffix("_2")
    assert (model.window_s, model.hop_s, model.rule, model.hidden) == (20.0, 5.0, "frame_max", 512)
    assert (model.abs_max_normalize, recipe.data.short_clips) == (True, "zeros")
    assert (recipe.loss, recipe.data.weights, recipe.augment.mixup) == ("first_place", "balanced", 0.5)
    assert (rules.name, rules.lr, rules.lr_min, rules.weight_decay) == ("adamw", 5e-4, 1e-6, 1e-4)
    assert (rules.epochs, rules.restart_epochs, rules.batch) == (15, 5, 64)
    assert pseudo.gammas == pytest.approx(ROUNDS[:rounds])
    assert (pseudo.style, pseudo.scaling, pseudo.share, pseudo.weight) == ("mix", "elementwise", 1.0, 0.5)
    assert pseudo.drop_path == 0.15
    assert 25 <= pseudo.epochs <= 35


def test_the_first_places_front_end_is_224_mels_over_20_seconds() -> None:
    model = find_recipe("first_place_tf_efficientnet_b4").model
    mel = model.mel
    assert (model.sample_rate_hz, model.window_s) == (32000, 20)
    assert (mel.n_fft, mel.win_length, mel.hop_length, mel.n_mels, mel.n_frames) == (4096, 4096, 1252, 224, 512)
    assert (mel.f_min_hz, mel.f_max_hz, mel.mel_scale, mel.mel_norm, mel.power) == (0, 16000, "htk", "none", 2)
    assert (mel.pad_mode, mel.log, mel.top_db, mel.normalize, mel.channels) == ("reflect", "db", 80, "minmax", 3)
    assert mel.normalize_scope == "recording"


def test_the_second_places_front_end_is_128_mels_over_5_seconds() -> None:
    model = find_recipe("second_place_eca_nfnet_l0").model
    mel = model.mel
    assert (model.sample_rate_hz, model.window_s) == (32000, 5)
    assert (mel.n_fft, mel.win_length, mel.hop_length, mel.n_mels, mel.n_frames) == (2048, 2048, 512, 128, 313)
    assert (mel.f_min_hz, mel.f_max_hz, mel.mel_scale, mel.mel_norm, mel.power) == (20, 16000, "htk", "none", 2)
    assert (mel.log, mel.top_db, mel.normalize, mel.normalize_scope, mel.channels) == ("db", 80, "minmax", "window", 1)


def test_the_same_backbone_twice_has_two_seeds() -> None:
    assert find_recipe("first_place_regnety_016").seed != find_recipe("first_place_regnety_016_2").seed


def test_frames_are_not_learned_from_pseudo_labels_which_have_no_onsets() -> None:
    recipe = find_recipe("synthetic")
    assert (recipe.loss, recipe.pseudo.gammas) == ("frames", ())


def test_the_specialist_learns_frogs_and_insects_for_longer() -> None:
    recipe = find_recipe("first_place_specialist")
    assert recipe.model.backbone.startswith("tf_efficientnet_b0")
    assert recipe.taxonomic_classes == ("Amphibia", "Insecta")
    assert (recipe.optimizer.epochs, recipe.optimizer.batch, recipe.optimizer.lr) == (40, 128, 5e-4)


@pytest.mark.parametrize(
    ("backbone", "optimizer", "weights", "label_sets"),
    [
        ("eca_nfnet_l0", ("radam", 1e-3, 0.0), "root", 3),
        ("tf_efficientnetv2_s_in21k", ("adamw", 1e-4, 1e-2), "balanced", 2),
    ],
)
def test_the_second_places_networks_have_their_own_optimizer_and_sampling(
    backbone: str, optimizer: tuple[str, float, float], weights: str, label_sets: int
) -> None:
    recipe = find_recipe(f"second_place_{backbone}")
    model, augment, pseudo = recipe.model, recipe.augment, recipe.pseudo
    assert model.backbone.split(".")[0] == backbone.removesuffix("_in21k")
    assert (model.head, model.hidden, model.rule, model.abs_max_normalize) == ("gem_attention", 512, "clip", True)
    assert (recipe.optimizer.name, recipe.optimizer.lr, recipe.optimizer.weight_decay) == optimizer
    assert (recipe.optimizer.epochs, recipe.optimizer.lr_min, recipe.optimizer.batch) == (50, 1e-6, 64)
    assert (recipe.optimizer.restart_epochs, recipe.optimizer.precision) == (None, "float32")
    assert (recipe.loss, recipe.data.weights) == ("second_place", weights)
    assert recipe.data.crops == ("first_seven_seconds", "whole_file")
    assert (augment.mixup, augment.noise, augment.equalizer, augment.equalizer_db) == (0.5, 0.5, 1.0, (-20, 0))
    assert augment.noise_snr_db == pytest.approx((-20 * math.log10(3), 20 * math.log10(3)), abs=0.05)
    assert recipe.data.short_clips == "zeros"
    masks = (augment.spec_masks, augment.spec_mask_mels, augment.spec_mask_frames, augment.spec_masks_probability)
    assert masks == (3, 10, 20, 0.3)
    assert (pseudo.style, pseudo.share, pseudo.keep_above, pseudo.zero_below) == ("swap", 0.4, 0.5, 0.1)
    assert (pseudo.pool, pseudo.out_of_fold > 1, pseudo.gammas) == (True, True, (1.0,) * label_sets)


def test_a_recipe_extends_another_key_by_key(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(f'extends = "{RECIPES}/small.toml"\n[optimizer]\nepochs = 3\n')
    mine, small = load_recipe(tmp_path / "mine.toml"), find_recipe("small")
    assert mine.optimizer == small.optimizer.model_copy(update={"epochs": 3})
    assert mine.model == small.model


def test_keys_are_overridden_in_order() -> None:
    overrides = [
        "optimizer.epochs=3", "optimizer.epochs = 4", "pseudo.gammas=[1.0, 2.0]", "model.backbone=lcnet_050",
        "model.mel.n_mels=64", "name='a = 🐦'",
    ]  # fmt: skip
    recipe = load_recipe(RECIPES / "small.toml", overrides)
    assert (recipe.optimizer.epochs, recipe.pseudo.gammas) == (4, (1.0, 2.0))
    assert (recipe.model.backbone, recipe.model.mel.n_mels, recipe.name) == ("lcnet_050", 64, "a = 🐦")


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("optimizer.epoch=3", r"small.toml with optimizer.epoch=3: optimizer.epoch: no such key"),
        ("epochs", "write KEY=VALUE"),
        ("=3", "write KEY=VALUE"),
        ("optimizer.epochs=three", "optimizer.epochs: must be a whole number, like 3"),
        ("optimizer.epochs=true", "optimizer.epochs: must be a whole number"),
        ("optimizer.lr=.5", "optimizer.lr: must be a number, like 0.5"),
        ("optimizer.lr=inf", "optimizer.lr: must be a number"),
        ("pseudo.pool=2", "pseudo.pool: must be true or false"),
        ("name=3", "name: must be a text; write it in quotes"),
        ("seed=4294967296", "seed: Input should be less than or equal to 4294967295"),
        ("optimizer=3", "optimizer: must be a table"),
        ("pseudo.gammas=2", r"pseudo.gammas: must be a list, like \[1, 2\]"),
        ("pseudo.gammas=[-1]", "pseudo.gammas.0: Input should be greater than 0"),
        ("optimizer.batch=0", "optimizer.batch: Input should be greater than 0"),
        ("data.crops=[]", "data.crops: .*at least 1"),
        ("pseudo.weight=3", "pseudo.weight: Input should be less than or equal to 1"),
        ("pseudo.out_of_fold=1", "at least two parts"),
        ("model.window_s=10", "mel.n_frames: 320 steps of 250 samples see 5 of the window's 10 s: set n_frames to 640"),
        ("model.sample_rate_hz=8000", "mel.f_max_hz: 8000.0 is above half of sample_rate_hz 8000"),
        ("model.window_s=0.01", "mel.n_fft: 1024 does not fit the window's 160 samples"),
        ("augment.spec_mask_mels=49", "augment.spec_mask_mels: 49 is more than the image has, 48"),
    ],
)
def test_an_override_that_cannot_be_is_named(override: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        load_recipe(RECIPES / "small.toml", [override])


def test_what_a_recipe_extends_must_be_there_and_no_circle(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text('extends = "two.toml"\n')
    with pytest.raises(BadInput, match=r"one.toml: extends: .*two.toml: cannot be read: No such file"):
        load_recipe(tmp_path / "one.toml")
    (tmp_path / "two.toml").write_text('extends = "one.toml"\n')
    with pytest.raises(BadInput, match="in a circle"):
        load_recipe(tmp_path / "one.toml")
    (tmp_path / "two.toml").write_text("extends = 2\n")
    with pytest.raises(BadInput, match=r"two.toml: extends: is not the name of a file"):
        load_recipe(tmp_path / "one.toml")
    (tmp_path / "two.toml").write_text('extends = "."\n')
    with pytest.raises(BadInput, match=r"two.toml: extends: .* cannot be read: Is a directory"):
        load_recipe(tmp_path / "one.toml")
