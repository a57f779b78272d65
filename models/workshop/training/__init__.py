"""Trains one network: from a manifest and a recipe to checkpoints.

Read: crops, augmentation, mixing, pseudo_labels (what a teacher found), pseudo_pool (what
students draw of it), sampling, examples; losses, schedules, loop,
checkpoints, kept_settings, validation, curves.
May import torch, networks and evaluation, and write to the run's folder. A killed run resumes from its last complete
epoch.
"""
