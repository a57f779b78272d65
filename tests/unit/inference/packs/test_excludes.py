"""What a member leaves to others: a specialist replaces a generalist, or joins it."""

from pathlib import Path

import numpy as np
import pytest

from dawn_chorus.inference.ensemble import Ensemble
from dawn_chorus.inference.packs.sealing import seal_pack
from tests.packs import write_tone_pack
from tests.unit.inference.pack_edits import edit_manifest, message_of, turn_into_schema_2
from tests.unit.inference.sounds import open_pack, random_sounds, rates_of, score_sounds

SPECIALIST = """
[[member]]
file = "tones.onnx"
input = "waveform"
sample_rate_hz = 16000
window_s = 5.0
hop_s = 5.0
rule = "clip"
temperature = 4.0
"""
"""Knows all tones, and is less sure of them."""


def write_pair(folder: Path, excludes: str, of_specialist: str = "") -> Path:
    """Write a pack of two members; `excludes`: what the first leaves to the second, a code a line."""
    pack = write_tone_pack(folder)
    (pack / "left.csv").write_text(excludes)
    (pack / "right.csv").write_text(of_specialist)
    own = 'excludes = "right.csv"' if of_specialist else ""
    edit_manifest(pack, lambda text: f'{text.rstrip()}\nexcludes = "left.csv"\n{SPECIALIST}{own}\n')
    turn_into_schema_2(pack)
    return pack


def scores_of(ensemble: Ensemble) -> np.ndarray:
    return score_sounds(ensemble, random_sounds(rates_of(ensemble), 12.0), 12.0).window_scores


def test_a_specialist_replaces_what_the_generalist_excludes_and_joins_it_elsewhere(tmp_path: Path) -> None:
    ensemble = open_pack(write_pair(tmp_path / "pair", "tone_2000\n"))
    pair, (general, special) = scores_of(ensemble), ensemble.members
    assert general.n_columns == 3
    joined = open_pack(write_pair(tmp_path / "joined", "tone_500\n"))
    alone = scores_of(open_pack(write_pair(tmp_path / "alone", "tone_500\ntone_1000\ntone_2000\n")))
    np.testing.assert_array_equal(pair[:, 2], alone[:, 2])
    np.testing.assert_array_equal(pair[:, 1], scores_of(joined)[:, 1])
    assert np.abs(pair[:, 1] - alone[:, 1]).max() > 0.01
    assert special.n_columns == 4
    assert ensemble.spread_taxa.tolist() == [True, True, False, True]
    assert ensemble.framewise_taxa.all()


def test_a_taxon_that_no_member_is_left_with_is_named(tmp_path: Path) -> None:
    message = message_of(write_pair(tmp_path / "pair", "tone_2000\n", "tone_1000\ntone_2000\n"))
    assert "pair/taxa.csv: tone_2000: no member scores this taxon; see the members' columns and excludes" in message


@pytest.mark.parametrize(
    ("excludes", "message"),
    [
        ("tone_1000\ntone_9\n", "pair/left.csv: line 2: 'tone_9' is not a code of the taxa table"),
        ("tone_1000\ntone_1000\n", "pair/left.csv: a code appears twice"),
        (
            "tone_500\ntone_1000\ntone_2000\ntone_4000\n",
            "pair/left.csv: leaves the member no taxon to score: remove the member, or some of these codes",
        ),
    ],
)
def test_a_wrong_list_of_excluded_taxa_is_refused(tmp_path: Path, excludes: str, message: str) -> None:
    assert message in message_of(write_pair(tmp_path / "pair", excludes))


def test_only_own_columns_are_excluded(tmp_path: Path) -> None:
    pack = write_pair(tmp_path / "pair", "tone_2000\n")
    (pack / "columns.csv").write_text("tone_500\ntone_1000\n")
    edit_manifest(pack, lambda text: text.replace("excludes =", 'columns = "columns.csv"\nexcludes =', 1))
    seal_pack(pack)
    assert "pair/left.csv: line 1: 'tone_2000' is not among the member's columns" in message_of(pack)


def test_the_list_is_sealed_with_the_pack(tmp_path: Path) -> None:
    pack = write_pair(tmp_path / "pair", "tone_2000\n")
    (pack / "left.csv").write_text("tone_1000\n")
    assert "pair/left.csv: sha256 is" in message_of(pack)
    edit_manifest(pack, lambda text: "\n".join(line for line in text.splitlines() if not line.startswith('"left.csv"')))
    assert "member[0].excludes: left.csv is not listed in [files]; run `chorus models seal FOLDER`" in message_of(pack)
