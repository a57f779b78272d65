"""The studies that models/README.md reports, each repeatable by one command.

Read: ablation/ (the gain of each of the winners' tricks), real_recordings/ (a small network compared with BirdNET),
embeddings/ (pseudo-labels on frozen BirdNET embeddings, in many worlds), scenes (hundreds of events at known times),
spread (how tables write a mean).
May import everything else in the workshop; finished steps are kept in the work folder.
"""
