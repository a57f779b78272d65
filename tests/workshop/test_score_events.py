"""`score-events`: rules chosen on other recordings, the tables, and the command."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click import unstyle
from typer.testing import CliRunner

from dawn_chorus.domain.event_rules import EventRule, EventRules
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from models.workshop.app import app
from models.workshop.data.manifest import Clip, Dataset, Event
from models.workshop.errors import BadInput
from models.workshop.evaluation.events.comparison import ComparisonOptions, compare
from models.workshop.evaluation.events.rules import choose_rules
from models.workshop.evaluation.events.sources import Scored, score_pack
from models.workshop.evaluation.events.truth import load_recordings, make_blocks
from models.workshop.evaluation.pack_scores import cut_events, score_clips

SYNTHETIC = Path(__file__).parents[2] / "models" / "packs" / "synthetic"


def taxon(name: str, taxonomic_class: str = "Aves") -> Taxon:
    return Taxon(name.lower(), name, name, taxonomic_class)


def peaks(clip: Clip, spans: list[tuple[float, float]], score: float) -> Scored:
    """Return frames of 0.5 s that have this score within the spans, cut by the default rule."""
    frames = np.full((round(clip.duration_s / 0.5), 1), 0.02, np.float32)
    for onset_s, offset_s in spans:
        frames[round(onset_s / 0.5) : round(offset_s / 0.5)] = score
    return Scored(clip, frames, 0.5, cut_events([taxon("wren")], frames, [EventRule()], 0.5, clip), ())


def test_a_rule_is_chosen_on_the_other_recordings() -> None:
    spans = [(1.0, 2.0), (4.0, 6.0)]
    clips = tuple(Clip(f"{name}.wav", (), name, "CC0", "", 0, 10.0) for name in "abc")
    events = {clip.path: tuple(Event("wren", *span) for span in spans) for clip in clips}
    dataset = Dataset(Path(), (taxon("wren"),), clips, events)
    scored = [peaks(clip, spans, score) for clip, score in zip(clips, (0.35, 0.35, 0.9), strict=True)]
    (block,) = make_blocks(dataset, ["wren"])[:1]
    high, low = EventRule(0.5, 0.3), EventRule(0.3, 0.2)
    found = choose_rules(dataset, block, scored, [high, low])
    assert found.by_recording == {"a.wav": low, "b.wav": low, "c.wav": low}
    assert found.cross_fitted["F1 collar 0.5 s"] == 1.0
    scored[1] = peaks(clips[1], [], 0.0)
    found = choose_rules(dataset, block, scored, [high, low])
    assert found.by_recording == {"a.wav": high, "b.wav": low, "c.wav": low}, "without a, nothing asks for a low one"
    assert found.cross_fitted["F1 collar 0.5 s"] == pytest.approx(2 * 2 / (2 * 2 + 4))
    assert found.best == low
    assert found.best_f1["F1 intersection"] == pytest.approx(2 * 4 / (2 * 4 + 2))


def test_the_tables_name_what_is_left_out_and_who_knows_nothing(labeled_recordings: Path) -> None:
    dataset = load_recordings(labeled_recordings)
    frames = np.zeros((8, 4), np.float32)
    frames[2:4, 0] = frames[2:4, 3] = 0.9
    frames[:, 1] = np.nan
    unknown = frames.copy()
    unknown[:, :3] = np.nan
    sources = {
        "ours": [Scored(clip, frames, 0.5, (Event("Wren", 1.1, 2.2),), ("Robin",)) for clip in dataset.clips],
        "random": [Scored(clip, unknown, 0.5, (), ()) for clip in dataset.clips],
    }
    shown = compare(dataset, sources, ["ours", "random"], ComparisonOptions(draws=5))
    assert "Left out, because no pack knows it: SP." in shown
    taxa, notes, any_bird = shown.split("## ")[1:]
    assert taxa.startswith("Taxa\n\n2 events in 1 recordings, 4 s.")
    assert "| onset error s | 0.10 | – |" in taxa
    assert "| found | 1 | – |" in taxa
    assert "- Other taxa, ours, 1 in all: 1 Robin" in taxa
    assert notes.startswith("Notes shorter than 0.25 s\n\n2 events")
    assert "| missed | 2 | 2 |" in any_bird
    assert "gain over" not in taxa, "random knows none of them"
    assert "| gain over ours | random |" in any_bird
    assert "| F1 collar 0.2 s | 0.00 |\n" in any_bird


def test_a_taxon_stays_unknown_if_the_first_recording_is_too_short_for_a_frame(labeled_recordings: Path) -> None:
    dataset = load_recordings(labeled_recordings)
    frames = np.full((8, 4), np.nan, np.float32)
    frames[:, 3] = 0.5
    scored = [Scored(clip, shown, 0.5, (), ()) for clip, shown in zip(dataset.clips, (frames[:0], frames), strict=True)]
    shown = compare(dataset, {"ours": scored}, ["ours"], ComparisonOptions(draws=5))
    assert "Left out, because no pack knows it: Wren, SP, Hermit." in shown
    assert "## Taxa" not in shown


def test_a_single_stretch_has_no_brackets(labeled_recordings: Path) -> None:
    dataset = load_recordings(labeled_recordings)
    scored = [Scored(clip, np.zeros((8, 4), np.float32), 0.5, (), ()) for clip in dataset.clips]
    shown = compare(dataset, {"one": scored, "same": scored}, ["one", "same"], ComparisonOptions(draws=5))
    assert "No brackets: there is only one stretch to draw from." in shown
    assert "| F1 collar 0.2 s | 0.00 | 0.00 |" in shown
    assert "| F1 collar 0.2 s | 0.00 |\n" in shown, "the gain"


def test_recordings_whose_taxa_no_pack_knows_are_refused(labeled_recordings: Path) -> None:
    dataset = load_recordings(labeled_recordings)
    scored = [Scored(clip, np.full((8, 4), np.nan, np.float32), 0.5, (), ()) for clip in dataset.clips]
    with pytest.raises(BadInput, match="no pack knows any of its taxa, Wren, SP, Hermit"):
        compare(dataset, {"frogs": scored}, ["frogs"], ComparisonOptions(draws=5))


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["score-events", *[str(word) for word in arguments]])
    if isinstance(result.exception, BadInput):
        return 1, str(result.exception)
    return result.exit_code, result.output


def test_a_pack_has_the_events_that_the_service_cuts(tiny_world: Dataset) -> None:
    ensemble = open_ensemble(SYNTHETIC, SessionOptions())
    dataset = replace(tiny_world, clips=tiny_world.choose(folds=[2]))
    (usual,) = score_pack(ensemble, dataset)
    assert usual.events
    rules = EventRules(ensemble.facts.rules.default, {usual.events[0].code: EventRule(1.0, 1.0)})
    ensemble = replace(ensemble, facts=replace(ensemble.facts, rules=rules))
    (scored,), (expected,) = score_pack(ensemble, dataset), score_clips(ensemble, dataset.folder, dataset.clips)
    assert set(scored.events) == set(expected.events)
    assert set(usual.events) - set(scored.events) == {e for e in usual.events if e.code == usual.events[0].code}


def test_events_of_taxa_that_the_truth_does_not_name_are_others(tiny_world: Dataset) -> None:
    ensemble = open_ensemble(SYNTHETIC, SessionOptions())
    dataset = replace(tiny_world, clips=tiny_world.choose(folds=[2]))
    (usual,) = score_pack(ensemble, dataset)
    unnamed = next(t for t in dataset.taxa if t.code == usual.events[0].code)
    (scored,) = score_pack(ensemble, replace(dataset, taxa=tuple(t for t in dataset.taxa if t != unnamed)))
    assert usual.others == ()
    assert scored.others == (unnamed.common_name,) * sum(e.code == unnamed.code for e in usual.events)


def test_the_command_scores_packs_and_intervals_in_a_world(tiny_manifest: Path, tmp_path: Path) -> None:
    with (tiny_manifest.parent / "events.csv").open(newline="") as file:
        truth = [row for row in csv.DictReader(file) if "test" in row["path"]]
    table = tmp_path / "oracle.csv"
    rows = [f"{row['path']},{row['onset_s']},{row['offset_s']},{row['code']},0.9" for row in truth]
    table.write_text("\n".join(["file,onset_s,offset_s,label,score", *rows]))
    status, shown = run(
        tiny_manifest, "--folds", "2", "--pack", f"synthetic={SYNTHETIC}", "--intervals", f"oracle={table}",
        "--draws", "10", "--out", tmp_path / "out",
    )  # fmt: skip
    assert status == 0, shown
    assert (tmp_path / "out" / "events.md").read_text().strip() in shown
    assert "95 % of 10 draws" in shown
    f1 = next(line for line in shown.splitlines() if line.startswith("| F1 collar 0.2 s"))
    assert f1.split("|")[3].strip() == "1.00 (1.00 to 1.00)"
    assert (tmp_path / "out" / "events.png").read_bytes().startswith(b"\x89PNG")


def test_the_command_passes_on_the_threshold_and_chooses_rules(labeled_recordings: Path) -> None:
    labels = labeled_recordings / "strong_labels.csv"
    labels.write_text(
        "file,onset_s,offset_s,label\nwren.wav,1,2,Rising Piper\nhermit.wav,1,2,Rising Piper\n",
        "utf-8-sig",
        newline="\r\n",
    )
    table = labeled_recordings / "oracle.csv"
    table.write_text(
        "file,onset_s,offset_s,label,score\nwren.wav,1,2,Rising Piper,0.5\nhermit.wav,1,2,rising piper,0.9\n"
    )
    status, shown = run(
        labeled_recordings, "--pack", f"synthetic={SYNTHETIC}", "--intervals", f"oracle={table}",
        "--min-score", "0.6", "--draws", "2", "--choose-rules",
    )  # fmt: skip
    assert status == 0, shown
    assert next(line for line in shown.splitlines() if line.startswith("| found")).split("|")[3].strip() == "1"
    assert "| synthetic | chosen on the other recordings" in shown
    labels.write_text("file,onset_s,offset_s,label\nwren.wav,1,2,Rising Piper\n")
    status, shown = run(labeled_recordings, "--pack", f"synthetic={SYNTHETIC}", "--draws", "2", "--choose-rules")
    assert (status, "No rule is chosen: there is no other recording to choose it on." in shown) == (0, True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--pack", "birdnet"], "write NAME=PATH, like birdnet=packs/birdnet"),
        (["--pack", "birdnet=nowhere"], "--pack birdnet: nowhere does not exist"),
        (["--pack", f"a={SYNTHETIC}", "--pack", f"a={SYNTHETIC}"], "'a' is named twice"),
        (["--pack", f"a={SYNTHETIC}", "--intervals", f"a={SYNTHETIC}"], "'a' is the name of a pack, too"),
        (["--pack", f"a={SYNTHETIC}", "--folds", "7"], "no recording has known events; see --folds"),
    ],
)
def test_mistakes_are_told_with_what_to_do(tiny_manifest: Path, options: list[str], message: str) -> None:
    status, shown = run(tiny_manifest, *options)
    assert status != 0
    assert message in " ".join(unstyle(shown).replace("│", " ").split())
