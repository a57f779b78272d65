"""`score-events`: which recordings and taxa are compared, with what a pack or another program says of them."""

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click import unstyle
from typer.testing import CliRunner

from dawn_chorus.domain.event_rules import EventRule
from dawn_chorus.domain.taxonomy import Taxon
from models.workshop.app import app
from models.workshop.data.manifest import Clip, Dataset, Event
from models.workshop.errors import BadInput
from models.workshop.evaluation.events.comparison import ComparisonOptions, compare
from models.workshop.evaluation.events.rules import choose_rules
from models.workshop.evaluation.events.sources import (
    Scored,
    cut_frames,
    match_columns,
    read_intervals,
    score_intervals,
)
from models.workshop.evaluation.events.truth import ANY_BIRD, load_recordings, make_blocks, merge_events

SYNTHETIC = Path(__file__).parents[2] / "models" / "packs" / "synthetic"


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
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


def taxon(name: str, taxonomic_class: str = "Aves") -> Taxon:
    return Taxon(name.lower(), name, name, taxonomic_class)


def test_a_folder_becomes_recordings_whose_birds_are_any_bird_too(recordings: Path) -> None:
    dataset = load_recordings(recordings)
    assert [(clip.path, clip.duration_s) for clip in dataset.clips] == [("wren.wav", 4.0), ("hermit.wav", 4.0)]
    assert dataset.codes == ["Wren", "SP", "Hermit", "any-bird"]
    any_bird = [event for event in dataset.events["wren.wav"] if event.code == "any-bird"]
    assert any_bird == [Event("any-bird", 1.0, 3.0), Event("any-bird", 3.5, 3.8)]


def test_short_notes_are_a_block_of_their_own_and_unknown_taxa_count_as_any_bird_only(recordings: Path) -> None:
    blocks = make_blocks(load_recordings(recordings), ["Wren", "Hermit"])
    assert [(b.title, b.codes, [c.path for c in b.clips]) for b in blocks] == [
        ("Taxa", ("Wren",), ["wren.wav"]),
        ("Notes shorter than 0.25 s", ("Hermit",), ["hermit.wav"]),
        ("Any bird", ("any-bird",), ["wren.wav"]),
    ]


def test_a_folder_without_a_listed_recording_is_refused_with_its_line(recordings: Path) -> None:
    (recordings / "hermit.wav").unlink()
    with pytest.raises(BadInput, match=r"index\.csv, line 3: .*hermit\.wav is missing"):
        load_recordings(recordings)


def test_events_that_touch_are_one() -> None:
    events = [Event("a", 2.0, 3.0), Event("a", 0.0, 1.0), Event("a", 1.0, 1.5), Event("a", 2.5, 2.6)]
    assert merge_events(events, "b") == [Event("b", 0.0, 1.5), Event("b", 2.0, 3.0)]


def test_taxa_are_found_by_any_of_their_names_and_any_bird_is_all_birds() -> None:
    pack = [taxon("Troglodytes"), taxon("Hyla", "Amphibia"), Taxon("x", "Parus", "Tit", "Aves")]
    wanted = [taxon("tit"), taxon("Frog"), ANY_BIRD]
    assert match_columns(pack, wanted) == [[2], [], [0, 2]]


def test_intervals_become_steps_and_events(recordings: Path) -> None:
    table = recordings / "intervals.csv"
    table.write_text(
        "file,onset_s,offset_s,label,score\nwren.wav,0,3,wren,0.5\nwren.wav,2.5,4,Wren,0.8\nwren.wav,0,3,Robin,0.3\n"
        "hermit.wav,0,1,Hermit,0.9\nhermit.wav,1,2,Hermit,0.2\nhermit.wav,2,3,Hermit,0.9\nhermit.wav,3,4,Hermit,0.9\n"
    )
    dataset = load_recordings(recordings)
    wren, hermit = score_intervals(read_intervals(table), dataset, {"robin"}, 0.25)
    assert wren.frames[[0, 99, 101, 159], 0].tolist() == pytest.approx([0.5, 0.5, 0.8, 0.8])
    assert wren.frames[[0, 159], dataset.codes.index("any-bird")].tolist() == pytest.approx([0.3, 0.0])
    assert wren.others == ("Robin",)
    assert [(e.code, round(e.onset_s, 3), round(e.offset_s, 3)) for e in wren.events] == [
        ("Wren", 0.0, 4.0),
        ("any-bird", 0.0, 3.0),
    ]
    spans = [(round(e.onset_s, 3), round(e.offset_s, 3)) for e in hermit.events]
    assert spans == [(0.0, 1.0), (2.0, 3.0), (3.0, 4.0)], "those that only touch stay apart"


