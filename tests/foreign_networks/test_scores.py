"""A pack made of somebody's network scores what that network's own author reads in a recording, window by window."""

import csv
import json
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from tests.end_to_end.service import Service
from tests.foreign_networks.authors.catalog import FOREIGN
from tests.foreign_networks.conftest import Imports, chorus, warnings_in
from tests.foreign_networks.foreign import Array, Foreign

TOLERANCE = 1e-3 + 5e-7
"""Documents have scores with six decimals."""

each_network = pytest.mark.parametrize("foreign", FOREIGN, ids=lambda each: each.name)


@each_network
def test_the_command_line_scores_as_the_author_does(imports: Imports, recordings: list[Path], foreign: Foreign) -> None:
    pack = imports.of(foreign)
    taxa = list(csv.DictReader((pack / "taxa.csv").open(encoding="utf-8", newline="")))
    assert tuple(taxon["code"] for taxon in taxa) == foreign.codes_in(imports.published / foreign.name)
    answer = chorus("analyze", *recordings, "--pack", pack, "--min-score", 0)
    assert answer.returncode == 0, answer.stderr
    for recording, line in zip(recordings, answer.stdout.splitlines(), strict=True):
        expected = foreign.read(imports.published / foreign.name, recording)
        assert_telling(expected)
        windows = json.loads(line)["windows"]
        assert [window["start_s"] for window in windows] == [k * foreign.step_s for k in range(len(expected))]
        names = [taxon["scientific_name"] for taxon in taxa]
        for window, row in zip(windows, expected, strict=True):
            highest = highest_by_name(names, row)
            assert window["scores"].keys() == highest.keys()
            found = np.array([window["scores"][name] for name in highest])
            np.testing.assert_allclose(found, list(highest.values()), rtol=0, atol=TOLERANCE)


def highest_by_name(names: list[str], row: Array) -> dict[str, float]:
    """Of columns with the same name the document has the highest score."""
    highest: dict[str, float] = {}
    for name, score in zip(names, row.tolist(), strict=True):
        highest[name] = max(score, highest.get(name, 0.0))
    return highest


def assert_telling(expected: Array) -> None:
    """A network that answers the same to everything would prove nothing."""
    assert np.ptp(expected, axis=1).max() > 0.2
    assert np.ptp(expected, axis=0).max() > 0.05


@each_network
def test_honest_outputs_are_not_warned_of(imports: Imports, foreign: Foreign) -> None:
    assert warnings_in(imports.answer(foreign)) == []


@each_network
def test_the_service_scores_as_the_author_does(
    imports: Imports, recordings: list[Path], service: Service, foreign: Foreign
) -> None:
    imports.of(foreign)
    codes = foreign.codes_in(imports.published / foreign.name)
    for recording in recordings:
        expected = foreign.read(imports.published / foreign.name, recording)
        timeline = analyze_by_http(service, recording, foreign)
        assert timeline["pack"]["name"] == foreign.name
        found = {taxon["code"]: scores_by_start(taxon) for taxon in timeline["taxa"]}
        assert foreign.floor or found.keys() == set(codes)
        starts_s = [k * foreign.step_s for k in range(len(expected))]
        assert {start_s for scores in found.values() for start_s in scores} == set(starts_s)
        # What is not stored is below the floor, and that is below the tolerance.
        scores = [[found.get(code, {}).get(start_s, 0.0) for code in codes] for start_s in starts_s]
        np.testing.assert_allclose(scores, expected, rtol=0, atol=TOLERANCE)


def scores_by_start(taxon: dict[str, Any]) -> dict[float, float]:
    return {window["start_s"]: window["score"] for window in taxon["windows"]}


def analyze_by_http(service: Service, recording: Path, foreign: Foreign) -> dict[str, Any]:
    """Upload a recording and return the timeline of all taxa."""
    analysis_id = service.submit(recording, pack=foreign.name, floor=str(foreign.floor), site=foreign.name)
    assert service.wait_finished(analysis_id)["result"] == "succeeded"
    answer = httpx.get(f"{service.api.status_url}/v1/analyses/{analysis_id}/timeline", timeout=60)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document
