"""A zip of clips: names that no two files share, tables with a row for each, whose sound it is."""

import csv
import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dawn_chorus.api.clips.files import ClipFile, ClipFiles
from dawn_chorus.api.exports.jobs.archive import ClipArchive, unique_name
from dawn_chorus.api.exports.jobs.files import TooLarge, name_file
from dawn_chorus.domain.exports.context import Credit, ExportContext
from dawn_chorus.domain.exports.findings import Finding, Source
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Detection

ROBIN = Taxon("eurrob1", "Erithacus rubecula", "European Robin", "Aves")
CREDITS = (
    Credit("birdnet", "2.4.0", "CC-BY-NC-SA-4.0", "Cornell and Chemnitz"),
    Credit("other", "1.0.0", "MIT", "Nobody"),
)
CONTEXT = ExportContext(datetime(2026, 7, 4, 9, 12, tzinfo=UTC), CREDITS, {"site": "marsh"}, site="marsh")


def finding(onset_s: float = 2.0, file: str = "dawn.flac") -> Finding:
    return Finding(Detection(ROBIN, onset_s, onset_s + 1, 0.94), Source(file, 48_000, pack="birdnet"))


def clip(folder: Path, content: bytes, lost: str = "") -> ClipFile:
    descriptor = ClipFiles(folder, 0).open()
    with open(descriptor, "wb", closefd=False) as file:
        file.write(content)
    return ClipFile(descriptor, lost)


def test_no_two_files_have_one_name_on_any_system() -> None:
    taken: set[str] = set()
    names = [unique_name(name, taken) for name in ("a_0.94.flac", "a_0.94.flac", "A_0.94.FLAC", "a_0.94_2.flac", "b")]
    assert names == ["a_0.94.flac", "a_0.94_2.flac", "A_0.94_3.FLAC", "a_0.94_2_2.flac", "b"]
    assert len({name.lower() for name in names}) == len(names)


def test_an_archive_names_what_is_in_it_and_what_is_not(tmp_path: Path) -> None:
    file = io.BytesIO()
    archive = ClipArchive(file, 1 << 22, CONTEXT)
    archive.add("robin.flac", clip(tmp_path, b"fLaC one"), finding(), 1.0, 4.0)
    archive.add("robin.flac", clip(tmp_path, b"fLaC two", "2.500-3.000"), finding(9.0), 8.0, 11.0)
    archive.leave_out(finding(20.0, "=gone.flac"), "the audio was removed")
    archive.close()
    with zipfile.ZipFile(file) as made:
        assert made.namelist() == ["robin.flac", "robin_2.flac", "clips.csv", "left_out.csv", "README.txt"]
        assert made.read("robin_2.flac") == b"fLaC two"
        assert made.getinfo("robin.flac").compress_type == zipfile.ZIP_STORED
        assert made.getinfo("robin.flac").flag_bits & 8 == 0, "sizes stand before the bytes, for readers of streams"
        rows = list(csv.DictReader(io.StringIO(made.read("clips.csv").decode())))
        left_out = list(csv.DictReader(io.StringIO(made.read("left_out.csv").decode())))
        readme = made.read("README.txt").decode()
    assert [(row["clip"], row["onset_s"], row["clip_silent_s"]) for row in rows] == [
        ("robin.flac", "2.000", ""),
        ("robin_2.flac", "9.000", "2.500-3.000"),
    ]
    assert [(row["reason"], row["file"]) for row in left_out] == [("the audio was removed", "'=gone.flac")]
    assert "Clips: 2. Left out: 1" in readme
    assert "birdnet 2.4.0, license CC-BY-NC-SA-4.0.\nCornell and Chemnitz" in readme
    assert "Nobody" not in readme, "no row of that pack"


def test_rows_without_sound_have_their_license_too() -> None:
    file = io.BytesIO()
    archive = ClipArchive(file, 1 << 22, replace(CONTEXT, credits=(Credit("birdnet", None, None, None),)))
    archive.leave_out(finding(), "the audio was removed")
    archive.close()
    with zipfile.ZipFile(file) as made:
        assert "Model pack birdnet, license unknown.\n" in made.read("README.txt").decode()


def test_an_archive_that_grows_too_large_ends(tmp_path: Path) -> None:
    archive = ClipArchive(io.BytesIO(), (1 << 20) + 100, CONTEXT)
    archive.add("a.flac", clip(tmp_path, b"x" * 50), finding(), 0.0, 1.0)
    with pytest.raises(TooLarge, match="CHORUS_EXPORT_MAX_BYTES"):
        archive.add("b.flac", clip(tmp_path, b"x" * 50), finding(), 0.0, 1.0)


def test_files_are_named_by_what_was_asked_for() -> None:
    assert name_file("clips", CONTEXT) == "marsh.clips.zip"
    assert name_file("csv", CONTEXT) == "marsh.csv"