def test_a_bad_interval_is_refused_with_its_line(tmp_path: Path) -> None:
    table = tmp_path / "intervals.csv"
    table.write_text("file,onset_s,offset_s,label,score\na.wav,0,three,wren,0.5\n")
    with pytest.raises(BadInput, match=r"intervals\.csv, line 2: not an interval"):
        read_intervals(table)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "/here/wren.wav,0,3,Wren,0.5",
            r"no interval is of a recording like wren\.wav; the first is of /here/wren\.wav",
        ),
        ("wren.wav,0,3,Troglodytes_Wren,0.5", "no interval has the name of a taxon, like Wren; .* Troglodytes_Wren"),
    ],
)
def test_intervals_that_match_nothing_are_refused(recordings: Path, row: str, message: str) -> None:
    table = recordings / "intervals.csv"
    table.write_text(f"file,onset_s,offset_s,label,score\n{row}\n")
    with pytest.raises(BadInput, match=message):
        list(score_intervals(read_intervals(table), load_recordings(recordings), set(), 0.25))


def peaks(clip: Clip, spans: list[tuple[float, float]], score: float) -> Scored:
    """Return frames of 0.5 s that have this score within the spans, cut by the default rule."""
    frames = np.full((round(clip.duration_s / 0.5), 1), 0.02, np.float32)
    for onset_s, offset_s in spans:
        frames[round(onset_s / 0.5) : round(offset_s / 0.5)] = score
    return Scored(clip, frames, 0.5, cut_frames([taxon("wren")], frames, [EventRule()], 0.5, clip), ())


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


def test_the_tables_name_what_is_left_out_and_who_knows_nothing(recordings: Path) -> None:
    dataset = load_recordings(recordings)
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
    assert "| onset error s | 0.10 (0.10 to 0.10) | – |" in taxa
    assert "| found | 1 | – |" in taxa
    assert "- Other taxa, ours, 1 in all: 1 Robin" in taxa
    assert notes.startswith("Notes shorter than 0.25 s\n\n2 events")
    assert "| missed | 2 | 2 |" in any_bird
    assert "gain over" not in taxa, "random knows none of them"
    assert "| gain over ours | random |" in any_bird
    assert "| F1 collar 0.2 s | 0.00 (0.00 to 0.00) |" in any_bird


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["score-events", *[str(word) for word in arguments]])
    if isinstance(result.exception, BadInput):
        return 1, str(result.exception)
    return result.exit_code, result.output


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
    f1 = next(line for line in shown.splitlines() if line.startswith("| F1 collar 0.2 s"))
    assert f1.split("|")[3].strip() == "1.00 (1.00 to 1.00)"
    assert (tmp_path / "out" / "events.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--pack", "birdnet"], "write NAME=PATH, like birdnet=packs/birdnet"),
        (["--pack", "birdnet=nowhere"], "--pack birdnet: nowhere does not exist"),
        (["--pack", f"a={SYNTHETIC}", "--pack", f"a={SYNTHETIC}"], "'a' is named twice"),
        (["--pack", f"a={SYNTHETIC}", "--folds", "7"], "no recording has known events; see --folds"),
    ],
)
def test_mistakes_are_told_with_what_to_do(tiny_manifest: Path, options: list[str], message: str) -> None:
    status, shown = run(tiny_manifest, *options)
    assert status != 0
    assert message in " ".join(unstyle(shown).replace("│", " ").split())
