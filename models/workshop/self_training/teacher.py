"""A pack as a teacher: its scores of soundscapes become labels."""

from collections.abc import Iterable
from pathlib import Path

from dawn_chorus.inference.ensemble import Ensemble
from models.workshop.data.manifest import Clip
from models.workshop.evaluation.pack_scores import score_frames_or_windows
from models.workshop.training.pseudo_labels import PseudoLabels


def predict_soundscapes(ensemble: Ensemble, folder: Path, clips: Iterable[Clip]) -> PseudoLabels:
    """Return the pack's window scores of soundscapes as labels; a student with longer examples sets `window_s`."""
    probs = {scored.clip.path: scored.windows for scored in score_frames_or_windows(ensemble, folder, clips)}
    codes = tuple(taxon.code for taxon in ensemble.facts.taxa)
    window_s = ensemble.facts.grid.window_s
    return PseudoLabels(codes, window_s, probs, window_s)
