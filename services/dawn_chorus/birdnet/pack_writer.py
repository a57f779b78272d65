"""Writes BirdNET's three packs to disk.

The reasons for their numbers:

- `birdnet` cuts events at 0.6 and 0.4: on 110 labelled recordings 85 of 100 labelled taxa are found, with 0.6 other
  taxa per recording, many of them actually in the background. Whole windows at 0.25 and 0.1, the usual confidences with
  BirdNET, find 81 with 0.3 and 88 with 1.0 others. 1.5-s calls mixed into noise are located with a median error of 0 s
  at the onset and 0.4 s at the end.
- That rule stays. Phrases of 87 recordings were mixed into noise at known times, 0 to 20 dB louder, much as the
  workshop's `mix-scenes` does: 60 scenes to choose on, 60 of other recordings to report on. An offset at 0.5 or 0.6
  gains 0.02 to 0.05 of event F1 (mean of a collar of 0.5 s and of intersection) in both halves, but −0.02 and 0.00 in
  the halves of `mix-scenes` (seed 0), and loses one or two of the four songs of a real recording. Frames of 0.25 s gain
  0.003 of frame ROC-AUC, not worth their bytes.
- `birdnet-fine` begins a window every half second, ten in 5 s, so a frame is the mean of ten windows instead of two, at
  five times the cost. Grid and onset were chosen on the first half, at no more other taxa per recording than `birdnet`
  has; the offset lies below the onset for the real songs, as above, and costs 0.02 and 0.04 in the scenes. On the
  second half, with 95 % of draws of scenes: frame ROC-AUC 0.774, 0.003 to 0.016 above `birdnet`, and event F1 0.33,
  0.004 to 0.082 above (in the halves of `mix-scenes` 0.34 and 0.28, each 0.02 above); on 51 labelled recordings 0.92
  other taxa for 0.94. On 13 events of two real recordings: PSDS 0.65 and 0.90 (`birdnet`: 0.45 and 0.80), event F1 0.65
  (0.65), 5 missed (6), onsets 0.18 s late (0.28). So few events show a direction at most.
- Frames of the windows' middles alone (`inner_s`) are no better, as fewer windows are averaged: with 2 s, frame ROC-AUC
  is 0.761 and 0.775 in the two halves (all frames: 0.766 and 0.774), 0.81 on the real recordings (0.84), and 1.15 and
  1.20 other taxa pass 0.6 instead of 0.69 and 0.88. A larger share of a frame's own embedding finds more events, and
  more still of other taxa.
- `birdnet` resamples with soxr_hq, the cheapest: on 101 labelled recordings at other rates than the model's it finds
  as much as soxr_vhq and kaiser_fast, the resampler of BirdNET's own tools.
- `birdnet-native` reproduces the scores of those tools, so it uses their settings and their usual confidence of 0.25.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dawn_chorus.birdnet.classifier import FRAME_STEP_S, SAMPLE_RATE_HZ
from dawn_chorus.domain.taxonomy import Taxon

VERSION = "2.4.3"
"""BirdNET's version, and a third number that is increased when the packs change."""
LICENSE = "CC-BY-NC-SA-4.0"

_CLASSIFIER = "classifier.onnx"
_OCCURRENCE = "occurrence.onnx"
_ATTRIBUTION = (
    "BirdNET V2.4 by the K. Lisa Yang Center for Conservation Bioacoustics at the Cornell Lab of Ornithology and "
    "Chemnitz University of Technology (Kahl et al., 2021), converted to ONNX"
)

_MANIFEST = """\
schema = 2
name = "{name}"
version = "{version}"
license = "{license}"
attribution = "{attribution}"
taxa = "taxa.csv"
frame_s = {frame_s}
golden = "golden.npz"

{scoring}
[[member]]
file = "{classifier}"
input = "waveform"
sample_rate_hz = {sample_rate_hz}
window_s = {window_s}
hop_s = {window_s}
rule = "clip"
{member}
[occurrence]
file = "{occurrence}"
"""


@dataclass(frozen=True, slots=True)
class PackPlan:
    """The settings in which the packs differ."""

    name: str
    window_s: float
    """The scored window, which is also the network's input."""
    framewise: bool
    frame_s: float
    """Of the grid of framewise scores."""
    resampler: str
    scoring: str
    """The tables [score] and [detection]."""


FRAMEWISE = PackPlan(
    name="birdnet",
    window_s=5.0,
    framewise=True,
    frame_s=0.5,
    resampler="soxr_hq",
    scoring="""\
[score]
window_s = 5.0
shifts_s = [-2.5, 0.0, 2.5]
shift_weights = [0.25, 0.5, 0.25]

[detection]
onset_threshold = 0.6
offset_threshold = 0.4
min_event_s = 0.0
min_gap_s = 0.5
""",
)
FINE = PackPlan(
    name="birdnet-fine",
    window_s=5.0,
    framewise=True,
    frame_s=0.25,
    resampler="soxr_hq",
    scoring="""\
# Windows begin every half second, for the frames. Their own scores are those of the pack birdnet.
[score]
window_s = 5.0
shifts_s = [-2.5, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
shift_weights = [0.25, 0.0, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.25]

[detection]
onset_threshold = 0.55
offset_threshold = 0.45
min_event_s = 0.5
min_gap_s = 0.5
""",
)
NATIVE = PackPlan(
    name="birdnet-native",
    window_s=3.0,
    framewise=False,
    frame_s=0.5,
    resampler="kaiser_fast",
    scoring="""\
# BirdNET's own 3-s windows, side by side: scores are to equal those of its own tools.
[score]
window_s = 3.0

# One event for each run of windows that its own tools would report.
[detection]
onset_threshold = 0.25
offset_threshold = 0.25
min_gap_s = 0.0
""",
)
PLANS = (FRAMEWISE, FINE, NATIVE)


def write_pack(folder: Path, plan: PackPlan, taxa: Iterable[Taxon], *, classifier: bytes, occurrence: bytes) -> None:
    """Write everything except the self-test and [files], which it completes, into a new folder."""
    folder.mkdir()
    (folder / _CLASSIFIER).write_bytes(classifier)
    (folder / _OCCURRENCE).write_bytes(occurrence)
    _write_taxa(folder / "taxa.csv", taxa)
    (folder / "pack.toml").write_text(_manifest(plan), "utf-8")


def _manifest(plan: PackPlan) -> str:
    # Frame k is centered at (k + 1.5) steps.
    frames = f"frame_start_s = {FRAME_STEP_S:.6f}\nframe_step_s = {FRAME_STEP_S:.6f}\n" if plan.framewise else ""
    return _MANIFEST.format(
        name=plan.name,
        version=VERSION,
        frame_s=plan.frame_s,
        license=LICENSE,
        attribution=_ATTRIBUTION,
        scoring=plan.scoring,
        classifier=_CLASSIFIER,
        sample_rate_hz=SAMPLE_RATE_HZ,
        window_s=plan.window_s,
        member=f'resampler = "{plan.resampler}"\n{frames}',
        occurrence=_OCCURRENCE,
    )


def _write_taxa(path: Path, taxa: Iterable[Taxon]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("code", "scientific_name", "common_name", "taxonomic_class"))
        writer.writerows(
            (taxon.code, taxon.scientific_name, taxon.common_name, taxon.taxonomic_class) for taxon in taxa
        )
