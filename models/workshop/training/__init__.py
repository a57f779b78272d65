"""Trains networks: from a manifest and a recipe to checkpoints, in one or several rounds.

Read: recipe (all parameters of a run), crops, augmentation, mixing, examples, sampling; losses, schedules, loop,
checkpoints, validation, curves; pseudo_labels and rounds (noisy student training).
May import torch and write to the run's folder; a killed run resumes from its last complete epoch.
"""
