"""The head compared with numpy, from the backbone's features to scores."""

import numpy as np
import pytest
import torch
from torch import nn

from models.workshop.networks.heads import GemAttentionHead, GemFrequency
from models.workshop.recipe_files import find_recipe


def test_features_are_pooled_over_frequency_by_the_root_of_the_mean_of_cubes() -> None:
    pool = GemFrequency()
    features = torch.tensor([[[[1.0, 3.0, 0.0], [2.0, 4.0, -5.0]]]])  # one channel, two frequencies, three times
    by_hand = [((1 + 8) / 2) ** (1 / 3), ((27 + 64) / 2) ** (1 / 3), 1e-6]
    assert pool(features)[0, 0].tolist() == pytest.approx(by_hand, rel=1e-5)
    assert [parameter.item() for parameter in pool.parameters()] == [3.0]


def test_the_head_computes_what_the_winners_say() -> None:
    torch.manual_seed(0)
    head = GemAttentionHead(6, 4, hidden=5).eval()
    head.pool.p.data.fill_(2.0)
    features = torch.rand(1, 6, 3, 7)
    weights = {name: value.detach().double().numpy() for name, value in head.state_dict().items()}
    pooled = np.mean(features[0].double().numpy() ** 2, axis=1) ** 0.5
    hidden = np.maximum(0, weights["hidden.1.weight"] @ pooled + weights["hidden.1.bias"][:, None])
    logits = weights["classify.weight"][:, :, 0] @ hidden + weights["classify.bias"][:, None]
    attention = np.exp(np.tanh(weights["attention.weight"][:, :, 0] @ hidden + weights["attention.bias"][:, None]))
    attention /= attention.sum(axis=1, keepdims=True)
    with torch.inference_mode():
        output = head(features)
    np.testing.assert_allclose(output.frame_logits[0].T, logits, atol=1e-5)
    np.testing.assert_allclose(output.clip_logits[0], (attention * logits).sum(axis=1), atol=1e-5)
    np.testing.assert_allclose(output.clip_probs[0], (attention / (1 + np.exp(-logits))).sum(axis=1), atol=1e-5)


@pytest.mark.parametrize("name", ["first_place_tf_efficientnet_b4", "second_place_eca_nfnet_l0"])
def test_a_quarter_is_dropped_before_the_hidden_layer_and_half_behind_it(name: str) -> None:
    layers = GemAttentionHead(6, 4, hidden=find_recipe(name).model.hidden).hidden
    assert [type(layer) for layer in layers] == [nn.Dropout, nn.Linear, nn.ReLU, nn.Dropout]
    assert (layers[0].p, layers[3].p, layers[1].out_features) == (0.25, 0.5, 512)
