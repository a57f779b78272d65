"""Builds the pack `synthetic`: three small members, one a specialist, trained on exact onsets and offsets."""

from pathlib import Path

from dawn_chorus.domain.event_rules import EventRule
from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from models.workshop.data.manifest import Dataset, load_dataset
from models.workshop.evaluation.held_out import Measures, evaluate, tune_rule
from models.workshop.evaluation.pack_scores import score_clips
from models.workshop.packing.pack import PackIdentity, PackRules, export_pack, load_trained
from models.workshop.recipe import Recipe
from models.workshop.recipe_files import load_recipe
from models.workshop.synthetic.world import FOLD_TEST, FOLD_TRAIN, FOLD_VALIDATE, WorldSize, make_world
from models.workshop.training.loop import TrainingSet, train

WORLD_SEED = 100
WORLD = WorldSize(focal_most=30, soundscapes=0, labeled_soundscapes=130, validation_soundscapes=8, test_soundscapes=16)
RECIPE = Path(__file__).parents[1] / "recipes" / "synthetic.toml"
SPECIALTY = ("Amphibia", "Insecta")
FRAME_S = 0.25
WEIGHTS = (3.0, 1.0, 1.0)
"""Weights of the members; chosen on the validation soundscapes, like the event rule."""
IDENTITY = PackIdentity(
    "synthetic", version="1.1.0", attribution="Dawn Chorus: trained on a synthetic world; its taxa exist nowhere else"
)


def build_synthetic_pack(work_dir: Path, folder: Path) -> Measures:
    """Make the world, train three members, export them to `folder`; return the measures on held-out soundscapes.

    A world and checkpoints that exist in `work_dir` are used again.
    """
    manifest = work_dir / "world" / "manifest.csv"
    dataset = load_dataset(
        manifest if manifest.exists() else make_world(work_dir / "world", seed=WORLD_SEED, size=WORLD)
    )
    members = [_train(work_dir, name, recipe, dataset) for name, recipe in member_recipes().items()]
    trained = [load_trained(checkpoint, weight) for checkpoint, weight in zip(members, WEIGHTS, strict=True)]
    export_pack(trained, work_dir / "untuned", dataset.taxa, IDENTITY, PackRules(frame_s=FRAME_S))
    rule = _tune(work_dir / "untuned", dataset)
    rules = PackRules(detection=rule_table(rule), frame_s=FRAME_S)
    export_pack(trained, folder, dataset.taxa, IDENTITY, rules)
    ensemble = open_ensemble(folder, SessionOptions())
    return evaluate(ensemble, dataset, dataset.choose(kind="soundscape", folds=[FOLD_TEST]))


def member_recipes() -> dict[str, Recipe]:
    """Return two networks for all taxa and one for frogs and insects, by name."""
    recipe = load_recipe(RECIPE)
    other = recipe.model.model_copy(update={"backbone": "lcnet_050"})
    shorter = recipe.optimizer.model_copy(update={"epochs": 10})
    brief = recipe.optimizer.model_copy(update={"epochs": 8})  # four taxa need fewer epochs
    return {
        "all-mobilenet": recipe,
        "all-lcnet": recipe.model_copy(update={"model": other, "optimizer": shorter, "seed": 1}),
        "specialist": recipe.model_copy(update={"taxonomic_classes": SPECIALTY, "optimizer": brief, "seed": 2}),
    }


def rule_table(rule: EventRule) -> dict[str, object]:
    """Return the rule as a pack's `[detection]` table."""
    return {
        "onset_threshold": rule.onset_threshold,
        "offset_threshold": rule.offset_threshold,
        "min_event_s": rule.min_event_s,
        "min_gap_s": rule.min_gap_s,
    }


def _train(work_dir: Path, name: str, recipe: Recipe, dataset: Dataset) -> Path:
    out_dir = work_dir / name
    if (out_dir / "model.pt").exists():
        return out_dir / "model.pt"
    validation = dataset.choose(kind="soundscape", folds=[FOLD_VALIDATE])
    return train(recipe, TrainingSet(dataset, dataset.choose(folds=[FOLD_TRAIN]), validation), out_dir)


def _tune(pack: Path, dataset: Dataset) -> EventRule:
    ensemble = open_ensemble(pack, SessionOptions())
    clips = dataset.choose(kind="soundscape", folds=[FOLD_VALIDATE])
    return tune_rule(ensemble, dataset, list(score_clips(ensemble, dataset.folder, clips)))
