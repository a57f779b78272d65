"""Where and when taxa occur, according to a pack's own model."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from dawn_chorus.domain.errors import InvalidPack, PermanentError
from dawn_chorus.domain.recording import Place, week_of
from tests.packs import write_model, write_tone_pack
from tests.unit.inference.sounds import open_pack


def add_occurrence(pack: Path, n_taxa: int = 4, inputs: tuple[str, ...] = ("latitude", "longitude", "week")) -> None:
    """Write a model into the pack whose probabilities are its inputs: latitude, longitude, week, and 0."""
    places = np.eye(3, n_taxa, dtype=np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Concat", list(inputs), ["inputs"], axis=0),
            helper.make_node("MatMul", ["inputs", "places"], ["row_of_inputs"]),
            helper.make_node("Unsqueeze", ["row_of_inputs", "axis"], ["probs"]),
        ],
        "occurrence",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in inputs],
        [helper.make_tensor_value_info("probs", TensorProto.FLOAT, [1, n_taxa])],
        [numpy_helper.from_array(places, "places"), numpy_helper.from_array(np.array([0]), "axis")],
    )
    sha256 = write_model(pack / "occurrence.onnx", graph)
    with (pack / "pack.toml").open("a") as manifest:
        manifest.write(f'\n[occurrence]\nfile = "occurrence.onnx"\nsha256 = "{sha256}"\n')


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return write_tone_pack(tmp_path / "tones")


def test_the_model_gets_the_place_and_the_week(pack: Path) -> None:
    add_occurrence(pack)
    noon = datetime(2024, 5, 14, 12, tzinfo=UTC)
    assert open_pack(pack).occurring_taxa(52.5, -13.25, noon).tolist() == [52.5, -13.25, 18.0, 0.0]


def test_a_recording_without_a_time_stands_for_the_whole_year(pack: Path) -> None:
    add_occurrence(pack)
    assert open_pack(pack).occurring_taxa(0.0, 0.0, None)[2] == -1.0


@pytest.mark.parametrize(("probability", "codes"), [(0.03, {"tone_500"}), (0.0299, set())])
def test_a_taxon_as_probable_as_the_threshold_is_kept(pack: Path, probability: float, codes: set[str]) -> None:
    add_occurrence(pack)
    assert open_pack(pack).present_taxa(Place(latitude=probability, longitude=0.0), 0.03) == frozenset(codes)


@pytest.mark.parametrize(
    ("month", "day", "week"), [(1, 1, 1), (1, 8, 2), (3, 1, 8), (6, 30, 24), (7, 3, 25), (12, 24, 48), (12, 31, 48)]
)
def test_weeks_are_counted_as_birdnetlib_counts_them(month: int, day: int, week: int) -> None:
    assert week_of(datetime(2025, month, day, tzinfo=UTC)) == week


def test_a_pack_without_an_occurrence_model_is_refused(pack: Path) -> None:
    with pytest.raises(PermanentError, match="pack tones knows nothing of places"):
        open_pack(pack).occurring_taxa(0.0, 0.0, None)


def test_a_model_of_other_taxa_is_refused(pack: Path) -> None:
    add_occurrence(pack, n_taxa=5)
    with pytest.raises(InvalidPack, match=r"occurrence.onnx: occurrence.file: probs: is \[1, 5\], but the taxa table"):
        open_pack(pack)


def test_a_model_of_other_inputs_is_refused(pack: Path) -> None:
    add_occurrence(pack, inputs=("lat", "lon", "week"))
    with pytest.raises(InvalidPack, match=r"takes \['lat', 'lon', 'week'\]"):
        open_pack(pack)


def test_a_model_that_was_changed_is_refused(pack: Path) -> None:
    add_occurrence(pack)
    model = onnx.load(pack / "occurrence.onnx")
    model.producer_name = "somebody else"
    onnx.save(model, pack / "occurrence.onnx")
    actual = hashlib.sha256((pack / "occurrence.onnx").read_bytes()).hexdigest()
    with pytest.raises(InvalidPack, match=f"tones/occurrence.onnx: sha256 is {actual}"):
        open_pack(pack)
