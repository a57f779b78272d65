"""The JSON document: which scores it holds, and that it is valid JSON."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from dawn_chorus.cli.analyze.json_document import WindowSpool, write_document
from dawn_chorus.cli.analyze.segments import OpenedFile
from dawn_chorus.cli.sources import Source
from dawn_chorus.domain.event_rules import EventRules
from dawn_chorus.domain.lost_audio import LostStretch
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Detection, Grid

WREN = Taxon("eurwre", "Troglodytes troglodytes", "Eurasian Wren", "Aves")
OWL = Taxon("tawowl", "Strix aluco", "Tawny Owl", "Aves")
OWL_CALL = Taxon("tawowl_call", "Strix aluco", "Tawny Owl (call)", "Aves")
FACTS = PackFacts("p", "1", "CC0-1.0", "nobody", "0" * 64, Grid(5.0, 0.5), EventRules(), (WREN, OWL, OWL_CALL))
FILE = OpenedFile(Source(Path("night/ü.wav"), Path("ü.wav")), 7.5, 32000)


def written(
    *segments: tuple[int, list[list[float]]],
    min_score: float = 0.05,
    present: frozenset[str] | None = None,
    lost: tuple[LostStretch, ...] = (),
    made: dict[str, Any] | None = None,
) -> dict[str, Any]:
    spool = WindowSpool(FACTS, min_score, present)
    for first_window, scores in segments:
        spool.add(first_window, np.array(scores, np.float32))
    out = io.StringIO()
    write_document(out, FILE, FACTS, spool, detections=[Detection(WREN, 1.0, 2.5, 0.91234)], lost=lost, made=made or {})
    assert out.getvalue().count("\n") == 1
    return dict(json.loads(out.getvalue()))


def test_scores_from_the_minimum_on_are_sorted_highest_first() -> None:
    (window,) = written((0, [[0.5, 0.75, 0.25]]), min_score=0.5)["windows"]
    assert list(window["scores"].items()) == [("Strix aluco", 0.75), ("Troglodytes troglodytes", 0.5)]


def test_of_columns_with_one_name_the_highest_counts() -> None:
    (window,) = written((0, [[0.0, 0.25, 0.75]]))["windows"]
    assert window["scores"] == {"Strix aluco": 0.75}


def test_windows_of_all_segments_follow_each_other() -> None:
    windows = written((0, [[0.5, 0, 0], [0.5, 0, 0]]), (2, [[0.5, 0, 0]]))["windows"]
    assert [(window["start_s"], window["end_s"]) for window in windows] == [(0, 5), (5, 10), (10, 15)]


def test_taxa_that_do_not_occur_have_no_scores() -> None:
    (window,) = written((0, [[0.5, 0.5, 0.5]]), min_score=0.0, present=frozenset({"eurwre"}))["windows"]
    assert list(window["scores"]) == ["Troglodytes troglodytes"]


def test_the_key_lost_is_there_only_if_audio_was_lost() -> None:
    assert "lost" not in written()
    assert written(lost=(LostStretch(5.0, 7.5, "the file ends"),))["lost"] == [
        {"start_s": 5.0, "end_s": 7.5, "reason": "the file ends"}
    ]


def test_detections_are_rows_without_times_of_day() -> None:
    assert written()["detections"] == [
        {
            "scientific_name": "Troglodytes troglodytes",
            "common_name": "Eurasian Wren",
            "code": "eurwre",
            "onset_s": 1.0,
            "offset_s": 2.5,
            "confidence": 0.9123,
            "channel": None,
            "spread": None,
        }
    ]
