"""A pack as a teacher: its scores of soundscapes become labels."""

from collections.abc import Iterable
from pathlib import Path

from dawn_chorus.inference.ensemble import Ensemble
from models.workshop.data.manifest import Clip
from models.workshop.evaluation.pack_scores import score_clips
from models.workshop.training.pseudo_labels import PseudoLabels


def predict_soundscapes(ensemble: Ensemble, folder: Path, clips: Iterable[Clip], window_s: float) -> PseudoLabels:
    """Return the pack's window scores of soundscapes as labels; `window_s` is the length of a student's example."""
    probs = {scored.clip.path: scored.windows for scored in score_clips(ensemble, folder, clips)}
    codes = tuple(taxon.code for taxon in ensemble.facts.taxa)
    return PseudoLabels(codes, ensemble.facts.grid.window_s, probs, window_s)
