"""How networks are built of backbones, with fewer columns or more frames."""

import pytest
import torch

from models.workshop.errors import BadInput
from models.workshop.networks.architecture import build_model, count_frames, keep_columns, make_model
from models.workshop.recipe import Recipe


def test_columns_that_an_ensemble_lacks_are_removed(tiny_recipe: Recipe) -> None:
    network = build_model(tiny_recipe.model, 7).network.eval()
    images = torch.rand(2, 1, 48, 320)
    with torch.no_grad():
        whole, part = network(images), keep_columns(network, [5, 2])(images)
    assert torch.allclose(part.frame_logits, whole.frame_logits[:, :, [5, 2]], atol=1e-6)
    assert torch.allclose(part.clip_probs, whole.clip_probs[:, [5, 2]], atol=1e-6)


@pytest.mark.parametrize(("stride", "frames"), [(32, 10), (16, 20), (8, 40)])
def test_a_network_has_the_requested_number_of_frames(tiny_recipe: Recipe, stride: int, frames: int) -> None:
    table = tiny_recipe.model.model_copy(update={"time_stride": stride})
    assert count_frames(build_model(table, 3).network, table.mel) == frames


def test_a_backbone_that_cannot_have_the_time_stride_is_refused(tiny_recipe: Recipe) -> None:
    table = tiny_recipe.model.model_copy(update={"backbone": "resnet10t", "time_stride": 8})
    with pytest.raises(ValueError, match="time_stride"):
        build_model(table, 3)


def test_a_backbones_own_time_stride_needs_no_change(tiny_recipe: Recipe) -> None:
    table = tiny_recipe.model.model_copy(update={"backbone": "resnet10t", "time_stride": 32})
    assert count_frames(build_model(table, 3).network, table.mel) == 10


def test_stochastic_depth_differs_with_pseudo_labels(tiny_recipe: Recipe) -> None:
    rates = [
        max(getattr(m, "drop_prob", 0.0) for m in make_model(tiny_recipe, 3, with_pseudo=pseudo).modules())
        for pseudo in (False, True)
    ]
    assert rates[0] == 0.0
    assert 0 < rates[1] <= tiny_recipe.pseudo.drop_path


def test_a_backbone_without_stochastic_depth_is_refused_where_it_is_asked_for(tiny_recipe: Recipe) -> None:
    table = tiny_recipe.model.model_copy(update={"backbone": "vgg11", "time_stride": None})
    with pytest.raises(BadInput, match="drop_path: vgg11 has no StochasticDepth"):
        build_model(table, 3, drop_path=0.1)
