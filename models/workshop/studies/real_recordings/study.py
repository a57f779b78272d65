"""Trains the small recipe on a few real recordings per species and compares it with BirdNET.

Each fold is held out once. Finished steps are kept in the work folder; a killed run resumes from there.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from models.workshop.data.manifest import Dataset, load_dataset
from models.workshop.data.recordings import save_built
from models.workshop.packing.pack import PackIdentity, PackRules, export_pack, load_trained
from models.workshop.recipe import Recipe
from models.workshop.recipe_files import load_recipe
from models.workshop.self_training.rounds import SelfTraining
from models.workshop.studies.real_recordings.collection import build_real_dataset
from models.workshop.studies.real_recordings.measures import (
    STEP_S,
    RealMeasures,
    measure_real_recordings,
    save_clip_scores,
    score_columns,
)
from models.workshop.studies.spread import mean_and_spread
from models.workshop.training.loop import TrainingSet

SMALL = Path(__file__).parents[2] / "recipes" / "small.toml"
HEADINGS = {
    "species_auroc": "species, ROC-AUC", "species_cmap": "species, cmAP", "top1": "species, top 1",
    "yard_auroc": "dog and rooster, ROC-AUC", "aves_auroc": "any bird, ROC-AUC",
    "amphibia_auroc": "any frog, ROC-AUC", "hermit_frame_auroc": "hermit's frames, ROC-AUC",
    "aves_frame_auroc": "birds' frames, ROC-AUC",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class StudyOptions:
    """The recordings to train on, and the pack to compare with."""

    audio_dir: Path
    """Holds index.csv and strong_labels.csv."""
    birdnet: Path
    """The folder of the pack `birdnet`."""
    recipe: Path = SMALL
    n_folds: int = 3
    seed: int = 0


def run_study(work_dir: Path, options: StudyOptions) -> str:
    """Train, label, train again and measure, fold by fold; return the table, also written to real_recordings.md."""
    manifest = work_dir / "manifest.csv"
    if not manifest.exists():
        taxa = options.birdnet / "taxa.csv"
        save_built(build_real_dataset(options.audio_dir, work_dir, taxa, n_folds=options.n_folds, seed=options.seed))
    dataset = load_dataset(manifest)
    results = [dict(measure_fold(work_dir, dataset, fold, options)) for fold in range(options.n_folds)]
    table = draw_table(results)
    (work_dir / "real_recordings.md").write_text(table, encoding="utf-8")
    return table


def measure_fold(
    work_dir: Path, dataset: Dataset, fold: int, options: StudyOptions
) -> Iterator[tuple[str, RealMeasures]]:
    """Train without a fold; yield the measures on it of the teacher, its student and BirdNET."""
    recipe = _one_round(load_recipe(options.recipe))
    training_set = training_side(dataset, fold)
    folder = work_dir / f"fold-{fold}"
    rounds = SelfTraining((recipe,), training_set, dataset.unlabeled(), folder, seed=options.seed).run()
    names = ["true labels alone", "and pseudo-labels"]
    packs = {name: _fine_pack(r.networks[0].checkpoint, dataset) for name, r in zip(names, rounds, strict=True)}
    for name, pack in (packs | {"BirdNET": options.birdnet}).items():
        yield name, _measure_once(pack, dataset, fold, folder / name.replace(" ", "-"))


def training_side(dataset: Dataset, fold: int) -> TrainingSet:
    """Return the data without a fold: neither its clips for training nor its noises as background."""
    remaining = tuple(clip for clip in dataset.clips if clip.fold != fold or clip.kind == "soundscape")
    return TrainingSet(replace(dataset, clips=remaining), [clip for clip in remaining if clip.labels])


def draw_table(results: Sequence[dict[str, RealMeasures]]) -> str:
    """Return a Markdown table of means over the folds ± standard deviation, one line for each measure."""
    names = list(results[0])
    lines = [f"| | {' | '.join(names)} |", "| --- |" + " --- |" * len(names)]
    for entry in fields(RealMeasures):
        cells = [mean_and_spread([getattr(fold[name], entry.name) for fold in results], digits=2) for name in names]
        lines.append(f"| {HEADINGS[entry.name]} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _one_round(recipe: Recipe) -> Recipe:
    """Return the recipe with one round of pseudo-labels only; later rounds need hours of soundscapes."""
    return recipe.model_copy(update={"pseudo": recipe.pseudo.model_copy(update={"gammas": recipe.pseudo.gammas[:1]})})


def _fine_pack(checkpoint: Path, dataset: Dataset) -> Path:
    """Export a checkpoint with frames of STEP_S; return the existing pack if there is one."""
    folder = checkpoint.parent / "fine"
    if not (folder / "golden.npz").exists():
        export_pack(
            [load_trained(checkpoint)], folder, dataset.taxa, PackIdentity("real-recordings"), PackRules(frame_s=STEP_S)
        )
    return folder


def _measure_once(pack: Path, dataset: Dataset, fold: int, results: Path) -> RealMeasures:
    """Measure a pack on a fold, or return the stored measures of an earlier run."""
    path = results.with_suffix(".json")
    if not path.exists():
        held_out = [clip for clip in dataset.choose(folds=[fold]) if clip.kind != "soundscape"]
        scored = score_columns(open_ensemble(pack, SessionOptions()), dataset, held_out)
        save_clip_scores(results.with_suffix(".npz"), dataset, scored)
        path.write_text(json.dumps(asdict(measure_real_recordings(dataset, scored))), encoding="utf-8")
    return RealMeasures(**json.loads(path.read_text(encoding="utf-8")))
