"""From a manifest and a recipe to checkpoints, round after round.

Read: recipe (all that decides a run), crops, augmentation, mixing, examples, sampling; losses, schedules, loop,
checkpoints, validation, curves; pseudo_labels and rounds (the noisy student).
May touch torch and the run's folder; a run that was killed goes on where it stood.
"""
