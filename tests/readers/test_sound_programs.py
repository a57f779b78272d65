"""crowsetta, opensoundscape and BirdNET-Analyzer read what programs that show sound are given."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import crowsetta
import pytest

from tests.readers.conftest import open_without_its_rest

Rows = list[dict[str, Any]]
Saved = Callable[..., Path]
ORDER = ["c.wav", "Höhe, 1.wav", "b.wav", "nowhere.wav"]
"""By their starts; undated ones last."""


def in_order(rows: Rows) -> Rows:
    return sorted(rows, key=lambda row: (ORDER.index(row["file"]), row["onset_s"]))


def of_one(rows: Rows) -> Rows:
    return [row for row in in_order(rows) if row["file"] == "Höhe, 1.wav"]


def label(row: dict[str, Any]) -> str:
    """Return what programs are to take for the label: what a reviewer corrected it to, else what was detected."""
    name: str = (row["review"] or {}).get("corrected_taxon") or row["common_name"]
    return name


def label_with_verdict(row: dict[str, Any]) -> str:
    """Return what Audacity shows: where there was a review, its verdict, too."""
    review = row["review"]
    if review is None:
        return label(row)
    return f"{label(row)} [{'corrected' if review['corrected_taxon'] else review['verdict']}]"


def test_crowsetta_reads_ravens_table_of_one_recording(saved: Saved, rows: Rows) -> None:
    table = crowsetta.formats.bbox.Raven.from_file(saved("one", "raven"), annot_col="Annotation")
    boxes = [(box.onset, box.offset, box.low_freq, box.high_freq, box.label) for box in table.to_bbox()]
    assert boxes == [(row["onset_s"], row["offset_s"], 0.0, 4000.0, label(row)) for row in of_one(rows)]


def test_crowsetta_reads_ravens_table_of_many_whose_times_run_on(saved: Saved, rows: Rows) -> None:
    table = crowsetta.formats.bbox.Raven.from_file(saved("across", "raven"), annot_col="Annotation")
    found = [(box.onset, box.offset) for box in table.to_bbox()]
    begins = [30.0 * ORDER.index(row["file"]) for row in in_order(rows)]
    expected = zip(begins, in_order(rows), strict=True)
    assert found == [(begin + row["onset_s"], begin + row["offset_s"]) for begin, row in expected]
    assert found == sorted(found)


def test_crowsetta_reads_labels_of_audacity(saved: Saved, rows: Rows) -> None:
    one = crowsetta.formats.seq.AudSeq.from_file(saved("one", "audacity")).to_seq()
    assert [(each.onset_s, each.offset_s, each.label) for each in one.segments] == [
        (row["onset_s"], row["offset_s"], label_with_verdict(row)) for row in of_one(rows)
    ]
    many = crowsetta.formats.seq.AudSeq.from_file(saved("across", "audacity")).to_seq()
    assert [each.label for each in many.segments] == [
        f"{label_with_verdict(row)} ({row['file']})" for row in in_order(rows)
    ]


@pytest.fixture
def opensoundscape(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Its annotations. They import PyTorch for what they do with networks only: an empty module stands for it."""
    import librosa  # noqa: F401, PLC0415 - all that would find that module, and take it for PyTorch
    import sklearn.model_selection  # noqa: F401, PLC0415

    torch = ModuleType("torch")
    monkeypatch.setattr(torch, "Tensor", type("Tensor", (), {}), raising=False)
    monkeypatch.setitem(sys.modules, "torch", torch)
    open_without_its_rest("opensoundscape")
    from opensoundscape import annotations  # noqa: PLC0415

    return annotations


def test_opensoundscape_reads_ravens_table(saved: Saved, rows: Rows, opensoundscape: Any) -> None:
    table = saved("one", "raven")
    read = opensoundscape.BoxedAnnotations.from_raven_files(
        [table], annotation_column="Annotation", audio_files=["Höhe, 1.wav"]
    )
    found = read.df[["annotation", "start_time", "end_time", "high_f"]].to_numpy().tolist()
    assert found == [[label(row), row["onset_s"], row["offset_s"], 4000.0] for row in of_one(rows)]
    assert read.df["Verdict"].tolist() == [row["review"]["verdict"] for row in of_one(rows)]
    assert read.df["Reviewer"].tolist() == ["Ada"] * 3


def test_opensoundscape_makes_labels_of_ravens_table_of_many(saved: Saved, rows: Rows, opensoundscape: Any) -> None:
    read = opensoundscape.BoxedAnnotations.from_raven_files(
        [saved("across", "raven")], annotation_column="Annotation", audio_files=["all.wav"]
    )
    labels = read.clip_labels(clip_duration=5.0, full_duration=120.0, min_label_overlap=0.5)
    names = {label(row) for row in rows}
    heard = {(name, clip) for name in names for clip in labels[name].to_numpy().nonzero()[0].tolist()}
    expected = [(label(row), 30.0 * ORDER.index(row["file"]) + row["onset_s"]) for row in in_order(rows)]
    assert heard == {(name, int(onset_s // 5)) for name, onset_s in expected}


@pytest.fixture
def segments() -> Any:
    """BirdNET-Analyzer's parser of results."""
    for package in ("birdnet_analyzer", "birdnet_analyzer.segments"):
        open_without_its_rest(package)
    from birdnet_analyzer.segments import utils  # noqa: PLC0415

    return utils


@pytest.mark.parametrize("export_format", ["birdnet", "audacity-birdnet"])
def test_birdnet_analyzer_finds_results_beside_their_recording(
    saved: Saved, rows: Rows, segments: Any, tmp_path: Path, export_format: str
) -> None:
    suffix = "csv" if export_format == "birdnet" else "txt"
    table = saved("one", export_format, f"Höhe, 1.BirdNET.results.{suffix}")
    (tmp_path / "Höhe, 1.wav").touch()
    found = segments.parse_files(segments.parse_folders(str(tmp_path), str(tmp_path)), collection_mode="confidence")
    assert [audio for audio, _ in found] == [str(table.with_name("Höhe, 1.wav"))]
    spans = sorted((each["start"], each["end"], each["species"], each["confidence"]) for each in found[0][1])
    assert spans == [(row["onset_s"], row["offset_s"], label(row), 0.9) for row in of_one(rows)]


@pytest.mark.parametrize("export_format", ["birdnet", "raven"])
def test_birdnet_analyzer_reads_a_table_of_many(saved: Saved, rows: Rows, segments: Any, export_format: str) -> None:
    found = segments.find_segments_from_combined(str(saved("across", export_format)))
    names = [row["file"].replace(",", ";") if export_format == "birdnet" else row["file"] for row in in_order(rows)]
    assert [each["audio"] for each in found] == names
    assert [(each["start"], each["end"]) for each in found] == [
        (pytest.approx(row["onset_s"]), pytest.approx(row["offset_s"])) for row in in_order(rows)
    ]
