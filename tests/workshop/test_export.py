"""Graphs that an export refuses, and the accuracy of a half-precision copy."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper
from torch import nn

from models.workshop.networks.architecture import SedNetwork, build_model
from models.workshop.packing import export
from models.workshop.packing.export import MemberFile, check_graph, example_images, export_network, write_fp16
from models.workshop.packing.pack import member_table, served_mel
from models.workshop.recipe import Recipe
from models.workshop.recipe_files import find_recipe


@pytest.fixture
def network(tiny_recipe: Recipe) -> SedNetwork:
    torch.manual_seed(0)
    return build_model(tiny_recipe.model, 5).network.eval()


def save_graph(path: Path, node: onnx.NodeProto) -> Path:
    names = [*node.input, *node.output]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names]
    graph = helper.make_graph([node], "one", values[: len(node.input)], values[len(node.input) :])
    onnx.save(helper.make_model(graph), path)
    return path


def test_a_batch_norm_in_training_mode_is_refused_as_cuda_would_refuse_it(tmp_path: Path) -> None:
    norm = helper.make_node("BatchNormalization", list("xsbmv"), list("yuw"), "norm", training_mode=1)
    with pytest.raises(ValueError, match="norm: BatchNormalization in training mode"):
        check_graph(save_graph(tmp_path / "trains.onnx", norm))
    del norm.attribute[:], norm.output[1:]
    check_graph(save_graph(tmp_path / "serves.onnx", norm))


def test_a_graph_that_computes_with_shapes_is_refused(tmp_path: Path) -> None:
    node = helper.make_node("Shape", ["x"], ["y"], "shape")
    with pytest.raises(ValueError, match="shape: Shape computes with shapes"):
        check_graph(save_graph(tmp_path / "shape.onnx", node))


def test_a_network_that_scores_differently_in_onnx_is_refused(
    network: SedNetwork, tiny_recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(sound: nn.Module, images: torch.Tensor) -> nn.Module:
        exportable = make_exportable(sound, images)
        exportable.head.classify.bias.data += 0.01
        return exportable

    make_exportable = export.make_exportable
    monkeypatch.setattr(export, "make_exportable", spoil)
    with pytest.raises(ValueError, match="differs from torch by"):
        export_network(network, tiny_recipe.model, tmp_path / "spoiled.onnx")


def test_a_pack_cuts_windows_and_scores_them_as_the_recipe_says() -> None:
    first, second = (
        member_table(find_recipe(name), MemberFile("a.onnx", frames, 0.0), weight=1.0, columns=None)
        for name, frames in (("first_place_regnety_008", 16), ("second_place_eca_nfnet_l0", 10))
    )
    assert [first[key] for key in ("window_s", "hop_s", "rule", "frame_step_s")] == [20, 5, "frame_max", 1.25]
    assert [second[key] for key in ("window_s", "hop_s", "rule", "frame_step_s")] == [5, 5, "clip", 0.5]


def test_images_are_normalized_over_the_recording_from_80_db_below_its_loudest_point() -> None:
    mel = served_mel(find_recipe("first_place_regnety_008").model.mel)
    assert [mel[key] for key in ("normalize_scope", "reference", "normalize", "range", "top_db")] == [
        "recording", "max", "range", [-80, 0], 80,
    ]  # fmt: skip
    mel = served_mel(find_recipe("second_place_eca_nfnet_l0").model.mel)
    assert (mel["normalize_scope"], mel["normalize"], mel.get("reference", "one")) == ("window", "minmax", "one")


def test_a_half_precision_copy_scores_nearly_alike(network: SedNetwork, tiny_recipe: Recipe, tmp_path: Path) -> None:
    export_network(network, tiny_recipe.model, tmp_path / "whole.onnx")
    half = write_fp16(tmp_path / "whole.onnx")
    images = example_images(tiny_recipe.model).numpy()
    probs = [
        onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(["clip_probs"], {"mel": images})[0]
        for path in (tmp_path / "whole.onnx", half)
    ]
    assert half.stat().st_size < 0.6 * (tmp_path / "whole.onnx").stat().st_size
    assert np.abs(probs[0] - probs[1]).max() < 5e-3
