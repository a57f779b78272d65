"""Asks on frozen embeddings what pseudo-labels gain: in how many rounds, with which power, sound and teacher."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import numpy as np
from rich.progress import track

from models.workshop.studies.embeddings.bank import Bank, BankOptions, load_banks
from models.workshop.studies.embeddings.by_taxon import draw_taxa
from models.workshop.studies.embeddings.choice import choose_settings
from models.workshop.studies.embeddings.heads import Loss
from models.workshop.studies.embeddings.lines import CHAINS, KEEP_ABOVE, POWERS, Results, bounds, measure, run_rounds
from models.workshop.studies.embeddings.picture import draw_changes
from models.workshop.studies.embeddings.questions import ask_amount, ask_basis, ask_teacher
from models.workshop.studies.embeddings.students import Answers, Matrix, School, Settings
from models.workshop.studies.embeddings.tables import draw_grid, draw_lines, draw_pairs
from models.workshop.studies.spread import mean_and_spread

TITLES: Mapping[Loss, str] = {"bce": "Binary cross-entropy", "ce": "Cross-entropy"}


def run_embedding_study(work_dir: Path, options: BankOptions) -> str:
    """Embed worlds, choose settings on some, report the others; return the tables, written to embedding_study.md.

    The picture is embedding_study.png; every world's metrics are in embedding_study.csv.
    """
    choosing, reported = load_banks(work_dir, options)
    settings = {loss: choose_settings(choosing, loss) for loss in track(get_args(Loss), "choice", transient=True)}
    chosen = {loss: measure(choosing, teach_lines(choosing, found)) for loss, found in settings.items()}
    answers = {loss: teach_lines(reported, found) for loss, found in settings.items()}
    results = {loss: measure(reported, found) for loss, found in answers.items()}
    counts = f"{reported.n_worlds} worlds reported; all settings chosen on {choosing.n_worlds} others."
    sections = ["# Pseudo-labels on frozen embeddings", counts, draw_best(chosen, results)]
    for loss in track(results, "questions", transient=True):
        sections += [
            f"## {TITLES[loss]}",
            describe(settings[loss]),
            draw_lines(results[loss]),
            draw_pairs(results[loss]),
            draw_taxa(reported, answers[loss]),
        ]
        sections += answer_questions(reported, settings[loss])
    text = "\n\n".join(sections) + "\n"
    (work_dir / "embedding_study.md").write_text(text, encoding="utf-8")
    save_values(work_dir / "embedding_study.csv", results)
    draw_changes({TITLES[loss]: found for loss, found in results.items()}, work_dir / "embedding_study.png")
    return text


def teach_lines(bank: Bank, settings: Settings) -> dict[str, Answers]:
    """Return the networks of baseline, control, oracle and all rounds."""
    school = School(bank, settings)
    baseline = school.teach_clips()["baseline"]
    return {"baseline": baseline} | school.teach(bounds(bank, settings.students)) | run_rounds(school, baseline)


def answer_questions(bank: Bank, settings: Settings) -> list[str]:
    """Return how far labels are from probabilities, and a table for each of the other questions."""
    school = School(bank, settings)
    clips = school.teach_clips()
    truth, labels = (values.sum(axis=2).mean() for values in (bank.unlabeled_truth, clips["baseline"].unlabeled))
    return [
        f"A soundscape window has {truth:.2f} voices; the baseline's labels of it add up to {labels:.2f}.",
        describe_hard_labels(bank.unlabeled_truth, clips["baseline"].unlabeled),
        draw_grid(ask_amount(school, clips["baseline"]), "unlabeled soundscapes"),
        draw_grid(ask_teacher(school, clips), "teacher (ROC-AUC of its labels)"),
        draw_grid(ask_basis(bank, settings), "standardized by"),
    ]


def describe(settings: Settings) -> str:
    """Return a sentence about the chosen settings."""
    found = [
        f"{name} {training.decay:g}" + (f" ({training.share:.0%})" if "swap" not in name else "")
        for name, training in settings.students.items()
    ]
    return (
        f"Features standardized by {settings.basis}. Weight decay {settings.clips_decay:g} for clips alone; for "
        f"students, with the share of windows that have a soundscape mixed in: {', '.join(found)}."
    )


def describe_hard_labels(truth: Matrix, labels: Matrix) -> str:
    """Return a sentence about labels (W, n, K) that the second place's rule keeps, compared with the truth."""
    kept = labels.max(axis=2) > KEEP_ABOVE
    right = np.take_along_axis(truth, labels.argmax(axis=2)[..., None], axis=2)[..., 0]
    share = right[kept].mean() if kept.any() else 0.0
    return f"{kept.mean():.0%} of the windows have a label over {KEEP_ABOVE:g}; the highest is right in {share:.0%}."


def draw_best(chosen: Mapping[Loss, Results], results: Mapping[Loss, Results]) -> str:
    """Return a table of each chain's best round in the worlds for choosing, the best first, with the reported change.

    The two in the first lines are the settings to try on networks that are trained from scratch.
    """
    best: list[tuple[float, Loss, str]] = []
    for loss, of_loss in chosen.items():
        for chain in CHAINS:
            names = [f"round {number}, {chain}" for number in range(1, len(POWERS) + 1)]
            found = max(names, key=lambda name: of_loss[name][:, 0].mean())
            best.append((float(of_loss[found][:, 0].mean()), loss, found))
    rows = [
        "| best rounds where settings are chosen | ROC-AUC there | reported | change |",
        "| --- |" + " --- |" * 3,
    ]
    for there, loss, name in sorted(best, reverse=True):
        auroc, baseline = results[loss][name][:, 0], results[loss]["baseline"][:, 0]
        cells = [f"{there:.3f}", mean_and_spread(auroc), mean_and_spread(auroc - baseline, "+")]
        rows.append(f"| {TITLES[loss]}, {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def save_values(path: Path, results: Mapping[Loss, Results]) -> None:
    """Write the metrics of each line in each world, so that every number of the tables can be checked."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["loss", "line", "world", "macro_auroc", "cmap"])
        for loss, of_loss in results.items():
            for name, values in of_loss.items():
                writer.writerows([loss, name, world, *map(float, row)] for world, row in enumerate(values))
