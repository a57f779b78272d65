"""Measures packs on recordings they were not trained on.

Read: pack_scores (scores from the service's own pipeline), matching (of events), metrics, held_out (all metrics of a
pack), events/ (packs and other programs compared with known onsets and offsets).
May import `inference` and read files; no torch.
"""
