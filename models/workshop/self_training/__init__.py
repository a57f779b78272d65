"""The noisy student: a teacher labels what nobody has labeled, and students learn from it, round after round.

Read: rounds (all of it), teacher (a pack's scores become labels).
May import all rooms before it in the order of the work: training, packing, evaluation.
"""
